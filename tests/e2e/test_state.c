/* SPDX-License-Identifier: ISC */
/* state-dir: servers that start, feed, miss and end their herd-sqlite. */
#include "check.h"
#include "files.h"
#include "herd_proc.h"
#include "links.h"
#include "load.h"
#include "shell.h"
#include "wait.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { GOLOMAN = 0, CONF = 512 };

/* The options, or false: this build has no herd-sqlite. */
static bool options(char out[CONF], const char *more)
{
    const char *tools = getenv("HERD_TEST_TOOLS");
    char program[CONF / 2];
    (void)snprintf(program, sizeof program, "%s/herd-sqlite",
                   tools != NULL ? tools : "tools");
    (void)snprintf(out, CONF, "state-dir state\nstate-program %s\n%s", program, more);
    return access(program, X_OK) == 0;
}

/* The pid in the lock of the database; 0: there is none. */
static pid_t disk_pid(const struct herd_proc *herd)
{
    char path[HERD_PROC_PATH];
    herd_proc_path(herd, path, "state", GOLOMAN, ".sqlite.lock");
    struct herd_slice text = file_read(path);
    pid_t pid = text.data != NULL ? (pid_t)strtol(text.data, NULL, 10) : 0;
    file_free(text);
    return pid;
}

/* Asks at once: a server that listens has what its disk holds. */
static void check_held(const struct herd_proc *herd, const char *client, const char *time)
{
    struct client conn;
    struct herd_slice line;
    char ask[128];
    (void)snprintf(ask, sizeof ask, "WHATSAT %s 1 0\n", client);
    REQUIRE(herd_proc_connect(herd, GOLOMAN, &conn));
    CHECK(client_ask(&conn, ask, &line) && bytes_have(line, time));
    client_close(&conn);
}

static void report(const struct herd_proc *herd, const char *text)
{
    struct client conn;
    struct herd_slice line;
    REQUIRE(herd_proc_connect(herd, GOLOMAN, &conn));
    CHECK(client_ask(&conn, text, &line));
    client_close(&conn);
}

static void check_gone(pid_t pid)
{
    int64_t until = now_ms() + WAIT_MS;
    while (kill(pid, 0) == 0 && now_ms() < until)
        nap();
    CHECK(kill(pid, 0) < 0 && errno == ESRCH);
}

/* kill -9 and SIGTERM of the only server; its disk goes with it, and has everything. */
static void records_survive_their_server(void)
{
    char conf[CONF], path[HERD_PROC_PATH];
    struct herd_proc herd;
    struct stat st;
    if (!options(conf, ""))
        return;
    REQUIRE(herd_proc_open(&herd, "ucla-2018", conf));
    REQUIRE(herd_proc_start(&herd, GOLOMAN));
    for (int i = 0; i < 6; i++) {
        char text[64], time[16];
        (void)snprintf(text, sizeof text, "IAMAT kiwi +1+1 %d\n", 100 + i);
        (void)snprintf(time, sizeof time, " %d", 100 + i);
        CHECK_LABEL("life %d", i);
        report(&herd, text);
        /* A server that ends in peace sends everything; one that is killed does not. */
        if (i % 2 == 0)
            CHECK(links_wait_status(&herd, GOLOMAN, "disk sqlite following 0 -\n", ""));
        pid_t pid = disk_pid(&herd);
        int signal = i % 2 == 0 ? SIGKILL : SIGTERM;
        CHECK_INT(herd_proc_stop(&herd, GOLOMAN, signal), signal == SIGKILL ? -SIGKILL : 0);
        if (CHECK(pid > 0))
            check_gone(pid);
        REQUIRE(herd_proc_start(&herd, GOLOMAN));
        check_held(&herd, "kiwi", time);
        CHECK_INT(herd_proc_count(&herd, GOLOMAN, "disk_failures"), 0);
    }
    herd_proc_path(&herd, path, "state", GOLOMAN, ".sqlite");
    CHECK(stat(path, &st) == 0 && (st.st_mode & 07) == 0);
    *strrchr(path, '/') = '\0';
    CHECK(stat(path, &st) == 0 && (st.st_mode & 0777) == 0700);
    herd_proc_close(&herd);
}

