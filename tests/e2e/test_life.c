/* SPDX-License-Identifier: ISC */
/* From start to end: signals, second starts, shutdown and restart. */
#include "check.h"
#include "files.h"
#include "full_port.h"
#include "links.h"
#include "load.h"
#include "places_proc.h"
#include "wait.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

/* A shutdown takes three seconds at most; the rest is for a busy machine. */
enum { SHUTDOWN_MS = 3000, SLACK_MS = 2000, TEXT = 512 };

/* Ends server i in peace; how long that took. */
static int64_t stop_ms(struct herd_proc *herd, uint32_t i, int signal)
{
    int64_t start = now_ms();
    CHECK_INT(herd_proc_stop(herd, i, signal), 0);
    return now_ms() - start;
}

static bool file_has(const char *path, const char *text)
{
    struct herd_slice bytes = file_read(path);
    bool has = bytes.data != NULL && bytes_have(bytes, text);
    file_free(bytes);
    return has;
}

static bool wait_file(const char *path, const char *text)
{
    int64_t until = now_ms() + WAIT_MS;
    while (!file_has(path, text)) {
        if (now_ms() >= until)
            return false;
        nap();
    }
    return true;
}

/* One server and a client of it. */
static bool open_one(struct herd_proc *herd, struct client *client, const char *more)
{
    if (!herd_proc_open(herd, "ucla-2018", more))
        return false;
    if (herd_proc_start(herd, 0) && herd_proc_connect(herd, 0, client))
        return true;
    herd_proc_close(herd);
    return false;
}

/* ---- signals ---- */

static void check_left(const struct herd_proc *herd, uint32_t i)
{
    char path[HERD_PROC_PATH];
    struct client client;
    herd_proc_path(herd, path, "log", i, ".log");
    CHECK(file_has(path, " herd - - stopping\n"));
    CHECK(file_has(path, " herd - - stopped\n"));
    herd_proc_path(herd, path, "run", i, ".pid");
    CHECK(access(path, F_OK) != 0 && errno == ENOENT);
    herd_proc_path(herd, path, "run", i, ".sock");
    CHECK(access(path, F_OK) != 0 && errno == ENOENT);
    CHECK(!herd_proc_connect(herd, i, &client));
}

/* With neighbours that are there, and at last with none; nothing is left behind. */
static void term_and_int(void)
{
    struct herd_proc herd;
    int64_t longest = 0;
    REQUIRE(herd_proc_run(&herd, "ucla-2018", ""));
    for (uint32_t i = 0; i < herd.conf.server_count; i++) {
        CHECK_LABEL("%s", herd.conf.servers[i].name);
        int64_t ms = stop_ms(&herd, i, i % 2 == 0 ? SIGTERM : SIGINT);
        longest = ms > longest ? ms : longest;
        check_left(&herd, i);
    }
    CHECK(longest < SHUTDOWN_MS);
    note("TERM and INT: gone after %d ms at most", (int)longest);
    herd_proc_close(&herd);
}

static void usr1_reopens_the_log(void)
{
    struct herd_proc herd;
    struct client client;
    struct herd_slice line;
    char path[HERD_PROC_PATH], old[HERD_PROC_PATH];
    REQUIRE(open_one(&herd, &client, ""));
    herd_proc_path(&herd, path, "log", 0, ".log");
    herd_proc_path(&herd, old, "log", 0, ".log.0");
    CHECK(client_ask(&client, "first\n", &line));
    CHECK(wait_file(path, "? first\n"));
    CHECK_INT(rename(path, old), 0);
    CHECK(client_ask(&client, "second\n", &line));
    CHECK(wait_file(old, "? second\n"));
    CHECK(access(path, F_OK) != 0);
    CHECK_INT(kill(herd.server[0].pid, SIGUSR1), 0);
    CHECK(wait_file(path, " herd - - log reopened\n"));
    CHECK(client_ask(&client, "third\n", &line));
    CHECK(wait_file(path, "? third\n"));
    CHECK(!file_has(path, "first") && !file_has(path, "second"));
    CHECK(file_has(old, "? first\n") && !file_has(old, "third"));
    client_close(&client);
    herd_proc_close(&herd);
}

/* Not even when the configuration has changed: same connections, same links, same rules. */
static void hup_changes_nothing(void)
{
    struct herd_proc herd;
    struct client client;
    struct herd_slice line;
    char path[HERD_PROC_PATH];
    REQUIRE(herd_proc_run(&herd, "ucla-2018", ""));
    REQUIRE(herd_proc_connect(&herd, 0, &client));
    CHECK(client_ask(&client, "before\n", &line));
    int64_t accepted = herd_proc_count(&herd, 0, "clients_accepted");
    CHECK(file_write(herd.conf_path, HERD_LIT("server Goloman client 127.0.0.1:1 "
                                              "peer 127.0.0.1:2\nclient-one-shot yes\n")));
    CHECK_INT(kill(herd.server[0].pid, SIGHUP), 0);
    herd_proc_path(&herd, path, "log", 0, ".log");
    CHECK(wait_file(path, " herd - - SIGHUP has no effect: "));
    CHECK(client_ask(&client, "one\n", &line));
    CHECK_SLICE(line, HERD_LIT("? one"));
    CHECK(client_ask(&client, "two\n", &line));
    CHECK_SLICE(line, HERD_LIT("? two"));
    CHECK(wait_file(path, "? two\n"));
    CHECK_INT(herd_proc_count(&herd, 0, "clients_accepted"), accepted);
    CHECK(herd_proc_wait_links(&herd));
    struct herd_slice log = file_read(path);
    const char *hup =
        log.data != NULL ? bytes_find(log, HERD_LIT(" SIGHUP has no effect: ")) : NULL;
    CHECK(hup != NULL && strstr(hup, " is down") == NULL && strstr(hup, "two") != NULL);
    file_free(log);
    client_close(&client);
    herd_proc_close(&herd);
}

