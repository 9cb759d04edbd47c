/* SPDX-License-Identifier: ISC */
/* What a program inherits from the one that starts it: closed descriptors, blocked and
 * ignored signals. Daemons that start others leave all of these. */
#include "check.h"
#include "files.h"
#include "herd_proc.h"
#include "places_proc.h"
#include "shell.h"
#include "wait.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { GOLOMAN, SCRIPT = 1024 };

/* A shell starts the server, not herd_proc. */
static bool open_herd(struct herd_proc *herd)
{
    if (!herd_proc_open(herd, "ucla-2018", "log-traffic yes\n"))
        return false;
    for (uint32_t i = 0; i < herd->conf.server_count; i++) {
        port_lend(&herd->client[i]);
        port_lend(&herd->peer[i]);
    }
    return true;
}

/* ---- descriptors ---- */

#define CLOSED_SETS 5
static const char *const closed_sets[CLOSED_SETS] = {"<&-", ">&-", "2>&-", "<&- >&-",
                                                     "<&- >&- 2>&-"};

/* All that the server prints goes where it was sent or nowhere: not into its files, where
 * `kill $(cat pid)` would get words of clients. */
static void a_server_keeps_its_output_out_of_its_files(void)
{
    static const char script[] =
        "\"$HERD_BIN\" -v -c herd.conf Goloman <in >out 2>err %s & pid=$!\n"
        "tries=0; until herdctl status Goloman >/dev/null 2>&1; do\n"
        "kill -0 $pid && test $tries -lt 500 || exit 9; tries=$((tries+1)); sleep 0.02\n"
        "done\n"
        "herdctl -s Goloman iamat words-of-a-client +34.07-118.45\n"
        "test \"$(cat run/Goloman.pid)\" = $pid || echo \"pid file: $(cat run/*.pid)\"\n"
        "grep -n '^ready ' log/Goloman.log run/herd.key\n"
        "kill \"$(cat run/Goloman.pid)\" || kill $pid; wait $pid; echo status $?\n"
        "rm -r run log; : >in; : >out; : >err";
    struct herd_proc herd;
    REQUIRE(open_herd(&herd));
    shell_expect(shell(herd.dir, ": >in; : >out; : >err"), 0, NULL, NULL);
    for (int i = 0; i < CLOSED_SETS; i++) {
        CHECK_LABEL("%s", closed_sets[i]);
        struct outcome got = shell(herd.dir, script, closed_sets[i]);
        CHECK_INT(got.status, 0);
        CHECK_INT((int64_t)got.err.len, 0);
        CHECK(bytes_have(got.out, "AT Goloman ") && bytes_have(got.out, "\nstatus 0\n"));
        CHECK_INT((int64_t)bytes_count(got.out, HERD_LIT("\n")), 2);
        outcome_free(&got);
    }
    CHECK_LABEL("%s", "");
    herd_proc_close(&herd);
}

static void tools_need_no_descriptors(void)
{
    static const char *const lines[] = {
        "herdctl start Goloman",
        "herdctl -s Goloman iamat kiwi +34.07-118.45",
        "herdctl -v -s Goloman iamat kiwi +34.07-118.45",
        "herdctl status Goloman",
        "herdbench -c herd.conf -s Goloman -n 2 -N 100 -w 0 -k 10",
        "herdctl stop Goloman",
    };
    struct herd_proc herd;
    REQUIRE(open_herd(&herd));
    for (int i = 0; i < CLOSED_SETS; i++)
        for (size_t j = 0; j < sizeof lines / sizeof lines[0]; j++) {
            CHECK_LABEL("%s %s", lines[j], closed_sets[i]);
            struct outcome got = shell(herd.dir, "(%s) %s", lines[j], closed_sets[i]);
            CHECK_INT(got.status, 0);
            outcome_free(&got);
        }
    CHECK_LABEL("%s", "");
    herd_proc_close(&herd);
}

static unsigned to_close; /* bit n: descriptor n */

static void close_standard(void)
{
    for (int fd = 0; fd <= STDERR_FILENO; fd++)
        if ((to_close >> fd & 1) != 0)
            (void)close(fd);
}

