/* herd(8): one server of an application server herd. */
#include "driver/driver.h"
#include "herd/conf.h"
#include "herd/err.h"
#include "herd/topology.h"
#include "io/conf_file.h"
#include "io/file.h"
#include "io/log.h"
#include "io/mac.h"
#include "io/mem.h"
#include "io/pidfile.h"
#include "secrets.h"

#include <cjson/cJSON.h>
#include <curl/curl.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { EXIT_REFUSED = 1, EXIT_USAGE = 2 };

static const char usage[] =
    "usage: herd [-c FILE] [-v] NAME    serve as NAME until SIGTERM or SIGINT\n"
    "       herd [-c FILE] -t           check the configuration, print its normal form\n"
    "       herd -V | -h\n";

static const char help[] =
    "\n"
    "herd is one server of an application server herd: it keeps the newest location of\n"
    "every client, tells its neighbours, and answers what is near a client.\n"
    "\n"
    "  -c FILE   configuration; without it ./herd.conf, then " HERD_SYSCONFDIR
    "/herd.conf\n"
    "  -t        check the configuration, print it as herd understands it, and tell\n"
    "            whose failure would part the herd\n"
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
    const char *conf_path;
    const char *name;
    bool test, verbose;
};

static void print_versions(void)
{
    printf("herd %s (%s, cJSON %s, libcrypto of %s)\n", HERD_VERSION, curl_version(),
           cJSON_Version(), io_mac_library());
}

static int complain(const char *text)
{
    fprintf(stderr, "herd: %s\n%s", text, usage);
    return EXIT_USAGE;
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
        case ':': return complain("an option lacks its value");
        default: return complain("unknown option");
        }
    }
    if (argc - optind > 1)
        return complain("one NAME only");
    options->name = optind < argc ? argv[optind] : NULL;
    if (options->name == NULL && !options->test)
        return complain("which server is this to be? NAME is missing");
    return -1;
}

/* The configuration, and behind it what its links make of the herd, as comments: the whole
 * is a configuration again. */
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

/* Warnings are no mistakes: the herd can be served as it is, so the status says nothing of
 * them. They go to standard error as well, where nobody overlooks them. */
static int print_conf(const struct herd_conf *conf)
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
    }
    herd_topology_free(&topology);
    herd_buf_free(&warnings);
    herd_buf_free(&text);
    return rc == HERD_OK ? EXIT_SUCCESS : EXIT_REFUSED;
}

static int unknown_name(const struct herd_conf *conf, const struct options *options)
{
    fprintf(stderr, "herd: %s has no server \"%s\"; it has", options->conf_path,
            options->name);
    for (uint32_t i = 0; i < conf->server_count; i++)
        fprintf(stderr, "%s %s", i > 0 ? "," : "", conf->servers[i].name);
    fprintf(stderr, "\n");
    return EXIT_REFUSED;
}

/* ---- serving ---- */

struct paths {
    char run_dir[IO_PATH_MAX], log_dir[IO_PATH_MAX];
    char pid[IO_PATH_MAX], control[IO_PATH_MAX], log[IO_PATH_MAX];
    char ca_file[IO_PATH_MAX]; /* "": none is named */
};

static int make_paths(const struct herd_conf *conf, const char *conf_path, const char *name,
                      struct paths *paths)
{
    struct herd_error_text error = {"a path of the configuration is too long"};
    const char *run = conf->run_dir, *log = conf->log_dir, *ca = conf->places_ca_file;
    paths->ca_file[0] = '\0';
    if (io_conf_file_path(paths->run_dir, conf_path, run, NULL, NULL) == HERD_OK &&
        io_conf_file_path(paths->log_dir, conf_path, log, NULL, NULL) == HERD_OK &&
        io_conf_file_path(paths->pid, conf_path, run, name, ".pid") == HERD_OK &&
        io_conf_file_path(paths->control, conf_path, run, name, ".sock") == HERD_OK &&
        io_conf_file_path(paths->log, conf_path, log, name, ".log") == HERD_OK &&
        (ca[0] == '\0' ||
         io_conf_file_path(paths->ca_file, conf_path, ca, NULL, NULL) == HERD_OK) &&
        io_file_make_dir(paths->run_dir, &error) == HERD_OK &&
        io_file_make_dir(paths->log_dir, &error) == HERD_OK)
        return HERD_OK;
    fprintf(stderr, "herd: %s\n", error.text);
    return HERD_EBAD;
}

/* From here on the server is up; one line on standard output says so to scripts. */
static int serve_open(struct driver *driver, const char *name)
{
    printf("ready %s client %s peer %s\n", name, driver_client_address(driver),
           driver_peer_address(driver));
    fflush(stdout);
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

/* The pid file is taken before anything else of this name is touched. */
static int serve_alone(const struct herd_conf *conf, const struct options *options,
                       struct driver_setup *setup, const struct paths *paths)
{
    struct herd_error_text error;
    const char *name = conf->servers[setup->self].name;
    int status = EXIT_REFUSED;
    int pid_fd = io_pidfile_take(paths->pid, &error);
    if (pid_fd < 0) {
        fprintf(stderr, "herd: %s\n", error.text);
        return EXIT_REFUSED;
    }
    setup->log = io_log_open(&io_mem, paths->log, name, options->verbose);
    if (setup->log != NULL)
        status = serve_logged(setup, name);
    else
        fprintf(stderr, "herd: %s: %s\n", paths->log, strerror(errno));
    io_log_close(setup->log);
    io_pidfile_release(paths->pid, pid_fd);
    return status;
}

static int serve(const struct herd_conf *conf, const struct options *options, uint32_t self)
{
    struct paths paths;
    struct secrets secrets;
    umask(077);
    if (make_paths(conf, options->conf_path, conf->servers[self].name, &paths) != HERD_OK ||
        secrets_read(&secrets, conf, options->conf_path) != HERD_OK)
        return EXIT_REFUSED;
    struct driver_setup setup = {.mem = &io_mem,
                                 .conf = conf,
                                 .self = self,
                                 .control_path = paths.control,
                                 .places_key = secrets.places_key,
                                 .places_ca_file = paths.ca_file,
                                 .mac = secrets_mac(&secrets)};
    int status = serve_alone(conf, options, &setup, &paths);
    secrets_wipe(&secrets);
    return status;
}

int main(int argc, char **argv)
{
    struct options options = {.conf_path = io_conf_file_default()};
    struct herd_conf conf;
    int status = read_options(argc, argv, &options);
    if (status >= 0)
        return status;
    if (io_conf_file_read(&conf, &io_mem, "herd", options.conf_path) != HERD_OK)
        return EXIT_REFUSED;
    int64_t self =
        options.name != NULL ? herd_conf_find(&conf, herd_slice_str(options.name)) : 0;
    if (self < 0)
        status = unknown_name(&conf, &options);
    else if (options.test)
        status = print_conf(&conf);
    else
        status = serve(&conf, &options, (uint32_t)self);
    herd_conf_free(&conf);
    return status;
}
