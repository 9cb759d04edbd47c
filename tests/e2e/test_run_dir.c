/* SPDX-License-Identifier: ISC */
/* What happens to run-dir while servers run: its files are removed, replaced, out of reach,
 * or of processes that cannot be seen; and what herdctl makes of that. */
#include "check.h"
#include "files.h"
#include "guard.h"
#include "herd_proc.h"
#include "shell.h"
#include "wait.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { GOLOMAN, HANDS, TEXT = 256 };

/* ---- helpers ---- */

static bool open_one(struct herd_proc *herd)
{
    if (!herd_proc_open(herd, "ucla-2018", ""))
        return false;
    if (herd_proc_start(herd, GOLOMAN))
        return true;
    herd_proc_close(herd);
    return false;
}

static void remove_file(const struct herd_proc *herd, uint32_t i, const char *suffix)
{
    char path[HERD_PROC_PATH];
    herd_proc_path(herd, path, "run", i, suffix);
    CHECK_INT(unlink(path), 0);
}

static bool file_has(const struct herd_proc *herd, const char *folder, uint32_t i,
                     const char *suffix, const char *text)
{
    char path[HERD_PROC_PATH];
    herd_proc_path(herd, path, folder, i, suffix);
    struct herd_slice bytes = file_read(path);
    bool has = bytes.data != NULL && bytes_have(bytes, text);
    file_free(bytes);
    return has;
}

static bool wait_file(const struct herd_proc *herd, const char *folder, uint32_t i,
                      const char *suffix, const char *text)
{
    int64_t until = now_ms() + WAIT_MS;
    while (!file_has(herd, folder, i, suffix, text)) {
        if (now_ms() >= until)
            return false;
        nap();
    }
    return true;
}

/* Whether the server answers at the path of its control socket. */
static bool wait_control(const struct herd_proc *herd, uint32_t i)
{
    int64_t until = now_ms() + WAIT_MS;
    char path[HERD_PROC_PATH];
    herd_proc_path(herd, path, "run", i, ".sock");
    while (access(path, F_OK) != 0 || herd_proc_count(herd, i, "commands") < 0) {
        if (now_ms() >= until)
            return false;
        nap();
    }
    return true;
}

/* ---- made anew ---- */

static void removed_files_are_made_anew(void)
{
    struct herd_proc herd;
    struct client open;
    struct herd_slice text;
    char pid[TEXT], path[HERD_PROC_PATH];
    REQUIRE(open_one(&herd));
    (void)snprintf(pid, sizeof pid, "%ld\n", (long)herd.server[GOLOMAN].pid);
    CHECK(herd_proc_status(&herd, GOLOMAN, &open, &text));
    remove_file(&herd, GOLOMAN, ".pid");
    CHECK(wait_file(&herd, "run", GOLOMAN, ".pid", pid));
    remove_file(&herd, GOLOMAN, ".sock");
    CHECK(wait_control(&herd, GOLOMAN));
    CHECK(client_say(&open, "STATUS\n") && client_reply(&open, &text));
    client_close(&open);
    CHECK(wait_file(&herd, "log", GOLOMAN, ".log", "Goloman.pid was removed or replaced"));
    CHECK(wait_file(&herd, "log", GOLOMAN, ".log", "Goloman.sock was removed or replaced"));
    shell_expect(shell(herd.dir, "herdctl status Goloman"), 0, "Goloman is up, pid ", NULL);
    CHECK_INT(herd_proc_stop(&herd, GOLOMAN, SIGTERM), 0);
    herd_proc_path(&herd, path, "run", GOLOMAN, ".pid");
    CHECK(access(path, F_OK) != 0 && errno == ENOENT);
    herd_proc_path(&herd, path, "run", GOLOMAN, ".sock");
    CHECK(access(path, F_OK) != 0 && errno == ENOENT);
    herd_proc_close(&herd);
}

/* With the folder goes the key that its servers share: one that is started later has to
 * find the same. */
