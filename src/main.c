/* SPDX-License-Identifier: ISC */
/* herd(8): one server of an application server herd. */
#include "driver/driver.h"
#include "escape.h"
#include "herd/conf.h"
#include "herd/err.h"
#include "herd/topology.h"
#include "io/conf_file.h"
#include "io/file.h"
#include "io/log.h"
#include "io/log_file.h"
#include "io/mac.h"
#include "io/mem.h"
#include "io/process.h"
#include "names.h"
#include "run_files.h"
#include "secrets.h"
#include "state_program.h"

#include <curl/curl.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { EXIT_REFUSED = 1, EXIT_USAGE = 2 };

static const char usage[] =
    "usage: herd [-c FILE] [-v] NAME    serve as NAME until SIGTERM or SIGINT\n"
    "       herd [-c FILE] -t           check the configuration and print it in full\n"
    "       herd -V | -h\n";

static const char help[] =
    "\n"
    "herd is one server of an application server herd: it keeps the newest location of\n"
    "every client, sends it to its neighbours, and answers which places are near a "
    "client.\n"
    "\n"
    "  -c FILE   configuration; without it ./herd.conf, then " HERD_SYSCONFDIR
    "/herd.conf\n"
    "  -t        check the configuration, print it as herd understands it, and report\n"
    "            the servers and links whose failure would split the herd\n"
    "  -v        copy the log to standard error\n"
    "  -V        print versions\n"
    "\n"
    "NAME is one of the servers of the configuration. Try it:\n"
    "\n"
    "  herd Goloman &\n"
    "  herdctl -s Goloman iamat kiwi.cs.ucla.edu +34.068930-118.445127\n"
    "\n"
    "TERM and INT end the server, USR1 reopens its log. See herd(8), herd.conf(5),\n"
    "herdctl(1).\n";

struct options {
    const char *self; /* argv[0] */
    const char *conf_path;
    const char *name;
    bool test, verbose;
};

static void print_versions(void)
{
    printf("herd %s (%s, libcrypto of %s)\n", HERD_VERSION, curl_version(),
           io_mac_library());
}

__attribute__((format(printf, 1, 2))) static int usage_error(const char *format, ...)
{
    struct herd_error_text error;
    va_list args;
    va_start(args, format);
    (void)vsnprintf(error.text, sizeof error.text, format, args);
    va_end(args);
    fprintf(stderr, "herd: %s\n%s", error.text, usage);
    return EXIT_USAGE;
}

/* getopt() takes --WORD for the option -- and stays at it. */
static int unknown_option(char **argv)
{
    return optopt == '-' ? usage_error("unknown option %s", argv[optind])
                         : usage_error("unknown option -%c", optopt);
}

/* Returns -1 to go on, or an exit status. */
static int read_options(int argc, char **argv, struct options *options)
{
    int flag;
    if (argc == 2 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "--version") == 0))
        argv[1][1] = argv[1][2] == 'h' ? 'h' : 'V', argv[1][2] = '\0';
    while ((flag = getopt(argc, argv, ":c:tvVh")) != -1) {
        switch (flag) {
        case 'c': options->conf_path = optarg; break;
        case 't': options->test = true; break;
        case 'v': options->verbose = true; break;
        case 'V': print_versions(); return EXIT_SUCCESS;
        case 'h': printf("%s%s", usage, help); return EXIT_SUCCESS;
        case ':': return usage_error("option -%c needs a value", optopt);
        default: return unknown_option(argv);
        }
    }
    if (argc - optind > 1)
        return usage_error("%d names are given, 1 is allowed", argc - optind);
    options->name = optind < argc ? argv[optind] : NULL;
    if (options->name == NULL && !options->test)
        return usage_error("NAME of a server is missing");
    return -1;
}

/* Whether all programs are there that this configuration needs. */
static bool has_programs(const struct herd_conf *conf, const struct options *options)
{
    char path[IO_PATH_MAX];
    return conf->state_dir[0] == '\0' ||
           state_program_find(conf, options->conf_path, options->self, path);
}

/* Prints the configuration, then the report on its topology as comments: the whole can be
 * read as a configuration again. */
static int put_checked(const struct herd_conf *conf, const struct herd_topology *topology,
                       struct herd_buf *text)
{
    int rc = herd_conf_print(conf, text);
    if (rc == HERD_OK)
        rc = herd_buf_append(text, HERD_LIT("\n"));
    if (rc == HERD_OK)
        rc = herd_topology_print(topology, text);
    return rc;
}

/* Warnings are no errors: the configuration works, so they do not change the exit status.
 * They go to standard error as well, so that they are seen. */
