/* SPDX-License-Identifier: ISC */
/* fake-places: stands in for the servers of Places providers, in tests and demos. */
#include "options.h"
#include "serve.h"

#include "io/process.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

static int stop_pipe[2];

static void on_stop(int number)
{
    int saved = errno;
    ssize_t ignored = write(stop_pipe[1], "", 1);
    (void)ignored;
    (void)number;
    errno = saved;
}

static bool set_nonblocking(int fd)
{
    int flags = fcntl(fd, F_GETFL);
    return flags >= 0 && fcntl(fd, F_SETFL, flags | O_NONBLOCK) == 0;
}

static bool catch_signals(void)
{
    struct sigaction stop = {.sa_handler = on_stop};
    struct sigaction ignore = {.sa_handler = SIG_IGN};
    sigemptyset(&stop.sa_mask);
    sigemptyset(&ignore.sa_mask);
    return pipe(stop_pipe) == 0 && set_nonblocking(stop_pipe[0]) &&
           set_nonblocking(stop_pipe[1]) && sigaction(SIGTERM, &stop, NULL) == 0 &&
           sigaction(SIGINT, &stop, NULL) == 0 && sigaction(SIGPIPE, &ignore, NULL) == 0;
}

/* Many systems start a program with fewer descriptors than we take connections. */
static void allow_connections(void)
{
    struct rlimit limit;
    rlim_t want = SERVE_CONNS_MAX + 32;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= want)
        return;
    limit.rlim_cur = limit.rlim_max < want ? limit.rlim_max : want;
    setrlimit(RLIMIT_NOFILE, &limit);
}

/* A listening socket and its port, or -1 with errno. */
static int listen_on(unsigned short wanted, unsigned short *port)
{
    struct sockaddr_in sa = {.sin_family = AF_INET, .sin_port = htons(wanted)};
    socklen_t len = sizeof sa;
    int on = 1;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    sa.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
        bind(fd, (struct sockaddr *)&sa, sizeof sa) != 0 || listen(fd, 128) != 0 ||
        !set_nonblocking(fd) || getsockname(fd, (struct sockaddr *)&sa, &len) != 0)
        return -1;
    *port = ntohs(sa.sin_port);
    return fd;
}

/* Written beside its place and renamed, so that no reader ever sees half of it. */
static bool write_port_file(const char *path, unsigned short port)
{
    struct bytes beside = {0};
    bytes_printf(&beside, "%s.tmp", path);
    *bytes_room(&beside, 1) = '\0';
    FILE *out = fopen(beside.data, "w");
    bool ok = out != NULL && fprintf(out, "%u\n", (unsigned)port) > 0;
    if (out != NULL)
        ok = fclose(out) == 0 && ok;
    ok = ok && rename(beside.data, path) == 0;
    bytes_free(&beside);
    return ok;
}

static int fail(const char *action)
{
    fprintf(stderr, "fake-places: %s: %s\n", action, strerror(errno));
    return 1;
}

static int start(const struct options *o, const struct fixtures *fixtures)
{
    unsigned short port = 0;
    struct serve_setup setup = {
        .fixtures = fixtures,
        .faults = o->faults,
        .instant = o->instant,
        .key = o->key,
        .down_ms = o->down_ms,
    };
    if (!catch_signals())
        return fail("signals");
    allow_connections();
    if (o->log != NULL && (setup.log = fopen(o->log, "a")) == NULL)
        return fail(o->log);
    setup.stop = stop_pipe[0];
    setup.listener = listen_on(o->port, &port);
    setup.port = port;
    if (setup.listener < 0)
        return fail("127.0.0.1");
    if (o->port_file != NULL && !write_port_file(o->port_file, port))
        return fail(o->port_file);
    printf("fake-places: ready http://127.0.0.1:%u%s\n", (unsigned)port,
           providers[0]->path);
    fflush(stdout);
    int status = serve(&setup);
    close(setup.listener);
    if (setup.log != NULL)
        fclose(setup.log);
    return status;
}

/* A provider without a folder is not served; the first needs one. */
static bool load_all(struct fixtures *sets, const char *dir)
{
    bool ok = true;
    for (size_t i = 0; i < PROVIDERS && ok; i++) {
        struct bytes path = {0};
        struct stat info;
        bytes_printf(&path, "%s/%s", dir, providers[i]->folder);
        *bytes_room(&path, 1) = '\0';
        if (i == 0)
            ok = fixtures_load(&sets[i], dir);
        else if (stat(path.data, &info) == 0 || errno != ENOENT)
            ok = fixtures_load(&sets[i], path.data);
        bytes_free(&path);
    }
    return ok;
}

int main(int argc, char **argv)
{
    static struct fixtures sets[PROVIDERS];
    struct options options;
    io_process_prepare();
    int status = options_read(argc, argv, &options);
    if (status >= 0)
        return status;
    status = load_all(sets, options.dir) ? start(&options, sets) : 1;
    for (size_t i = 0; i < PROVIDERS; i++)
        fixtures_free(&sets[i]);
    return status;
}