/* ---- starting ---- */

static void second_start_is_refused(void)
{
    struct herd_proc herd;
    struct client client;
    struct herd_slice line;
    char want[TEXT], path[HERD_PROC_PATH];
    REQUIRE(open_one(&herd, &client, ""));
    const char *argv[] = {"herd", "-c", herd.conf_path, "Goloman", NULL};
    for (int round = 0; round < 2; round++) {
        struct outcome outcome = child_run("HERD_TEST_BIN", argv);
        CHECK_LABEL("round %d", round);
        CHECK_INT(outcome.status, 1);
        CHECK_INT((int64_t)outcome.out.len, 0);
        snprintf(want, sizeof want, "Goloman.pid: already running as process %ld\n",
                 (long)herd.server[0].pid);
        CHECK(outcome.err.data != NULL && bytes_have(outcome.err, want));
        outcome_free(&outcome);
    }
    herd_proc_path(&herd, path, "run", 0, ".pid");
    snprintf(want, sizeof want, "%ld\n", (long)herd.server[0].pid);
    CHECK(file_has(path, want));
    CHECK(client_ask(&client, "IAMAT x +1+1 5\n", &line));
    CHECK(line.len > 3 && memcmp(line.data, "AT ", 3) == 0);
    CHECK_INT(herd_proc_count(&herd, 0, "clients_accepted"), 1);
    client_close(&client);
    herd_proc_close(&herd);
}

/* One after the other, so that at last no process is left that heard of anything but
 * from its neighbours. */
static void everything_comes_back(void)
{
    struct herd_proc herd;
    static struct load load;
    struct records want;
    bool ok = true;
    int64_t longest = 0;
    REQUIRE(herd_proc_run(&herd, "ucla-2018", ""));
    CHECK(load_open(&load, &herd));
    uint32_t count = herd.conf.server_count, all = (UINT32_C(1) << count) - 1;
    for (unsigned i = 0; ok && i < REPORTS_CLIENTS; i++)
        ok = load_send(&load, i % count, i, 1 + (int64_t)i);
    CHECK(ok && load_collect_all(&load));
    load_best(&load, all, &want);
    CHECK(records_settle(load.conn, all, &want, NULL));
    for (uint32_t i = 0; i < count; i++) {
        CHECK_LABEL("%s", herd.conf.servers[i].name);
        load_disconnect(&load, i);
        stop_ms(&herd, i, i % 2 == 0 ? SIGTERM : SIGINT);
        int64_t start = now_ms();
        CHECK(herd_proc_start(&herd, i) && load_reconnect(&load));
        CHECK(records_settle(load.conn, all, &want, NULL));
        longest = now_ms() - start > longest ? now_ms() - start : longest;
        CHECK_INT(herd_proc_count(&herd, i, "reports"), 0);
        CHECK_INT(herd_proc_count(&herd, i, "records_stored"), REPORTS_CLIENTS);
    }
    note("a restarted server has all %d records after %d ms at most", REPORTS_CLIENTS,
         (int)longest);
    load_close(&load);
    herd_proc_close(&herd);
}

/* ---- shutdown ---- */

/* Starts a query at a location of the fixtures and waits until it is running. */
static bool query_starts(struct herd_proc *herd, struct client *client,
                         const char *location)
{
    char line[TEXT];
    struct herd_slice got;
    snprintf(line, sizeof line, "IAMAT x %s 5\n", location);
    return client_ask(client, line, &got) && client_say(client, "WHATSAT x 5 5\nlast\n") &&
           links_wait_exactly(herd, 0, "requests_running", 1);
}

/* The reply comes while the server shuts down, and so does the reply to the next command.
 */
static void pending_query_is_answered(void)
{
    struct herd_proc herd;
    struct places_proc places;
    struct client client;
    struct herd_slice got;
    REQUIRE(places_proc_start(&places));
    if (CHECK(open_one(&herd, &client, places.conf_line))) {
        struct herd_slice want = places_expected("fault-delay", 5);
        CHECK(query_starts(&herd, &client, "+1+1"));
        CHECK_INT(kill(herd.server[0].pid, SIGTERM), 0);
        CHECK(client_rest(&client, &got));
        CHECK(got.len > 3 && memcmp(got.data, "AT ", 3) == 0);
        CHECK(want.len > 0 && bytes_find(got, want) != NULL);
        CHECK(bytes_have(got, "\n\n? last\n"));
        client_close(&client);
        CHECK_INT(herd_proc_stop(&herd, 0, 0), 0);
        file_free(want);
        herd_proc_close(&herd);
    }
    places_proc_stop(&places);
}

