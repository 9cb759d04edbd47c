#include "portable.h"

#include "sock.h"

#include "herd/err.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum {
    BACKLOG = 1024,
    UNSENT_LOW_WATER = 16 * 1024, /* bytes */
    UNSENT_BUFFER = 64 * 1024,    /* bytes, where there is no low water mark */
    PORT_MAX = 65535,
    PATH_SHOWN = 256 /* bytes of a path in an error text: the reason has to fit, too */
};

/* Cuts nothing. Returns -1, so that a failing function can return it. */
static int explain_call(struct herd_error_text *error, const char *call,
                        const struct io_addr *addr, int err)
{
    char text[IO_SOCK_TEXT];
    io_addr_text(addr, text);
    herd_error_set(error, "%s %s: %s", call, text, strerror(err));
    return -1;
}

/* Cuts the path, not the reason. Returns -1. */
static int explain_path(struct herd_error_text *error, const char *call, const char *path,
                        const char *reason)
{
    herd_error_set(error, "%s %.*s: %s", call, PATH_SHOWN, path, reason);
    return -1;
}

/* ---- addresses ---------------------------------------------------------------------- */

int io_addr_lookup(struct io_addr *addr, const char *host, unsigned port,
                   struct herd_error_text *error)
{
    if (port > PORT_MAX) {
        herd_error_set(error, "port %u: larger than %d", port, PORT_MAX);
        return HERD_EBAD;
    }
    char service[16];
    (void)snprintf(service, sizeof service, "%u", port);
    struct addrinfo hints = {
        .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV};
    struct addrinfo *found = NULL;
    int rc = getaddrinfo(host, service, &hints, &found);
    if (rc != 0) {
        (void)explain_path(error, "look up", host, gai_strerror(rc));
        return HERD_EBAD;
    }
    memset(addr, 0, sizeof *addr);
    memcpy(&addr->sa, found->ai_addr, found->ai_addrlen);
    addr->len = found->ai_addrlen;
    freeaddrinfo(found);
    return HERD_OK;
}

/* Copies, since a sockaddr_storage must not be read through another type's pointer. */
static struct sockaddr_in as_inet(const struct io_addr *addr)
{
    struct sockaddr_in in;
    memcpy(&in, &addr->sa, sizeof in);
    return in;
}

static struct sockaddr_in6 as_inet6(const struct io_addr *addr)
{
    struct sockaddr_in6 in;
    memcpy(&in, &addr->sa, sizeof in);
    return in;
}

void io_addr_text(const struct io_addr *addr, char *text)
{
    char number[INET6_ADDRSTRLEN] = "?";
    if (addr->sa.ss_family == AF_INET) {
        struct sockaddr_in in = as_inet(addr);
        (void)inet_ntop(AF_INET, &in.sin_addr, number, sizeof number);
        (void)snprintf(text, IO_SOCK_TEXT, "%s:%u", number, (unsigned)ntohs(in.sin_port));
    } else if (addr->sa.ss_family == AF_INET6) {
        struct sockaddr_in6 in = as_inet6(addr);
        (void)inet_ntop(AF_INET6, &in.sin6_addr, number, sizeof number);
        (void)snprintf(text, IO_SOCK_TEXT, "[%s]:%u", number,
                       (unsigned)ntohs(in.sin6_port));
    } else {
        (void)snprintf(text, IO_SOCK_TEXT, "local");
    }
}

int io_addr_is_loopback(const struct io_addr *addr)
{
    if (addr->sa.ss_family == AF_INET)
        return ntohl(as_inet(addr).sin_addr.s_addr) >> 24 == 127;
    if (addr->sa.ss_family != AF_INET6)
        return 0;
    struct sockaddr_in6 in = as_inet6(addr);
    return IN6_IS_ADDR_LOOPBACK(&in.sin6_addr) ? 1 : 0;
}

int io_addr_same_host(const struct io_addr *a, const struct io_addr *b)
{
    if (a->sa.ss_family != b->sa.ss_family)
        return 0;
    if (a->sa.ss_family == AF_INET)
        return as_inet(a).sin_addr.s_addr == as_inet(b).sin_addr.s_addr;
    if (a->sa.ss_family != AF_INET6)
        return 0;
    struct sockaddr_in6 x = as_inet6(a), y = as_inet6(b);
    return memcmp(&x.sin6_addr, &y.sin6_addr, sizeof x.sin6_addr) == 0;
}

static int unix_addr(struct sockaddr_un *un, const char *path,
                     struct herd_error_text *error)
{
    size_t len = strlen(path);
    if (len == 0 || len >= sizeof un->sun_path)
        return explain_path(error, "socket", path,
                            "path is empty or too long for a socket");
    memset(un, 0, sizeof *un);
    un->sun_family = AF_UNIX;
    memcpy(un->sun_path, path, len);
    return 0;
}

/* ---- sockets ------------------------------------------------------------------------ */

static void set_option(int fd, int level, int name)
{
    const int on = 1;
    (void)setsockopt(fd, level, name, &on, sizeof on);
}

/* What every socket of ours has; `family` decides whether it speaks TCP. */
static bool prepare(int fd, int family)
{
    if (!io_portable_prepare(fd))
        return false;
    io_portable_no_sigpipe(fd);
    if (family == AF_INET || family == AF_INET6)
        set_option(fd, IPPROTO_TCP, TCP_NODELAY);
    return true;
}

/* Closing may change errno, which the caller still wants to tell about. */
static int close_failed(int fd)
{
    int err = errno;
    (void)close(fd);
    errno = err;
    return -1;
}

static int open_socket(int family)
{
    int fd = socket(family, SOCK_STREAM, 0);
    if (fd == -1 || prepare(fd, family))
        return fd;
    return close_failed(fd);
}