static int print_conf(const struct herd_conf *conf, const struct options *options)
{
    struct herd_topology topology;
    struct herd_buf text, warnings;
    herd_buf_init(&text, &io_mem, (size_t)1 << 24);
    herd_buf_init(&warnings, &io_mem, (size_t)1 << 20);
    int rc = herd_topology_init(&topology, &io_mem, conf);
    if (rc == HERD_OK)
        rc = put_checked(conf, &topology, &text);
    if (rc == HERD_OK)
        rc = herd_topology_warn(&topology, "herd: warning: ", &warnings);
    if (rc != HERD_OK) {
        fprintf(stderr, "herd: %s\n", herd_strerror(rc));
    } else {
        struct herd_slice out = herd_buf_bytes(&text), err = herd_buf_bytes(&warnings);
        fwrite(out.data, 1, out.len, stdout);
        fflush(stdout);
        fwrite(err.data, 1, err.len, stderr);
        names_warn(conf);
    }
    herd_topology_free(&topology);
    herd_buf_free(&warnings);
    herd_buf_free(&text);
    return rc == HERD_OK && has_programs(conf, options) ? EXIT_SUCCESS : EXIT_REFUSED;
}

static int unknown_name(const struct herd_conf *conf, const struct options *options)
{
    char shown[HERD_CONF_NAME_MAX * HERD_ESCAPE_GROWTH];
    struct herd_slice name = herd_slice_str(options->name);
    size_t len = herd_escape(shown, sizeof shown, &name, HERD_ESCAPE_VISIBLE);
    fprintf(stderr, "herd: %s has no server \"%.*s%s\"; it has", options->conf_path,
            (int)len, shown, name.len > 0 ? "..." : "");
    for (uint32_t i = 0; i < conf->server_count; i++)
        fprintf(stderr, "%s %s", i > 0 ? "," : "", conf->servers[i].name);
    fprintf(stderr, "\n");
    return EXIT_REFUSED;
}

/* ---- serving ---- */

struct paths {
    char run_dir[IO_PATH_MAX], log_dir[IO_PATH_MAX];
    char pid[IO_PATH_MAX], control[IO_PATH_MAX], log[IO_PATH_MAX];
    char herd_key[IO_PATH_MAX]; /* where the servers of the run-dir have theirs */
    char ca_file[IO_PATH_MAX];  /* "": none is configured */
    char state_dir[IO_PATH_MAX], state_file[IO_PATH_MAX]; /* likewise */
    char state_program[IO_PATH_MAX];
};

static bool make_dir(const char *option, const char *path)
{
    struct herd_error_text error;
    if (io_file_make_dir(path, &error) == HERD_OK)
        return true;
    fprintf(stderr, "herd: %s: %s\n", option, error.text);
    return false;
}

static int make_paths(const struct herd_conf *conf, const char *conf_path, const char *name,
                      struct paths *paths)
{
    const char *run = conf->run_dir, *log = conf->log_dir, *ca = conf->places_ca_file;
    const char *state = conf->state_dir;
    const struct {
        const char *option;
        char *out;
        const char *folder, *name, *suffix;
    } wanted[] = {
        {"run-dir", paths->run_dir, run, NULL, NULL},
        {"log-dir", paths->log_dir, log, NULL, NULL},
        {"run-dir", paths->pid, run, name, ".pid"},
        {"run-dir", paths->control, run, name, ".sock"},
        {"run-dir", paths->herd_key, run, "herd", ".key"},
        {"log-dir", paths->log, log, name, ".log"},
        {"places-ca-file", paths->ca_file, ca, NULL, NULL},
        {"state-dir", paths->state_dir, state, NULL, NULL},
        {"state-dir", paths->state_file, state, name, ".sqlite"},
    };
    for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++) {
        if (io_conf_file_path(wanted[i].out, conf_path, wanted[i].folder, wanted[i].name,
                              wanted[i].suffix) == HERD_OK)
            continue;
        fprintf(stderr, "herd: %s: the path is longer than %d bytes\n", wanted[i].option,
                IO_PATH_MAX - 1);
        return HERD_EBAD;
    }
    if (ca[0] == '\0')
        paths->ca_file[0] = '\0';
    return make_dir("run-dir", paths->run_dir) && make_dir("log-dir", paths->log_dir) &&
                   (state[0] == '\0' || make_dir("state-dir", paths->state_dir))
               ? HERD_OK
               : HERD_EBAD;
}

static void print_ready(const struct driver *driver, const char *name)
{
    printf("ready %s client %s peer %s\n", name, driver_client_address(driver),
           driver_peer_address(driver));
    fflush(stdout);
}

/* For whoever waits for the line "ready". */
static void print_progress(void *arg, size_t clients)
{
    const char *name = arg;
    printf("loading %s %zu\n", name, clients);
    fflush(stdout);
}