/* The Places server never answers: the shutdown ends without it. */
static void stalled_query_is_dropped(void)
{
    struct herd_proc herd;
    struct places_proc places;
    struct client client;
    REQUIRE(places_proc_start(&places));
    if (CHECK(open_one(&herd, &client, places.conf_line))) {
        CHECK(query_starts(&herd, &client, "+1+10"));
        int64_t ms = stop_ms(&herd, 0, SIGTERM);
        CHECK(ms < SHUTDOWN_MS + SLACK_MS);
        CHECK(client_is_closed(&client));
        note("TERM with a stalled query: gone after %d ms", (int)ms);
        client_close(&client);
        herd_proc_close(&herd);
    }
    places_proc_stop(&places);
}

/* One says nothing, one has begun a line, one does not read its replies; none hangs up. */
static void clients_do_not_hold(void)
{
    enum { LINE = 1000, UNREAD = 16000000 };
    struct herd_proc herd;
    struct client idle, half, not_reading;
    static char commands[UNREAD];
    REQUIRE(open_one(&herd, &idle, "log-traffic no\n"));
    CHECK(herd_proc_connect(&herd, 0, &half) && client_say(&half, "IAMAT half"));
    CHECK(herd_proc_connect(&herd, 0, &not_reading));
    memset(commands, 'x', sizeof commands);
    for (size_t i = LINE - 1; i < sizeof commands; i += LINE)
        commands[i] = '\n';
    size_t taken = client_push(&not_reading, herd_slice(commands, sizeof commands), 50);
    CHECK(taken > 0 && taken < sizeof commands);
    CHECK(links_wait_exactly(&herd, 0, "clients_accepted", 3));
    int64_t ms = stop_ms(&herd, 0, SIGTERM);
    CHECK(ms < SHUTDOWN_MS + SLACK_MS);
    CHECK(client_is_closed(&idle) && client_is_closed(&half) &&
          client_is_closed(&not_reading));
    note("TERM with clients that stay: gone after %d ms, %d bytes taken", (int)ms,
         (int)taken);
    client_close(&idle);
    client_close(&half);
    client_close(&not_reading);
    herd_proc_close(&herd);
}

/* A neighbour that is dialled and does not answer is not waited for. */
static void a_dial_does_not_hold(void)
{
    enum { HANDS = 1, NEIGHBOURS = 3 };
    struct herd_proc herd;
    struct full_port full;
    REQUIRE(herd_proc_open(&herd, "ucla-2018", "link-connect-timeout-ms 60000\n"));
    port_lend(&herd.peer[HANDS]);
    if (!full_port_open(&full, herd.peer[HANDS].number)) {
        fprintf(stderr, "\n    skipped: a full port answers all the same\n");
        herd_proc_close(&herd);
        return;
    }
    if (CHECK(herd_proc_start(&herd, 0))) {
        int64_t until = now_ms() + WAIT_MS;
        while (herd_proc_count(&herd, 0, "dials") < NEIGHBOURS && now_ms() < until)
            nap();
        CHECK(herd_proc_count(&herd, 0, "dials") >= NEIGHBOURS);
        int64_t ms = stop_ms(&herd, 0, SIGTERM);
        CHECK(ms < SHUTDOWN_MS / 2);
        note("TERM while a dial hangs: gone after %d ms", (int)ms);
    }
    full_port_close(&full);
    herd_proc_close(&herd);
}

/* A second signal ends the shutdown at once. */
static void second_term_ends_at_once(void)
{
    struct herd_proc herd;
    struct client client;
    char path[HERD_PROC_PATH];
    REQUIRE(open_one(&herd, &client, ""));
    herd_proc_path(&herd, path, "log", 0, ".log");
    CHECK_INT(kill(herd.server[0].pid, SIGTERM), 0);
    CHECK(wait_file(path, " herd - - stopping\n"));
    CHECK(stop_ms(&herd, 0, SIGTERM) < SHUTDOWN_MS / 2);
    client_close(&client);
    herd_proc_close(&herd);
}

extern const struct check_test test_life[];
const struct check_test test_life[] = {
    {"term_and_int", term_and_int},
    {"usr1_reopens_the_log", usr1_reopens_the_log},
    {"hup_changes_nothing", hup_changes_nothing},
    {"second_start_is_refused", second_start_is_refused},
    {"everything_comes_back", everything_comes_back},
    {"pending_query_is_answered", pending_query_is_answered},
    {"stalled_query_is_dropped", stalled_query_is_dropped},
    {"clients_do_not_hold", clients_do_not_hold},
    {"a_dial_does_not_hold", a_dial_does_not_hold},
    {"second_term_ends_at_once", second_term_ends_at_once},
    {NULL, NULL},
};