int io_sock_listen(const struct io_addr *addr, struct io_addr *bound,
                   struct herd_error_text *error)
{
    int fd = open_socket(addr->sa.ss_family);
    if (fd == -1)
        return explain_call(error, "open a socket for", addr, errno);
    set_option(fd, SOL_SOCKET, SO_REUSEADDR);
    if (addr->sa.ss_family == AF_INET6)
        set_option(fd, IPPROTO_IPV6, IPV6_V6ONLY);
    const char *call = "bind to";
    int rc = bind(fd, (const struct sockaddr *)&addr->sa, addr->len);
    if (rc == 0) {
        call = "listen on";
        rc = listen(fd, BACKLOG);
    }
    if (rc == 0 && bound != NULL) {
        memset(bound, 0, sizeof *bound);
        bound->len = sizeof bound->sa;
        rc = getsockname(fd, (struct sockaddr *)&bound->sa, &bound->len);
    }
    if (rc == 0)
        return fd;
    (void)close_failed(fd);
    return explain_call(error, call, addr, errno);
}

/* Someone listens at a socket file unless connecting to it is refused outright: a full
 * backlog (EAGAIN) or a lack of permission means that somebody is there. */
static bool is_stale(const struct sockaddr_un *un, const char **reason)
{
    struct stat st;
    if (lstat(un->sun_path, &st) != 0 || !S_ISSOCK(st.st_mode)) {
        *reason = "exists and is not a socket";
        return false;
    }
    *reason = "in use by another process";
    int fd = open_socket(AF_UNIX);
    if (fd == -1)
        return false;
    bool refused =
        connect(fd, (const struct sockaddr *)un, sizeof *un) == -1 && errno == ECONNREFUSED;
    (void)close(fd);
    return refused;
}

/* The mode comes from the umask, so that the file is at no time open to others. */
static int bind_private(int fd, const struct sockaddr_un *un)
{
    mode_t before = umask(S_IXUSR | S_IRWXG | S_IRWXO);
    int rc = bind(fd, (const struct sockaddr *)un, sizeof *un);
    int err = errno;
    (void)umask(before);
    errno = err;
    return rc;
}

int io_sock_listen_unix(const char *path, struct herd_error_text *error)
{
    struct sockaddr_un un;
    if (unix_addr(&un, path, error) == -1)
        return -1;
    int fd = open_socket(AF_UNIX);
    if (fd == -1)
        return explain_path(error, "open a socket for", path, strerror(errno));
    int rc = bind_private(fd, &un);
    if (rc == -1 && errno == EADDRINUSE) {
        const char *reason = NULL;
        if (!is_stale(&un, &reason)) {
            (void)close(fd);
            return explain_path(error, "bind to", path, reason);
        }
        (void)unlink(path);
        rc = bind_private(fd, &un);
    }
    if (rc == 0)
        rc = listen(fd, BACKLOG);
    if (rc == 0)
        return fd;
    (void)close_failed(fd);
    return explain_path(error, "bind to", path, strerror(errno));
}

static int start_connect(int fd, const struct sockaddr *sa, socklen_t len)
{
    if (connect(fd, sa, len) == 0 || errno == EINPROGRESS || errno == EINTR)
        return fd;
    return close_failed(fd);
}

int io_sock_dial(const struct io_addr *addr, struct herd_error_text *error)
{
    int fd = open_socket(addr->sa.ss_family);
    if (fd == -1)
        return explain_call(error, "open a socket for", addr, errno);
    fd = start_connect(fd, (const struct sockaddr *)&addr->sa, addr->len);
    return fd != -1 ? fd : explain_call(error, "connect to", addr, errno);
}

int io_sock_dial_unix(const char *path, struct herd_error_text *error)
{
    struct sockaddr_un un;
    if (unix_addr(&un, path, error) == -1)
        return -1;
    int fd = open_socket(AF_UNIX);
    if (fd == -1)
        return explain_path(error, "open a socket for", path, strerror(errno));
    fd = start_connect(fd, (const struct sockaddr *)&un, sizeof un);
    return fd != -1 ? fd : explain_path(error, "connect to", path, strerror(errno));
}

/* Some systems report the pending error through getsockopt's own errno. */
int io_sock_error(int fd)
{
    int err = 0;
    socklen_t len = sizeof err;
    return getsockopt(fd, SOL_SOCKET, SO_ERROR, &err, &len) == 0 ? err : errno;
}

/* An error of the connection that was waiting, which has gone, comes out of accept() too;
 * only what says that the listener is no listener is its own failure. */
static int accept_failure(int err)
{
    if (err == EMFILE || err == ENFILE || err == ENOBUFS || err == ENOMEM)
        return IO_ACCEPT_FULL;
    if (err == EBADF || err == EINVAL || err == ENOTSOCK || err == EOPNOTSUPP ||
        err == EFAULT)
        return IO_ACCEPT_FAILED;
    return IO_ACCEPT_NONE;
}

int io_sock_accept(int listener, struct io_addr *from)
{
    struct io_addr unwanted;
    struct io_addr *addr = from != NULL ? from : &unwanted;
    memset(addr, 0, sizeof *addr);
    addr->len = sizeof addr->sa;
    int fd = accept(listener, (struct sockaddr *)&addr->sa, &addr->len);
    if (fd == -1)
        return accept_failure(errno);
    if (prepare(fd, addr->sa.ss_family))
        return fd;
    (void)close(fd);
    return IO_ACCEPT_NONE;
}

void io_sock_keep_unsent_small(int fd)
{
    if (io_portable_unsent_low_water(fd, UNSENT_LOW_WATER))
        return;
    const int bytes = UNSENT_BUFFER;
    (void)setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof bytes);
}