static void a_killed_disk_is_started_again(void)
{
    enum { KILLS = 4 };
    char conf[CONF];
    struct herd_proc herd;
    if (!options(conf, ""))
        return;
    REQUIRE(herd_proc_open(&herd, "ucla-2018", conf));
    REQUIRE(herd_proc_start(&herd, GOLOMAN));
    for (int i = 0; i < KILLS; i++) {
        char text[64];
        pid_t pid = disk_pid(&herd);
        CHECK_LABEL("kill %d", i);
        (void)snprintf(text, sizeof text, "IAMAT kiwi +1+1 %d\n", 100 + i);
        REQUIRE(pid > 0 && kill(pid, SIGKILL) == 0);
        report(&herd, text);
        int64_t until = now_ms() + WAIT_MS;
        while (herd_proc_count(&herd, GOLOMAN, "disk_starts") != i + 2 && now_ms() < until)
            nap();
        CHECK_INT(herd_proc_count(&herd, GOLOMAN, "disk_starts"), i + 2);
        CHECK(links_wait_status(&herd, GOLOMAN, "disk sqlite following 0 -\n", ""));
        CHECK(disk_pid(&herd) != pid);
    }
    CHECK_INT(herd_proc_count(&herd, GOLOMAN, "disk_failures"), KILLS);
    CHECK(links_wait_log(
        &herd, GOLOMAN, "herd-sqlite was ended by signal 9; it is started again in 0.2 s"));
    CHECK_INT(herd_proc_stop(&herd, GOLOMAN, SIGKILL), -SIGKILL);
    REQUIRE(herd_proc_start(&herd, GOLOMAN));
    check_held(&herd, "kiwi", " 103");
    herd_proc_close(&herd);
}

/* The server is there without it, and says why. */
static void a_program_that_fails_is_not_waited_for(void)
{
    struct herd_proc herd;
    REQUIRE(herd_proc_open(&herd, "ucla-2018", "state-dir state\nstate-program /bin/ls\n"));
    REQUIRE(herd_proc_start(&herd, GOLOMAN));
    report(&herd, "IAMAT kiwi +1+1 1\n");
    CHECK(links_wait_log(
        &herd, GOLOMAN, "starts without what state-dir holds: the program failed 3 times"));
    CHECK(herd_proc_count(&herd, GOLOMAN, "disk_failures") >= 3);
    CHECK(links_wait_status(&herd, GOLOMAN, "disk sqlite down 1 ", ""));
    const struct shell_case cases[] = {
        {"herdctl -c herd.conf status", 3,
         "Goloman: disk sqlite down, 1 changes not on the", ""},
        {"herdctl -c herd.conf status Goloman", 0, "\n  disk sqlite down, 1 changes", NULL},
        {"herdctl -c herd.conf status --json Goloman", 0, "\"state\":\t\"down\"", NULL},
    };
    SHELL_CHECK(herd.dir, cases);
    CHECK_INT(herd_proc_stop(&herd, GOLOMAN, SIGTERM), 0);
    herd_proc_close(&herd);
}

static void a_missing_program_is_an_error(void)
{
    struct herd_proc herd;
    REQUIRE(herd_proc_open(&herd, "ucla-2018",
                           "state-dir state\nstate-program no/such/program\n"));
    const struct shell_case cases[] = {
        {"\"$HERD_BIN\" -c herd.conf -t", 1, "state-dir state",
         "state-program: no/such/program cannot be executed"},
        {"\"$HERD_BIN\" -c herd.conf Goloman", 1, NULL,
         "state-program: no/such/program cannot be executed"},
    };
    SHELL_CHECK(herd.dir, cases);
    herd_proc_close(&herd);
}

/* It is stopped, which is no failure that anybody sees: reports wait for it, and the end of
 * the server does not wait for ever. */