/* One line on standard output tells scripts that the server is ready. With state-dir others
 * may come before it. */
static int serve_open(struct driver *driver, const char *name)
{
    struct herd_error_text error;
    int rc = driver_load(driver, print_progress, (void *)(uintptr_t)name, &error);
    if (rc < 0) {
        fprintf(stderr, "herd: %s: %s\n", name, error.text);
        return EXIT_REFUSED;
    }
    if (rc > 0)
        print_ready(driver, name);
    if (driver_run(driver) == HERD_OK)
        return EXIT_SUCCESS;
    fprintf(stderr, "herd: %s: poll: %s\n", name, strerror(errno));
    return EXIT_REFUSED;
}
static int serve_logged(const struct driver_setup *setup, const char *name)
{
    struct herd_error_text error;
    struct driver *driver = driver_new(setup, &error);
    if (driver == NULL) {
        fprintf(stderr, "herd: %s: %s\n", name, error.text);
        return EXIT_REFUSED;
    }
    int status = serve_open(driver, name);
    driver_free(driver);
    return status;
}

/* Why the log was not opened: `err`, an errno value, or more than that can say. */
static void report_no_log(const char *path, int err)
{
    struct herd_error_text error;
    int fd = io_file_open(path, O_WRONLY | O_APPEND, IO_LOG_MODE, &error);
    if (fd >= 0) {
        (void)close(fd);
        herd_error_set(&error, "%s: %s", path, strerror(err));
    }
    fprintf(stderr, "herd: %s\n", error.text);
}

/* Locks the pid file before it touches the log and the control socket of this name. */
static int serve_alone(const struct herd_conf *conf, const struct options *options,
                       struct driver_setup *setup, const struct paths *paths,
                       struct run_files *files)
{
    struct herd_error_text error;
    const char *name = conf->servers[setup->self].name;
    int status = EXIT_REFUSED;
    if (io_pidfile_take(&files->pidfile, paths->pid, &error) != HERD_OK) {
        fprintf(stderr, "herd: %s\n", error.text);
        return EXIT_REFUSED;
    }
    setup->log = io_log_open(&io_mem, paths->log, name, options->verbose);
    if (setup->log != NULL)
        io_log_limit(setup->log, conf->log_max_size, (int)conf->log_keep);
    if (setup->log != NULL)
        status = serve_logged(setup, name);
    else
        report_no_log(paths->log, errno);
    io_log_close(setup->log);
    io_pidfile_release(&files->pidfile);
    return status;
}

static int serve(const struct herd_conf *conf, const struct options *options, uint32_t self)
{
    struct paths paths;
    struct secrets secrets;
    umask(077);
    if (make_paths(conf, options->conf_path, conf->servers[self].name, &paths) != HERD_OK ||
        (conf->state_dir[0] != '\0' &&
         !state_program_find(conf, options->conf_path, options->self,
                             paths.state_program)) ||
        secrets_read(&secrets, conf, options->conf_path, paths.herd_key) != HERD_OK)
        return EXIT_REFUSED;
    struct run_files files = {.dir = paths.run_dir,
                              .key_path =
                                  conf->herd_key_file[0] == '\0' ? paths.herd_key : NULL,
                              .secrets = &secrets};
    struct driver_setup setup = {.mem = &io_mem,
                                 .conf = conf,
                                 .self = self,
                                 .control_path = paths.control,
                                 .places_key = secrets.places_key,
                                 .places_ca_file = paths.ca_file,
                                 .mac = secrets_mac(&secrets),
                                 .keep = {run_files_keep, &files}};
    if (conf->state_dir[0] != '\0') {
        setup.state_program = paths.state_program;
        setup.state_file = paths.state_file;
    }
    int status = serve_alone(conf, options, &setup, &paths, &files);
    secrets_wipe(&secrets);
    return status;
}

int main(int argc, char **argv)
{
    struct options options = {.self = argv[0]};
    struct herd_conf conf;
    io_process_prepare();
    int status = read_options(argc, argv, &options);
    if (status >= 0)
        return status;
    options.conf_path = io_conf_file_find("herd", options.conf_path);
    if (options.conf_path == NULL)
        return EXIT_REFUSED;
    if (io_conf_file_read(&conf, &io_mem, "herd", options.conf_path) != HERD_OK)
        return EXIT_REFUSED;
    int64_t self =
        options.name != NULL ? herd_conf_find(&conf, herd_slice_str(options.name)) : 0;
    if (self < 0)
        status = unknown_name(&conf, &options);
    else if (options.test)
        status = print_conf(&conf, &options);
    else
        status = serve(&conf, &options, (uint32_t)self);
    herd_conf_free(&conf);
    return status;
}
