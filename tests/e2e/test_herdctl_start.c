/* SPDX-License-Identifier: ISC */
/* herdctl start and stop. */
#include "check.h"
#include "files.h"
#include "guard.h"
#include "herd_proc.h"
#include "shell.h"
#include "wait.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { GOLOMAN, HANDS, ALL = 5 };

/* ---- servers that are not our children ---- */

static bool open_all(struct herd_proc *herd)
{
    if (!herd_proc_open(herd, "ucla-2018", ""))
        return false;
    for (uint32_t i = 0; i < ALL; i++) {
        port_lend(&herd->client[i]);
        port_lend(&herd->peer[i]);
    }
    return true;
}

static pid_t pid_of(const struct herd_proc *herd, uint32_t i)
{
    char path[HERD_PROC_PATH];
    herd_proc_path(herd, path, "run", i, ".pid");
    struct herd_slice text = file_read(path);
    pid_t pid = text.data != NULL ? (pid_t)strtol(text.data, NULL, 10) : 0;
    file_free(text);
    return pid;
}

/* herdctl says that one has stopped when its lock is gone, and the lock goes with it. */
static void close_all(struct herd_proc *herd, const pid_t *pids)
{
    shell_expect(shell(herd->dir, "herdctl -t 10 stop"), 0, "", NULL);
    for (uint32_t i = 0; i < ALL; i++)
        if (pids[i] > 1)
            guard_pid_gone(pids[i]);
    herd_proc_close(herd);
}

static void note_pids(const struct herd_proc *herd, pid_t *pids)
{
    for (uint32_t i = 0; i < ALL; i++) {
        pids[i] = pid_of(herd, i);
        if (pids[i] > 1)
            guard_pid(pids[i]);
    }
}

/* ---- the usual ---- */

/* They live in sessions of their own and hold nothing of whoever started them; so the
 * pipe that shell reads comes to its end. */
static void start_and_stop(void)
{
    static const struct shell_case after[] = {
        {"herdctl start", 0, "Goloman is running already (pid ", NULL},
        {"herdctl start -s Welsh", 0, "Welsh is running already (pid ", NULL},
        {"herdctl status | grep -c ' up '", 0, "5\n", NULL},
        {"herdctl stop Hands", 0, "Hands has stopped (pid ", NULL},
        {"herdctl stop Hands", 3, NULL, "Hands is not running\n"},
        {"herdctl stop Hands Wilkes", 3, "Wilkes has stopped", "Hands is not running\n"},
        {"herdctl -s Hands stop", 3, NULL, "Hands is not running\n"},
        {"herdctl status", 3, "\nHands    down ", NULL},
        {"herdctl start Hands Hands | wc -l | tr -d ' '", 0, "1\n", NULL},
        {"herdctl stop", 0, "Wilkes is not running\n", NULL},
        {"herdctl stop", 0, "Goloman is not running\n", NULL},
        {"cat log/*.err", 0, NULL, NULL},
    };
    struct herd_proc herd;
    pid_t pids[ALL];
    char line[128];
    REQUIRE(open_all(&herd));
    struct outcome got = shell(herd.dir, "herdctl start");
    note_pids(&herd, pids);
    CHECK_INT(got.status, 0);
    CHECK_INT((int64_t)bytes_count(got.out, HERD_LIT("\n")), ALL);
    CHECK_INT((int64_t)got.err.len, 0);
    for (uint32_t i = 0; i < ALL; i++) {
        (void)snprintf(line, sizeof line, "%s is up (pid %ld): client 127.0.0.1:%u\n",
                       herd.conf.servers[i].name, (long)pids[i],
                       (unsigned)herd.client[i].number);
        CHECK(bytes_have(got.out, line));
        CHECK(pids[i] > 1 && getsid(pids[i]) == pids[i]);
    }
    outcome_free(&got);
    SHELL_CHECK(herd.dir, after);
    close_all(&herd, pids);
}

/* Unknown names: nothing happens to the known ones. */
static void only_named_servers_are_started(void)
{
    static const struct shell_case cases[] = {
        {"herdctl start Goloman x", 2, NULL, "no server \"x\""},
        {"herdctl stop x Goloman", 2, NULL, "no server \"x\""},
        {"herdctl status", 3, "Goloman  down ", NULL},
        {"herdctl start -s Hands 9>&1", 0, "Hands is up (pid ", NULL},
        {"HERD_SERVER=Goloman herdctl start Hands", 0, "Hands is running already", NULL},
        {"herdctl status | grep -c ' up '", 0, "1\n", NULL},
    };
    struct herd_proc herd;
    pid_t pids[ALL];
    REQUIRE(open_all(&herd));
    SHELL_CHECK(herd.dir, cases);
    note_pids(&herd, pids);
    CHECK(pids[HANDS] > 1 && pids[GOLOMAN] == 0);
    close_all(&herd, pids);
}

/* ---- what goes wrong ---- */