static void a_removed_run_dir_is_made_anew(void)
{
    struct herd_proc herd;
    char path[HERD_PROC_PATH], pid[TEXT];
    REQUIRE(open_one(&herd));
    (void)snprintf(path, sizeof path, "%s/run", herd.dir);
    (void)snprintf(pid, sizeof pid, "%ld\n", (long)herd.server[GOLOMAN].pid);
    dir_remove(path);
    CHECK(wait_file(&herd, "run", GOLOMAN, ".pid", pid));
    CHECK(wait_control(&herd, GOLOMAN));
    struct stat st = {0};
    CHECK_INT(stat(path, &st), 0);
    CHECK_INT(st.st_mode & 0777, 0700);
    CHECK(herd_proc_start(&herd, HANDS));
    CHECK(herd_proc_wait_links(&herd));
    herd_proc_close(&herd);
}

/* The older one sleeps while a newer one of its name takes its files, on other ports; then
 * it keeps its hands off them, even at its end. */
static void a_newer_server_keeps_its_files(void)
{
    struct herd_proc herd;
    struct child newer;
    struct port client, peer;
    char conf[HERD_PROC_PATH], from[TEXT], to[TEXT], line[TEXT], pid[TEXT];
    REQUIRE(open_one(&herd));
    pid_t older = herd.server[GOLOMAN].pid;
    CHECK(port_hold(&client) && port_hold(&peer));
    (void)snprintf(from, sizeof from, "Goloman client 127.0.0.1:%u peer 127.0.0.1:%u",
                   (unsigned)herd.client[GOLOMAN].number,
                   (unsigned)herd.peer[GOLOMAN].number);
    (void)snprintf(to, sizeof to, "Goloman client 127.0.0.1:%u peer 127.0.0.1:%u",
                   (unsigned)client.number, (unsigned)peer.number);
    CHECK(herd_proc_edit(&herd, GOLOMAN, from, to));
    herd_proc_path(&herd, conf, "", GOLOMAN, ".conf");
    CHECK_INT(kill(older, SIGSTOP), 0);
    remove_file(&herd, GOLOMAN, ".pid");
    remove_file(&herd, GOLOMAN, ".sock");
    port_lend(&client);
    port_lend(&peer);
    const char *argv[] = {"herd", "-c", conf, "Goloman", NULL};
    CHECK(child_start(&newer, "HERD_TEST_BIN", argv, -1, NULL));
    CHECK(child_line(&newer, line, sizeof line));
    (void)snprintf(pid, sizeof pid, "%ld\n", (long)newer.pid);
    CHECK_INT(kill(older, SIGCONT), 0);
    CHECK(wait_file(&herd, "log", GOLOMAN, ".log",
                    "another server of this name has been started: "));
    CHECK(file_has(&herd, "run", GOLOMAN, ".pid", pid));
    CHECK_INT(herd_proc_stop(&herd, GOLOMAN, SIGTERM), 0);
    CHECK(file_has(&herd, "run", GOLOMAN, ".pid", pid));
    CHECK(herd_proc_count(&herd, GOLOMAN, "commands") >= 0);
    CHECK_INT(child_end(&newer, SIGTERM), 0);
    port_free(&client);
    port_free(&peer);
    herd_proc_close(&herd);
}

/* ---- herdctl ---- */

/* The server makes them anew, so stop needs no more than patience. */
static void stop_finds_a_server_without_files(void)
{
    struct herd_proc herd;
    REQUIRE(open_one(&herd));
    remove_file(&herd, GOLOMAN, ".pid");
    remove_file(&herd, GOLOMAN, ".sock");
    shell_expect(shell(herd.dir, "herdctl stop"), 0, "Goloman has stopped (pid ", NULL);
    CHECK_INT(herd_proc_stop(&herd, GOLOMAN, 0), 0);
    herd_proc_close(&herd);
}