static void reports_wait_for_a_stopped_disk(void)
{
    enum { SHORT_MS = 300 };
    char conf[CONF];
    struct herd_proc herd;
    struct client conn;
    struct herd_slice line;
    if (!options(conf, "report-ack disk\n"))
        return;
    REQUIRE(herd_proc_open(&herd, "ucla-2018", conf));
    REQUIRE(herd_proc_start(&herd, GOLOMAN));
    pid_t pid = disk_pid(&herd);
    REQUIRE(pid > 0 && herd_proc_connect(&herd, GOLOMAN, &conn));
    CHECK(client_ask(&conn, "IAMAT kiwi +1+1 1\n", &line) && bytes_have(line, " 1"));
    CHECK(kill(pid, SIGSTOP) == 0);
    CHECK(client_say(&conn, "IAMAT kiwi +1+1 2\nWHATSAT kiwi 1 0\n"));
    CHECK(links_wait_status(&herd, GOLOMAN, "reports_waiting 1\n", ""));
    struct pollfd reply = {.fd = conn.fd, .events = POLLIN};
    CHECK_INT(poll(&reply, 1, SHORT_MS), 0);
    CHECK(kill(pid, SIGCONT) == 0);
    CHECK(client_line(&conn, &line) && bytes_have(line, " kiwi +1+1 2"));
    CHECK(client_line(&conn, &line) && bytes_have(line, " kiwi +1+1 2"));
    CHECK(links_wait_status(&herd, GOLOMAN, "reports_waiting 0\n", ""));
    CHECK(kill(pid, SIGSTOP) == 0);
    CHECK(client_say(&conn, "IAMAT kiwi +1+1 3\n"));
    CHECK(links_wait_status(&herd, GOLOMAN, "reports_waiting 1\n", ""));
    CHECK_INT(herd_proc_stop(&herd, GOLOMAN, SIGTERM), 0);
    check_gone(pid);
    client_close(&conn);
    /* It was answered, so it is there. */
    REQUIRE(herd_proc_start(&herd, GOLOMAN));
    check_held(&herd, "kiwi", " 2");
    herd_proc_close(&herd);
}

/* The program takes longer than herdctl waits for a server that says nothing. */
static void herdctl_waits_for_what_is_loaded(void)
{
    static const char script[] = "#!/bin/sh\nsleep 6\nexec \"$PROGRAM\" \"$@\"\n";
    char conf[CONF], path[HERD_PROC_PATH];
    struct herd_proc herd;
    if (!options(conf, ""))
        return;
    REQUIRE(herd_proc_open(&herd, "ucla-2018", "state-dir state\nstate-program slow\n"));
    (void)snprintf(path, sizeof path, "%s/slow", herd.dir);
    CHECK(file_write(path, herd_slice_str(script)) && chmod(path, 0700) == 0);
    char *program = strchr(strstr(conf, "state-program"), ' ') + 1;
    *strchr(program, '\n') = '\0';
    shell_expect(shell(herd.dir, "herdctl -c herd.conf -t 2 start Goloman"), 4, NULL,
                 "was not ready within 2 s");
    shell_expect(shell(herd.dir,
                       "herdctl -c herd.conf stop Goloman; "
                       "PROGRAM='%s' herdctl -c herd.conf start Goloman && "
                       "herdctl -c herd.conf stop Goloman",
                       program),
                 0, "Goloman is up", NULL);
    herd_proc_close(&herd);
}

/* Who may write there could replace what a server believes. */
static void an_open_folder_is_refused(void)
{
    char conf[CONF], path[HERD_PROC_PATH];
    struct herd_proc herd;
    if (!options(conf, ""))
        return;
    REQUIRE(herd_proc_open(&herd, "ucla-2018", conf));
    (void)snprintf(path, sizeof path, "%s/state", herd.dir);
    CHECK(mkdir(path, 0700) == 0 && chmod(path, 0777) == 0);
    const struct shell_case cases[] = {
        {"\"$HERD_BIN\" -c herd.conf Goloman", 1, NULL, "herd: state-dir: "},
    };
    SHELL_CHECK(herd.dir, cases);
    herd_proc_close(&herd);
}

extern const struct check_test test_state[];
const struct check_test test_state[] = {
    {"records_survive_their_server", records_survive_their_server},
    {"a_killed_disk_is_started_again", a_killed_disk_is_started_again},
    {"a_program_that_fails_is_not_waited_for", a_program_that_fails_is_not_waited_for},
    {"reports_wait_for_a_stopped_disk", reports_wait_for_a_stopped_disk},
    {"herdctl_waits_for_what_is_loaded", herdctl_waits_for_what_is_loaded},
    {"a_missing_program_is_an_error", a_missing_program_is_an_error},
    {"an_open_folder_is_refused", an_open_folder_is_refused},
    {NULL, NULL},
};
