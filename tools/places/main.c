/* fake-places: stands in for the servers of Places providers, in tests and demos. */
#include "faults.h"
#include "fixtures.h"
#include "google.h"
#include "serve.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

struct options {
    unsigned short port;
    const char *port_file;
    const char *log;
    const char *dir;
    struct faults faults;
};

static void print_usage(FILE *out)
{
    fputs("usage: fake-places [-p PORT] [-P PORTFILE] [-l REQUESTLOG] [-d FIXTUREDIR]\n"
          "                   [-f FAULT]... [-h]\n",
          out);
}

static void print_help(void)
{
    print_usage(stdout);
    fputs(
        "\n"
        "Answers Google Places Nearby Search (Legacy) on 127.0.0.1 with invented places,\n"
        "and misbehaves on demand. TERM or INT ends it.\n"
        "\n"
        "  -p PORT        TCP port; 0, the default, lets the system choose\n"
        "  -P PORTFILE    write the port there once it listens; never half written\n"
        "  -l REQUESTLOG  append one line for each request: method and target\n"
        "  -d FIXTUREDIR  the *.http files to answer with (default fixtures/places;\n"
        "                 its README.md describes them and the locations they answer)\n"
        "  -f FAULT       misbehave in every reply whose fixture has no fault itself\n"
        "  -h, --help     this text\n"
        "\n"
        "Faults, for -f and for the fault lines of fixtures:\n",
        stdout);
    faults_print_help(stdout);
    fputs("\n"
          "Example: places that take two seconds\n"
          "  fake-places -p 8080 -f delay=2000 &\n"
          "  curl 'http://127.0.0.1:8080" GOOGLE_PATH
          "?location=34.068930,-118.445127&radius=10000&key=none'\n",
          stdout);
}

static bool read_port(const char *text, unsigned short *port)
{
    char *end;
    errno = 0;
    long n = strtol(text, &end, 10);
    *port = (unsigned short)n;
    return errno == 0 && end != text && *end == '\0' && n >= 0 && n <= 65535;
}

/* -1 to go on, else the exit status. */
static int read_options(int argc, char **argv, struct options *o)
{
    char why[FAULTS_WHY];
    int c;
    if (argc == 2 && strcmp(argv[1], "--help") == 0) {
        print_help();
        return 0;
    }
    while ((c = getopt(argc, argv, "p:P:l:d:f:h")) != -1) {
        switch (c) {
        case 'p':
            if (read_port(optarg, &o->port))
                break;
            fprintf(stderr, "fake-places: -p wants a port, 0 to 65535: %s\n", optarg);
            return 2;
        case 'P': o->port_file = optarg; break;
        case 'l': o->log = optarg; break;
        case 'd': o->dir = optarg; break;
        case 'f':
            if (faults_add(&o->faults, herd_slice_str(optarg), why))
                break;
            fprintf(stderr, "fake-places: %s (fake-places -h lists the faults)\n", why);
            return 2;
        case 'h': print_help(); return 0;
        default: print_usage(stderr); return 2;
        }
    }
    if (optind == argc)
        return -1;
    print_usage(stderr);
    return 2;
}

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

static int fail(const char *what)
{
    fprintf(stderr, "fake-places: %s: %s\n", what, strerror(errno));
    return 1;
}

static int start(const struct options *o, const struct fixtures *fixtures)
{
    unsigned short port = 0;
    struct serve_setup setup = {.fixtures = fixtures, .faults = o->faults};
    if (!catch_signals())
        return fail("signals");
    allow_connections();
    if (o->log != NULL && (setup.log = fopen(o->log, "a")) == NULL)
        return fail(o->log);
    setup.stop = stop_pipe[0];
    setup.listener = listen_on(o->port, &port);
    if (setup.listener < 0)
        return fail("127.0.0.1");
    if (o->port_file != NULL && !write_port_file(o->port_file, port))
        return fail(o->port_file);
    printf("fake-places: ready http://127.0.0.1:%u%s\n", (unsigned)port, GOOGLE_PATH);
    fflush(stdout);
    int status = serve(&setup);
    close(setup.listener);
    if (setup.log != NULL)
        fclose(setup.log);
    return status;
}

int main(int argc, char **argv)
{
    struct options options = {.dir = "fixtures/places"};
    int status = read_options(argc, argv, &options);
    if (status >= 0)
        return status;
    struct fixtures fixtures = {0};
    status = fixtures_load(&fixtures, options.dir) ? start(&options, &fixtures) : 1;
    fixtures_free(&fixtures);
    return status;
}