/* It cannot be helped: the server hangs. Neither command says that it is down. */
static void a_server_that_leaves_no_trace_is_unknown(void)
{
    static const struct shell_case cases[] = {
        {"herdctl status Goloman", 1, "Goloman is unknown, clients ",
         "something accepts connections at 127.0.0.1:"},
        {"herdctl status --json Goloman", 1, "\"unknown\"", NULL},
        {"herdctl -t 0.2 stop Goloman", 1, NULL, "Goloman may be running and was not "},
        {"herdctl -t 0.2 stop", 1, "Hands is not running\n", "Goloman may be running"},
        {"herdctl status", 3, "\nGoloman  unknown ", "herdctl: Goloman: its pid file and "},
    };
    struct herd_proc herd;
    REQUIRE(open_one(&herd));
    CHECK_INT(kill(herd.server[GOLOMAN].pid, SIGSTOP), 0);
    remove_file(&herd, GOLOMAN, ".pid");
    remove_file(&herd, GOLOMAN, ".sock");
    SHELL_CHECK(herd.dir, cases);
    CHECK_INT(kill(herd.server[GOLOMAN].pid, SIGCONT), 0);
    herd_proc_close(&herd);
}

/* Root may look everywhere, but does not follow a link either. */
static void a_pid_file_out_of_reach_is_unknown(void)
{
    static const struct shell_case linked[] = {
        {"mkdir -m 700 run && ln -s /dev/null run/Goloman.pid", 0, NULL, NULL},
        {"herdctl status Goloman", 1, "Goloman is unknown", "cannot look at its pid file"},
        {"herdctl stop Goloman", 1, NULL, "Goloman may be running: cannot look at its pid"},
        {"herdctl stop", 1, "Hands is not running\n", "Goloman may be running"},
    };
    static const struct shell_case hidden[] = {
        {"chmod 0 run", 0, NULL, NULL},
        {"herdctl status Hands", 1, "Hands is unknown",
         "Permission denied; run herdctl as the user that started the server\n"},
        {"herdctl stop", 1, NULL, "Hands may be running"},
        {"chmod 700 run", 0, NULL, NULL},
    };
    struct herd_proc herd;
    REQUIRE(herd_proc_open(&herd, "ucla-2018", ""));
    SHELL_CHECK(herd.dir, linked);
    if (geteuid() != 0)
        SHELL_CHECK(herd.dir, hidden);
    herd_proc_close(&herd);
}

/* Here it is herdctl who is in another one, where the server's process has no number. */
static void a_process_of_another_pid_namespace(void)
{
    static const struct shell_case cases[] = {
        {"unshare -pf herdctl status Goloman", 0, "Goloman is up, clients ", NULL},
        {"unshare -pf herdctl stop Goloman", 1, NULL,
         "Goloman is running and was not stopped: its process is not visible from here"},
        {"unshare -pf herdctl stop", 1, "Hands is not running\n",
         "in another pid namespace"},
        {"unshare -pf herdctl start Goloman", 0, "Goloman is running already: its process",
         NULL},
        {"unshare -pf \"$HERD_BIN\" Goloman", 1, NULL,
         "already running, in another pid namespace or on another machine"},
        {"herdctl status Goloman", 0, "Goloman is up, pid ", NULL},
    };
    struct herd_proc herd;
    REQUIRE(open_one(&herd));
    struct outcome can = shell(herd.dir, "unshare -pf true");
    if (can.status == 0)
        SHELL_CHECK(herd.dir, cases);
    else
        fprintf(stderr, "\n    skipped: no pid namespaces here (unshare -pf)\n");
    outcome_free(&can);
    herd_proc_close(&herd);
}