/* The file appears whole. 0: it did not. */
static uint16_t wait_port(const char *path)
{
    long port = 0;
    for (int64_t until = now_ms() + WAIT_MS; port == 0 && now_ms() < until; nap()) {
        struct herd_slice text = file_read(path);
        port = text.len > 0 ? strtol(text.data, NULL, 10) : 0;
        file_free(text);
    }
    return (uint16_t)port;
}

/* A pipe by which it stops itself, and to which it would print. */
static void fake_places_needs_no_descriptors(void)
{
    char dir[CHILD_DIR], path[CHILD_DIR + 8], fixtures[SCRIPT];
    const char *folder = getenv("HERD_TEST_FIXTURES");
    REQUIRE(child_dir_make(dir));
    (void)snprintf(path, sizeof path, "%s/port", dir);
    (void)snprintf(fixtures, sizeof fixtures, "%s/places",
                   folder != NULL ? folder : "fixtures");
    const char *argv[] = {"fake-places", "-P", path, "-d", fixtures, NULL};
    for (to_close = 0; to_close < 8; to_close++) {
        struct places_proc places = {.port = 0};
        CHECK_LABEL("closed %u", to_close);
        child_prepare = close_standard;
        CHECK(child_start(&places.child, "HERD_TEST_TOOLS", argv, -1, NULL));
        child_prepare = NULL;
        places.port = wait_port(path);
        CHECK_INT(places_proc_control(&places, "requests", "google-legacy"), 0);
        CHECK_INT(child_end(&places.child, SIGTERM), 0);
        CHECK_INT(unlink(path), 0);
    }
    CHECK_LABEL("%s", "");
    child_dir_remove(dir);
}

/* ---- signals ---- */

static void block_all(void)
{
    sigset_t all;
    (void)sigfillset(&all);
    (void)sigprocmask(SIG_SETMASK, &all, NULL);
}

static void ignore_all(void)
{
    static const int numbers[] = {SIGTERM, SIGCHLD, SIGHUP, SIGUSR1, SIGPIPE, SIGALRM};
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        (void)signal(numbers[i], SIG_IGN);
}

static void block_and_ignore_all(void)
{
    block_all();
    ignore_all();
}

static void (*const inherited[])(void) = {block_all, ignore_all, block_and_ignore_all};
enum { INHERITED = sizeof inherited / sizeof inherited[0] };

static void sigterm_ends_a_server_that_inherited_it_blocked(void)
{
    struct herd_proc herd;
    REQUIRE(herd_proc_open(&herd, "ucla-2018", ""));
    for (int i = 0; i < INHERITED; i++) {
        CHECK_LABEL("%d", i);
        child_prepare = inherited[i];
        CHECK(herd_proc_start(&herd, GOLOMAN));
        child_prepare = NULL;
        CHECK_INT(herd_proc_stop(&herd, GOLOMAN, SIGTERM), 0);
    }
    CHECK_LABEL("%s", "");
    herd_proc_close(&herd);
}

static void sigterm_ends_tools_that_inherited_it_blocked(void)
{
    char dir[CHILD_DIR], path[CHILD_DIR + 8], fixtures[SCRIPT], line[SCRIPT];
    const char *folder = getenv("HERD_TEST_FIXTURES");
    REQUIRE(child_dir_make(dir));
    (void)snprintf(path, sizeof path, "%s/port", dir);
    (void)snprintf(fixtures, sizeof fixtures, "%s/places",
                   folder != NULL ? folder : "fixtures");
    const char *places[] = {"fake-places", "-P", path, "-d", fixtures, NULL};
    const char *floor[] = {"herdbench", "floor", NULL};
    for (int i = 0; i < INHERITED; i++) {
        struct child child;
        CHECK_LABEL("%d", i);
        child_prepare = inherited[i];
        CHECK(child_start(&child, "HERD_TEST_TOOLS", places, -1, NULL));
        CHECK(child_line(&child, line, sizeof line));
        CHECK_INT(child_end(&child, SIGTERM), 0);
        CHECK(child_start(&child, "HERD_TEST_TOOLS", floor, -1, NULL));
        CHECK(child_line(&child, line, sizeof line));
        CHECK(child_end(&child, SIGTERM) != -1000);
        child_prepare = NULL;
    }
    CHECK_LABEL("%s", "");
    child_dir_remove(dir);
}

