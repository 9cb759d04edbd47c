/* SPDX-License-Identifier: ISC */
/* herd-sqlite(8): keeps the records of a server in a file of SQLite. */
#include "disk.h"

#include "decimal.h"
#include "io/mem.h"
#include "io/pidfile.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char usage[] = "usage: herd-sqlite -s SOCKET -f FILE [-n NAME] [-H DAYS] "
                            "[-E SECONDS] [-d] [-e]\n"
                            "       herd-sqlite -h | -V\n";

static const char help[] =
    "\n"
    "Keeps the records of a server in a file of SQLite, and gives them back when the\n"
    "server has started again.\n"
    "\n"
    "  -s SOCKET     the control socket of the server: run-dir/NAME.sock\n"
    "  -f FILE       the database; made if it is not there\n"
    "  -n NAME       name as a follower; default: sqlite\n"
    "  -H DAYS       keep all reports for so many days (0 to 36500); default: 0\n"
    "  -E SECONDS    delete records so long after their time, as client-expire; default: "
    "0,\n"
    "                never\n"
    "  -d            commit at once, for servers that wait for the disk before they "
    "answer\n"
    "  -e            end at the end of standard input\n"
    "  -h, --help    print this help\n"
    "  -V, --version print the versions of this program and of SQLite\n"
    "\n"
    "While it runs, read the file with `sqlite3 -readonly FILE`, for example:\n"
    "  sqlite3 -readonly FILE \"SELECT * FROM locations WHERE client = 'kiwi'\"\n"
    "\n"
    "Exit codes: 0 ended by a signal or with -e, 1 failed, 2 usage, 3 another herd-sqlite\n"
    "has the file. See herd-sqlite(8), herd(8).\n";

enum {
    GOES_ON = -1,
    NAME_MOST = FOLLOW_NAME_MAX,
    PATH_MOST = 900, /* bytes; room for the suffixes */
    DAYS_MOST = 36500,
    SECONDS_MOST = 315360000,
    SECONDS_OF_DAY = 86400,
    RETRY_MS = 100,
};

static int bad_usage(const char *problem, const char *value)
{
    (void)fprintf(stderr, "herd-sqlite: %s%s\n%s", problem, value, usage);
    return DISK_USAGE;
}

/* Into nanoseconds. */
static bool read_span(const char *text, uint64_t most, int64_t unit_s, int64_t *ns)
{
    uint64_t value = 0;
    if (herd_uint_parse(herd_slice_str(text), most, &value) != HERD_OK)
        return false;
    *ns = (int64_t)value * unit_s * HERD_NS_PER_S;
    return true;
}

static bool is_name(const char *text)
{
    size_t len = strlen(text);
    for (const char *at = text; *at != '\0'; at++)
        if (*at < '!' || *at > '~')
            return false;
    return len > 0 && len <= NAME_MOST;
}

static int take(struct disk_setup *setup, int letter, const char *value)
{
    switch (letter) {
    case 's': setup->socket = value; return GOES_ON;
    case 'f': setup->store.path = value; return GOES_ON;
    case 'd': setup->at_once = true; return GOES_ON;
    case 'e': setup->until_eof = true; return GOES_ON;
    case 'n':
        setup->name = value;
        return is_name(value) ? GOES_ON
                              : bad_usage("-n: 1 to 63 printable ASCII characters without "
                                          "spaces are expected, not ",
                                          value);
    case 'H':
        return read_span(value, DAYS_MOST, SECONDS_OF_DAY, &setup->store.history_ns)
                   ? GOES_ON
                   : bad_usage("-H: days from 0 to 36500 are expected, not ", value);
    case 'E':
        return read_span(value, SECONDS_MOST, 1, &setup->store.expire_ns)
                   ? GOES_ON
                   : bad_usage("-E: seconds from 0 to 315360000 are expected, not ", value);
    case 'h': printf("%s%s", usage, help); return DISK_OK;
    case 'V':
        printf("herd-sqlite %s (SQLite %s)\n", HERD_VERSION, sqlite3_libversion());
        return DISK_OK;
    default: (void)fputs(usage, stderr); return DISK_USAGE;
    }
}

static int read_options(int argc, char **argv, struct disk_setup *setup)
{
    static char short_help[] = "-h", short_version[] = "-V";
    int letter = 0, status = GOES_ON;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--help") == 0)
            argv[i] = short_help;
        else if (strcmp(argv[i], "--version") == 0)
            argv[i] = short_version;
    }
    while (status == GOES_ON && (letter = getopt(argc, argv, "s:f:n:H:E:dehV")) != -1)
        status = take(setup, letter, optarg);
    if (status != GOES_ON)
        return status;
    if (optind < argc)
        return bad_usage("unexpected argument: ", argv[optind]);
    if (setup->socket == NULL || setup->store.path == NULL)
        return bad_usage("-s and -f are required", "");
    if (strlen(setup->store.path) > PATH_MOST)
        return bad_usage("-f: at most 900 bytes are expected", "");
    return GOES_ON;
}

/* One program writes the file; the lock is on a file beside it, since SQLite has locks of
 * its own on the database. */
static int run(const struct disk_setup *setup)
{
    char path[PATH_MOST + sizeof ".lock"];
    struct io_pidfile lock;
    struct herd_error_text error;
    (void)snprintf(path, sizeof path, "%s.lock", setup->store.path);
    if (io_pidfile_take(&lock, path, &error) != HERD_OK) {
        (void)fprintf(stderr, "herd-sqlite: %s\n", error.text);
        return io_pidfile_look(path).state == IO_PIDFILE_LOCKED ? DISK_IN_USE : DISK_FAILED;
    }
    int status = disk_run(setup);
    io_pidfile_release(&lock);
    return status;
}

int main(int argc, char **argv)
{
    struct disk_setup setup = {.mem = &io_mem, .name = "sqlite", .retry_ms = RETRY_MS};
    int status = read_options(argc, argv, &setup);
    if (status != GOES_ON)
        return status;
    (void)umask(S_IWGRP | S_IRWXO); /* 0640 */
    (void)signal(SIGXFSZ,
                 SIG_IGN); /* a limit of the size of files is an error like others */
    return run(&setup);
}