/* 192.0.2.1 is nobody's address (RFC 5737). */
static void servers_of_other_machines_are_elsewhere(void)
{
    static const struct shell_case cases[] = {
        {"herdctl start", 0,
         "Far is elsewhere: this machine does not have its address 192.0.2.1\n", NULL},
        {"herdctl status", 0, "\nFar   elsewhere ", NULL},
        {"herdctl status | sed 1d", 0, "Near  up ", NULL},
        {"herdctl status --json", 0, "\"elsewhere\"", NULL},
        {"herdctl status Far", 3, "Far is elsewhere", "does not have its address"},
        {"herdctl start Far", 1, NULL, "Far did not start"},
        {"herdctl stop Far", 3, NULL, "Far is not running on this machine: "},
        {"herdctl stop", 0, "Near has stopped", NULL},
        {"herdctl status", 3, "Near  down ", NULL},
        {"herdctl stop", 0, "Far is elsewhere", NULL},
        {"sed -i.bak 1d herd.conf; herdctl start", 1, "Far is elsewhere",
         "no server of herd.conf has its addresses on this machine"},
        {"herdctl status", 0, "Far   elsewhere ", NULL},
    };
    char dir[CHILD_DIR];
    struct port client, peer;
    REQUIRE(child_dir_make(dir));
    CHECK(port_hold(&client) && port_hold(&peer));
    port_lend(&client);
    port_lend(&peer);
    shell_expect(shell(dir,
                       "printf 'server Near client 127.0.0.1:%u peer 127.0.0.1:%u\\nserver "
                       "Far client 192.0.2.1:1 peer 192.0.2.1:2\\nrun-dir run\\nlog-dir "
                       "log\\n' >herd.conf",
                       (unsigned)client.number, (unsigned)peer.number),
                 0, NULL, NULL);
    SHELL_CHECK(dir, cases);
    shell_expect(
        shell(dir, "if test -e run/Near.pid; then kill -9 $(cat run/Near.pid); fi"), 0,
        NULL, NULL);
    port_free(&client);
    port_free(&peer);
    child_dir_remove(dir);
}

/* The configuration has changed since it was started. */
static void a_server_that_left_the_configuration_can_be_stopped(void)
{
    static const struct shell_case cases[] = {
        {"herdctl status", 3, "Goloman: runs (pid ", NULL},
        {"herdctl status | tail -n 1", 0, "`herdctl stop Goloman` stops it\n", NULL},
        {"herdctl stop ../run/Goloman", 2, NULL, "no server \"../run/Goloman\""},
        {"herdctl stop nobody Goloman", 2, NULL, "no server \"nobody\""},
        {"herdctl stop Hands Goloman", 3, "Goloman has stopped (pid ",
         "Hands is not running\n"},
        {"herdctl stop Goloman", 2, NULL, "no server \"Goloman\""},
    };
    struct herd_proc herd;
    REQUIRE(open_one(&herd));
    shell_expect(shell(herd.dir, "sed '/Goloman/d' herd.conf >new && mv new herd.conf"), 0,
                 NULL, NULL);
    SHELL_CHECK(herd.dir, cases);
    CHECK_INT(herd_proc_stop(&herd, GOLOMAN, 0), 0);
    herd_proc_close(&herd);
}

extern const struct check_test test_run_dir[];
const struct check_test test_run_dir[] = {
    {"removed_files_are_made_anew", removed_files_are_made_anew},
    {"a_removed_run_dir_is_made_anew", a_removed_run_dir_is_made_anew},
    {"a_newer_server_keeps_its_files", a_newer_server_keeps_its_files},
    {"stop_finds_a_server_without_files", stop_finds_a_server_without_files},
    {"a_server_that_leaves_no_trace_is_unknown", a_server_that_leaves_no_trace_is_unknown},
    {"a_pid_file_out_of_reach_is_unknown", a_pid_file_out_of_reach_is_unknown},
    {"a_process_of_another_pid_namespace", a_process_of_another_pid_namespace},
    {"servers_of_other_machines_are_elsewhere", servers_of_other_machines_are_elsewhere},
    {"a_server_that_left_the_configuration_can_be_stopped",
     a_server_that_left_the_configuration_can_be_stopped},
    {NULL, NULL},
};