/* Where SIGCHLD is ignored the system keeps no exit status to be told. */
static void a_failed_start_is_told_where_children_are_ignored(void)
{
    static const char program[] = "#!/bin/sh\necho reason >&2\nexit 7\n";
    struct herd_proc herd;
    char path[HERD_PROC_PATH];
    REQUIRE(open_herd(&herd));
    (void)snprintf(path, sizeof path, "%s/fails", herd.dir);
    CHECK(file_write(path, herd_slice_str(program)) && chmod(path, 0700) == 0);
    (void)setenv("HERD_BIN", path, 1);
    const char *argv[] = {"herdctl", "-c", herd.conf_path, "start", "Goloman", NULL};
    for (int i = 0; i < INHERITED; i++) {
        CHECK_LABEL("%d", i);
        child_prepare = inherited[i];
        struct outcome got = child_run("HERD_TEST_TOOLS", argv);
        child_prepare = NULL;
        CHECK_INT(got.status, 1);
        CHECK_SLICE(got.err,
                    HERD_LIT("herdctl: Goloman did not start: it exited with status 7\n"
                             "herdctl:   reason\n"));
        outcome_free(&got);
    }
    CHECK_LABEL("%s", "");
    (void)unsetenv("HERD_BIN");
    herd_proc_close(&herd);
}

/* ---- devices ---- */

/* A folder instead of /dev, as in a chroot that somebody has made by hand. Only a new mount
 * namespace can show that. */
static void a_missing_random_device_is_named(void)
{
    static const char *const keys[] = {"", "herd-key-file herd.key"};
    char dir[CHILD_DIR];
    REQUIRE(child_dir_make(dir));
    struct outcome may = shell(dir, "unshare -rm mount -t tmpfs none /dev");
    if (may.status != 0)
        note("not run: a mount namespace needs more rights");
    for (size_t i = 0; i < 2 && may.status == 0; i++) {
        CHECK_LABEL("%s", keys[i]);
        struct outcome got =
            shell(dir,
                  "umask 077; printf 0123456789abcdef0123456789abcdef >herd.key\n"
                  "echo 'server Goloman client 127.0.0.1:0 peer 127.0.0.1:0' >herd.conf\n"
                  "echo '%s' >>herd.conf\n"
                  "unshare -rm sh -c 'mount -t tmpfs none /dev && exec \"$HERD_BIN\" -c "
                  "herd.conf Goloman <&- >&-'",
                  keys[i]);
        CHECK_INT(got.status, 1);
        CHECK(bytes_have(got.err, "no random bytes from /dev/urandom: "));
        CHECK_INT((int64_t)bytes_count(got.err, HERD_LIT("\n")), 1);
        outcome_free(&got);
    }
    outcome_free(&may);
    CHECK_LABEL("%s", "");
    child_dir_remove(dir);
}

extern const struct check_test test_surroundings[];
const struct check_test test_surroundings[] = {
    {"a_server_keeps_its_output_out_of_its_files",
     a_server_keeps_its_output_out_of_its_files},
    {"tools_need_no_descriptors", tools_need_no_descriptors},
    {"fake_places_needs_no_descriptors", fake_places_needs_no_descriptors},
    {"sigterm_ends_a_server_that_inherited_it_blocked",
     sigterm_ends_a_server_that_inherited_it_blocked},
    {"sigterm_ends_tools_that_inherited_it_blocked",
     sigterm_ends_tools_that_inherited_it_blocked},
    {"a_failed_start_is_told_where_children_are_ignored",
     a_failed_start_is_told_where_children_are_ignored},
    {"a_missing_random_device_is_named", a_missing_random_device_is_named},
    {NULL, NULL},
};