/* The one whose address is taken says so; the others start. */
static void one_failure_does_not_stop_the_others(void)
{
    struct herd_proc herd, other;
    pid_t pids[ALL];
    char address[64];
    REQUIRE(herd_proc_open(&other, "ucla-2018", ""));
    CHECK(herd_proc_start(&other, GOLOMAN));
    if (CHECK(open_all(&herd))) {
        (void)snprintf(address, sizeof address, "127.0.0.1:%u",
                       (unsigned)other.client[GOLOMAN].number);
        shell_expect(shell(herd.dir,
                           "sed 's/client 127.0.0.1:%u /client %s /' herd.conf >new && mv "
                           "new herd.conf",
                           (unsigned)herd.client[GOLOMAN].number, address),
                     0, NULL, NULL);
        struct outcome got = shell(herd.dir, "herdctl start Goloman Hands");
        note_pids(&herd, pids);
        CHECK_INT(got.status, 1);
        CHECK(bytes_have(got.err, "Goloman did not start: it exited with status 1\n"));
        CHECK(bytes_have(got.err, address));
        CHECK(bytes_have(got.err, "is in use by another program"));
        if (access("/proc/net/tcp", R_OK) == 0) {
            (void)snprintf(address, sizeof address, "another program: herd (pid %ld)",
                           (long)other.server[GOLOMAN].pid);
            CHECK(bytes_have(got.err, address));
        }
        CHECK(bytes_have(got.out, "Hands is up (pid "));
        outcome_free(&got);
        /* Whoever is at its address may be it, so stop does not say that all is well. */
        shell_expect(shell(herd.dir, "herdctl -t 0.2 stop"), 1, "Hands has stopped",
                     "Goloman may be running and was not stopped: ");
        CHECK_INT(herd_proc_stop(&other, GOLOMAN, SIGTERM), 0);
        close_all(&herd, pids);
    }
    herd_proc_close(&other);
}

/* The port of a server that runs, under its own name or one that the configuration has no
 * more. */
static void a_server_that_holds_the_port_is_named(void)
{
    struct herd_proc herd;
    pid_t pids[ALL];
    char want[128];
    REQUIRE(open_all(&herd));
    shell_expect(shell(herd.dir, "herdctl start Goloman"), 0, "Goloman is up", NULL);
    note_pids(&herd, pids);
    shell_expect(shell(herd.dir,
                       "sed -e 's/client 127.0.0.1:%u /client 127.0.0.1:%u /' -e "
                       "'/Goloman/d' herd.conf >new && mv herd.conf old && mv new "
                       "herd.conf",
                       (unsigned)herd.client[HANDS].number,
                       (unsigned)herd.client[GOLOMAN].number),
                 0, NULL, NULL);
    struct outcome got = shell(herd.dir, "herdctl start Hands");
    CHECK_INT(got.status, 1);
    (void)snprintf(want, sizeof want, "Hands: 127.0.0.1:%u is in use by ",
                   (unsigned)herd.client[GOLOMAN].number);
    CHECK(bytes_have(got.err, want));
    (void)snprintf(want, sizeof want,
                   "the server Goloman (pid %ld); `herdctl stop Goloman`",
                   (long)pids[GOLOMAN]);
    if (access("/proc/net/tcp", R_OK) == 0)
        CHECK(bytes_have(got.err, want));
    outcome_free(&got);
    shell_expect(shell(herd.dir, "herdctl stop Goloman && mv old herd.conf"), 0,
                 "Goloman has stopped", NULL);
    close_all(&herd, pids);
}

/* Programs that are no herd. */
static void bad_programs_are_reported(void)
{
    static const struct shell_case cases[] = {
        {"HERD_BIN=/nonexistent herdctl start Goloman", 1, NULL,
         "HERD_BIN: /nonexistent is not an executable file"},
        {"HERD_BIN=. herdctl start Goloman", 1, NULL,
         "HERD_BIN: . is not an executable file"},
        {"HERD_BIN=./fails herdctl start Goloman", 1, NULL,
         "Goloman did not start: it exited with status 7\nherdctl:   first\nherdctl:   "
         "second\n"},
        {"HERD_BIN=./dies herdctl start Goloman", 1, NULL,
         "Goloman did not start: it was killed by signal 9"},
        {"HERD_BIN=./hangs herdctl -t 0.3 start Goloman; status=$?\n"
         "until test -e told; do :; done; exit $status",
         4, NULL, "Goloman was not ready within 0.3 s and was sent SIGTERM"},
        {"HERD_BIN=./garbage herdctl start Goloman", 1, NULL,
         "Goloman did not start: it exited with status 127"},
        {"HERD_BIN=./mute herdctl start Goloman", 1, NULL, "is not a herd program"},
        {"HERD_BIN=./fails herdctl start Goloman Hands 2>&1 | grep -c 'did not start'", 0,
         "2\n", NULL},
        {"herdctl status Goloman", 3, "Goloman is down", NULL},
    };
    static const char make[] =
        "printf '#!/bin/sh\\necho first >&2; echo second >&2; exit 7\\n' >fails\n"
        "printf '#!/bin/sh\\nkill -9 $$\\n' >dies\n"
        "printf '#!/bin/sh\\ntrap \"kill \\$!; >told; exit\" TERM; sleep 30 & wait\\n' "
        ">hangs\n"
        "printf '#!/bin/sh\\nexec >&-; exec sleep 30\\n' >mute\n"
        "printf '\\001\\002\\003' >garbage\n"
        "chmod +x fails dies hangs mute garbage";
    struct herd_proc herd;
    REQUIRE(open_all(&herd));
    shell_expect(shell(herd.dir, "%s", make), 0, NULL, NULL);
    SHELL_CHECK(herd.dir, cases);
    herd_proc_close(&herd);
}

