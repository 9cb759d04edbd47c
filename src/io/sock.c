/* SPDX-License-Identifier: ISC */
#include "portable.h"

#include "sock.h"

#include "herd/err.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum {
    BACKLOG_CONNECTIONS = 1024,
    UNSENT_LOW_WATER = 16 * 1024, /* bytes */
    UNSENT_BUFFER = 64 * 1024,    /* bytes; used where there is no low-water mark */
    PATH_SHOWN = 256 /* bytes of a path in an error text: the reason has to fit, too */
};

/* Leaves `err` in errno. Returns -1, which is then the failed function's result. */
static int explain_call(struct herd_error_text *error, const char *call,
                        const struct io_addr *addr, int err)
{
    char text[IO_ADDR_TEXT_SIZE];
    io_addr_text(addr, text);
    herd_error_set(error, "%s %s: %s", call, text, strerror(err));
    errno = err;
    return -1;
}

/* Cuts the path, not the reason. Returns -1. */
static int explain_path(struct herd_error_text *error, const char *call, const char *path,
                        const char *reason)
{
    herd_error_set(error, "%s %.*s: %s", call, PATH_SHOWN, path, reason);
    return -1;
}

/* ---- sockets ----------------------------------------------------------------------- */

/* Returns -1 with `error` for a path that is not one of a socket. */
static int unix_addr(struct sockaddr_un *un, const char *path,
                     struct herd_error_text *error)
{
    size_t len = strlen(path);
    if (len == 0) {
        herd_error_set(error, "the path of the socket is empty");
        return -1;
    }
    if (len >= sizeof un->sun_path) {
        herd_error_set(error, "socket %.*s: the path is too long: %zu bytes, %zu allowed",
                       PATH_SHOWN, path, len, sizeof un->sun_path - 1);
        return -1;
    }
    memset(un, 0, sizeof *un);
    un->sun_family = AF_UNIX;
    memcpy(un->sun_path, path, len);
    return 0;
}

static void set_option(int fd, int level, int name)
{
    const int on = 1;
    (void)setsockopt(fd, level, name, &on, sizeof on);
}

/* Sets the options that every socket of ours has. */
static bool prepare(int fd, int family)
{
    if (!io_portable_prepare(fd))
        return false;
    io_portable_no_sigpipe(fd);
    if (family == AF_INET || family == AF_INET6)
        set_option(fd, IPPROTO_TCP, TCP_NODELAY);
    return true;
}

/* close() may change errno, which the caller still has to report. */
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
        rc = listen(fd, BACKLOG_CONNECTIONS);
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

/* A process listens on a socket file unless connect() is refused outright: a full backlog
 * (EAGAIN) and a lack of permission both show that one is there. Sets *reason if not. */
static bool is_stale(const struct sockaddr_un *un, const char **reason)
{
    struct stat st;
    if (lstat(un->sun_path, &st) != 0 || !S_ISSOCK(st.st_mode)) {
        *reason = "exists and is not a socket";
        return false;
    }
    if (st.st_uid != geteuid()) {
        *reason = "exists and belongs to another user";
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

/* The umask sets the mode at creation, so that others can at no time open the file. */
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
        rc = listen(fd, BACKLOG_CONNECTIONS);
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
    set_option(fd, SOL_SOCKET, SO_REUSEADDR);
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

bool io_sock_is_self(int fd)
{
    struct io_addr here = {.len = sizeof here.sa}, there = {.len = sizeof there.sa};
    return getsockname(fd, (struct sockaddr *)&here.sa, &here.len) == 0 &&
           getpeername(fd, (struct sockaddr *)&there.sa, &there.len) == 0 &&
           io_addr_same_host(&here, &there) && io_addr_port(&here) == io_addr_port(&there);
}

void io_sock_close_now(int fd)
{
    const struct linger at_once = {.l_onoff = 1, .l_linger = 0};
    (void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    (void)close(fd);
}

/* Some systems report the pending error through getsockopt's own errno. */
int io_sock_error(int fd)
{
    int err = 0;
    socklen_t len = sizeof err;
    return getsockopt(fd, SOL_SOCKET, SO_ERROR, &err, &len) == 0 ? err : errno;
}

/* Only these say that nothing is left to accept, or that the connection has gone. After any
 * other error the same connection may still wait, and the listener be ready for ever: a
 * security module refuses (EPERM) before it is taken from the queue. Pausing after an error
 * that did take it away (EPROTO) costs a moment. */
int io_sock_accept_outcome(int err)
{
    if (err == EAGAIN || err == EWOULDBLOCK || err == EINTR || err == ECONNABORTED)
        return IO_ACCEPT_NONE;
    if (err == EMFILE || err == ENFILE || err == ENOBUFS || err == ENOMEM)
        return IO_ACCEPT_FULL;
    return IO_ACCEPT_FAILED;
}

int io_sock_accept(int listener, struct io_addr *from)
{
    struct io_addr unwanted;
    struct io_addr *addr = from != NULL ? from : &unwanted;
    memset(addr, 0, sizeof *addr);
    addr->len = sizeof addr->sa;
    int fd = accept(listener, (struct sockaddr *)&addr->sa, &addr->len);
    if (fd == -1)
        return io_sock_accept_outcome(errno);
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