/* What an earlier start has written is not shown again. */
static void only_new_errors_are_shown(void)
{
    static const struct shell_case cases[] = {
        {"mkdir -m 700 log && echo old >log/Goloman.err", 0, NULL, NULL},
        {"HERD_BIN=/bin/false; test -x $HERD_BIN || HERD_BIN=/usr/bin/false\n"
         "herdctl start Goloman 2>&1 | grep -c old",
         1, "0\n", NULL},
        {"cat log/Goloman.err", 0, "old\n", NULL},
        {"rm -r log && echo >log && herdctl start Goloman", 1, NULL, "Goloman: "},
    };
    struct herd_proc herd;
    REQUIRE(open_all(&herd));
    SHELL_CHECK(herd.dir, cases);
    herd_proc_close(&herd);
}

/* One that hangs: stop gives up in time and says what can be done. */
static void stop_times_out_on_a_hanging_server(void)
{
    struct herd_proc herd;
    char line[64];
    REQUIRE(herd_proc_open(&herd, "ucla-2018", ""));
    CHECK(herd_proc_start(&herd, GOLOMAN) && herd_proc_start(&herd, HANDS));
    pid_t pid = herd.server[GOLOMAN].pid;
    CHECK_INT(kill(pid, SIGSTOP), 0);
    (void)snprintf(line, sizeof line, "`kill -9 %ld` ends it", (long)pid);
    struct outcome got = shell(herd.dir, "herdctl -t 0.3 stop Goloman");
    CHECK_INT(got.status, 4);
    CHECK(bytes_have(got.err, "Goloman (pid ") && bytes_have(got.err, line));
    CHECK_INT((int64_t)got.out.len, 0);
    outcome_free(&got);
    CHECK_INT(kill(pid, SIGCONT), 0);
    CHECK_INT(herd_proc_stop(&herd, GOLOMAN, 0), 0);
    herd_proc_close(&herd);
}

/* A pid file that nobody locks is of one that was killed: its number may be anybody's. */
static void a_stale_pid_file_names_no_process(void)
{
    struct herd_proc herd;
    struct child sleeper;
    char path[HERD_PROC_PATH], text[32];
    const char *argv[] = {"sh", "-c", "echo on; exec sleep 600", NULL};
    REQUIRE(herd_proc_open(&herd, "ucla-2018", ""));
    (void)setenv("HERD_TEST_SH", "/bin", 1);
    CHECK(child_start(&sleeper, "HERD_TEST_SH", argv, -1, NULL));
    CHECK(child_line(&sleeper, text, sizeof text));
    (void)snprintf(text, sizeof text, "%ld\n", (long)sleeper.pid);
    (void)snprintf(path, sizeof path, "%s/run", herd.dir);
    CHECK(mkdir(path, 0700) == 0);
    herd_proc_path(&herd, path, "run", GOLOMAN, ".pid");
    CHECK(file_write(path, herd_slice_str(text)));
    shell_expect(shell(herd.dir, "herdctl stop Goloman"), 3, NULL,
                 "Goloman is not running\n");
    shell_expect(shell(herd.dir, "herdctl status Goloman"), 3, "Goloman is down", NULL);
    CHECK_INT(kill(sleeper.pid, 0), 0);
    CHECK_INT(child_end(&sleeper, SIGKILL), -SIGKILL);
    herd_proc_close(&herd);
}

extern const struct check_test test_herdctl_start[];
const struct check_test test_herdctl_start[] = {
    {"start_and_stop", start_and_stop},
    {"only_named_servers_are_started", only_named_servers_are_started},
    {"one_failure_does_not_stop_the_others", one_failure_does_not_stop_the_others},
    {"a_server_that_holds_the_port_is_named", a_server_that_holds_the_port_is_named},
    {"bad_programs_are_reported", bad_programs_are_reported},
    {"only_new_errors_are_shown", only_new_errors_are_shown},
    {"stop_times_out_on_a_hanging_server", stop_times_out_on_a_hanging_server},
    {"a_stale_pid_file_names_no_process", a_stale_pid_file_names_no_process},
    {NULL, NULL},
};
