/* SPDX-License-Identifier: ISC */
/* herdbench against real servers. Nothing here depends on how fast anything is: what is
 * checked are the lines that arrive, the verdicts, the shape of reports and exit codes. */
#include "check.h"
#include "fake_server.h"
#include "files.h"
#include "places_proc.h"
#include "shell.h"
#include "wait.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>

enum { GOLOMAN, CLIENTS = 40 };

/* What every run here has in common: no warm-up, few clients, a limit in case of a hang. */
#define BENCH "herdbench -w 0 -k 40 -t 15 "

static void usage(void)
{
    static const struct shell_case cases[] = {
        {"herdbench --help", 0, "Exit codes:", NULL},
        {"herdbench -V", 0, "herdbench ", NULL},
        {"herdbench --nothing", 2, NULL, "usage: herdbench"},
        {"herdbench", 2, NULL, "no configuration"},
        {"herdbench -s 192.0.2.1:11490", 2, NULL, "not on loopback"},
        {"herdbench -s 192.0.2.1:11490 --remote 192.0.2.10", 2, NULL, "not on loopback"},
        {"herdbench -s 192.0.2.1", 2, NULL, "no configuration"},
        {"herdbench -s 127.0.0.1:0", 2, NULL, "neither NAME, HOST:PORT"},
    };
    char dir[CHILD_DIR];
    REQUIRE(child_dir_make(dir));
    SHELL_CHECK(dir, cases);
    child_dir_remove(dir);
}

/* Every line that was counted has arrived, each kind as what it is. */
static void every_counted_line_arrives(void)
{
    struct herd_proc herd;
    REQUIRE(herd_proc_open(&herd, "ucla-2018", ""));
    CHECK(herd_proc_start(&herd, GOLOMAN));
    shell_expect(shell(herd.dir, BENCH "-s Goloman -N 500 -n 3 -p 7 --plot curve "
                                       "--mix known=4,new=2,stale=2,invalid=2"),
                 0, "errors     none", NULL);
    CHECK_INT(herd_proc_count(&herd, GOLOMAN, "commands"), CLIENTS + 500);
    CHECK_INT(herd_proc_count(&herd, GOLOMAN, "reports") +
                  herd_proc_count(&herd, GOLOMAN, "invalid"),
              CLIENTS + 500);
    CHECK(herd_proc_count(&herd, GOLOMAN, "invalid") > 0);
    CHECK(herd_proc_count(&herd, GOLOMAN, "clients_known") > CLIENTS);
    CHECK(herd_proc_count(&herd, GOLOMAN, "reports_stale") > 0);
    int64_t before = herd_proc_count(&herd, GOLOMAN, "commands");
    shell_expect(shell(herd.dir,
                       BENCH "-s 127.0.0.1:%u -r 20000 -N 200 -n 3 --idle 5 "
                             "--plot histogram",
                       herd.client[GOLOMAN].number),
                 0, "own lag", NULL);
    CHECK_INT(herd_proc_count(&herd, GOLOMAN, "commands") - before, CLIENTS + 200);
    before = herd_proc_count(&herd, GOLOMAN, "commands");
    shell_expect(shell(herd.dir, BENCH "-s Goloman -N 10 -n 3 --no-fill"), 0,
                 "errors     none", NULL);
    CHECK_INT(herd_proc_count(&herd, GOLOMAN, "commands") - before, 10);
    shell_expect(shell(herd.dir, "herdctl -s Goloman bench -w 0 -d 0.05"), 0,
                 "Goloman:", NULL);
    shell_expect(shell(herd.dir, "herdctl --json bench -s Goloman -w 0 -d 0.05"), 0,
                 "\"lines_a_second\"", NULL);
    shell_expect(shell(herd.dir, BENCH "-N 10"), 3, NULL, "Hands is not running");
    herd_proc_close(&herd);
}

static int64_t number(const cJSON *object, const char *name)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, name);
    return cJSON_IsNumber(item) ? (int64_t)item->valuedouble : -1;
}

static cJSON *run_json(const struct herd_proc *herd, const char *line)
{
    struct outcome got = shell(herd->dir, "%s", line);
    CHECK_INT(got.status, 0);
    cJSON *json = cJSON_ParseWithLength(got.out.data, got.out.len);
    CHECK(json != NULL);
    outcome_free(&got);
    return json;
}

/* Each cold or fresh connection sends one line that arrives and is counted apart; only the
 * fresh ones connect late. */
static void cold_and_fresh_lines_are_counted_apart(void)
{
    struct herd_proc herd;
    REQUIRE(herd_proc_open(&herd, "ucla-2018", ""));
    CHECK(herd_proc_start(&herd, GOLOMAN));
    cJSON *json = run_json(&herd, BENCH "-s Goloman --json -n 2 -d 0.2 --idle 3 --cold 30 "
                                        "--fresh 20");
    const cJSON *cold = cJSON_GetObjectItemCaseSensitive(json, "cold_us");
    const cJSON *fresh = cJSON_GetObjectItemCaseSensitive(json, "fresh_us");
    const cJSON *busy = cJSON_GetObjectItemCaseSensitive(json, "latency_us");
    CHECK_INT(number(cold, "count"), 30);
    CHECK_INT(number(fresh, "count"), 20);
    CHECK(number(cold, "p50") > 0 && number(cold, "p99") <= number(cold, "max"));
    /* Each of the two may have said one more when the time was over. */
    int64_t more = herd_proc_count(&herd, GOLOMAN, "commands") - number(busy, "count");
    CHECK(more >= CLIENTS + 30 + 20 && more <= CLIENTS + 30 + 20 + 2);
    CHECK_INT(herd_proc_count(&herd, GOLOMAN, "clients_accepted"), 2 + 3 + 30 + 20);
    cJSON_Delete(json);
    shell_expect(shell(herd.dir, BENCH "-s Goloman -n 1 -d 0.1 -r 50 --cold 5 --fresh 5 "
                                       "--mix new=1"),
                 0, "fresh ", NULL);
    herd_proc_close(&herd);
}

/* A server that closes idle connections has lost those that were to send a line later. */
static void closed_quiet_connections_are_errors(void)
{
    struct herd_proc herd;
    REQUIRE(herd_proc_open(&herd, "ucla-2018", "client-idle-ms 100\n"));
    CHECK(herd_proc_start(&herd, GOLOMAN));
    shell_expect(shell(herd.dir, BENCH "-s Goloman -n 2 -d 0.8 --cold 20"), 1, "ERRORS",
                 "connection lost");
    shell_expect(shell(herd.dir, BENCH "-s Goloman -n 2 -d 0.6 --fresh 5"), 1, "ERRORS",
                 "were closed or received data");
    herd_proc_close(&herd);
}

/* All five get their share; updates are seen to cross one, two and three links. */
static void all_servers_are_loaded(void)
{
    struct herd_proc herd;
    REQUIRE(herd_proc_run(&herd, "ucla-2018", ""));
    cJSON *json = run_json(&herd, BENCH "--json -N 300 -n 10 -p 4");
    const cJSON *latency = cJSON_GetObjectItemCaseSensitive(json, "latency_us");
    CHECK_INT(number(json, "lines"), 300);
    CHECK_INT(number(latency, "count"), 300);
    CHECK(number(latency, "p50") <= number(latency, "max"));
    CHECK_INT(cJSON_GetArraySize(cJSON_GetObjectItemCaseSensitive(json, "servers")), 5);
    cJSON_Delete(json);
    for (uint32_t i = 0; i < 5; i++)
        CHECK(herd_proc_count(&herd, i, "commands") >= CLIENTS / 5);
    json = run_json(&herd, "herdbench --json --samples 2 spread");
    const cJSON *hops = cJSON_GetObjectItemCaseSensitive(json, "hops");
    CHECK_INT(cJSON_GetArraySize(hops), 3);
    CHECK_INT(number(cJSON_GetArrayItem(hops, 0), "samples"), 2 * 12);
    CHECK_INT(number(cJSON_GetArrayItem(hops, 1), "samples"), 2 * 6);
    CHECK_INT(number(cJSON_GetArrayItem(hops, 2), "samples"), 2 * 2);
    CHECK_INT(cJSON_GetArraySize(cJSON_GetObjectItemCaseSensitive(json, "pairs")), 20);
    cJSON_Delete(json);
    shell_expect(shell(herd.dir, "herdbench --samples 1 spread"), 0, "p50 by pair", NULL);
    herd_proc_close(&herd);
}

/* WHATSAT is sent to servers that query Places only with --places-ok. */
static void places(void)
{
    struct places_proc places;
    struct herd_proc herd;
    REQUIRE(places_proc_start(&places));
    if (CHECK(herd_proc_open(&herd, "ucla-2018", places.conf_line))) {
        herd.key = "k";
        CHECK(herd_proc_start(&herd, GOLOMAN));
        shell_expect(shell(herd.dir, BENCH "-s Goloman -N 20 --mix whatsat=1"), 2, NULL,
                     "--places-ok");
        int64_t before = herd_proc_count(&herd, GOLOMAN, "queries");
        shell_expect(shell(herd.dir, BENCH "-s Goloman -N 20 -n 2 -p 3 --places-ok "
                                           "--mix whatsat=1"),
                     0, "errors     none", NULL);
        CHECK_INT(herd_proc_count(&herd, GOLOMAN, "queries") - before, 20);
        herd_proc_close(&herd);
    }
    places_proc_stop(&places);
}

/* Servers that send something else, close, or send nothing. */
static void bad_servers(void)
{
    struct herd_proc herd;
    struct fake_server fake = {0};
    REQUIRE(herd_proc_open(&herd, "ucla-2018", ""));
    CHECK(fake_clients(&fake, &herd, GOLOMAN, "HELLO\n"));
    shell_expect(shell(herd.dir, BENCH "-s Goloman -n 1"), 1, "ERRORS",
                 "replied \"HELLO\"");
    fake_stop(&fake);
    herd_proc_close(&herd);
    REQUIRE(herd_proc_open(&herd, "ucla-2018", ""));
    CHECK(fake_clients(&fake, &herd, GOLOMAN, NULL));
    shell_expect(shell(herd.dir, "herdbench -s Goloman -n 1 -t 0.2"), 4, "",
                 "no reply for");
    fake_stop(&fake);
    herd_proc_close(&herd);
}

/* After SIGINT the results so far are printed. */
static void interrupt(void)
{
    struct herd_proc herd;
    struct child bench;
    char line[256] = "";
    REQUIRE(herd_proc_open(&herd, "ucla-2018", ""));
    CHECK(herd_proc_start(&herd, GOLOMAN));
    const char *argv[] = {"herdbench", "-c", herd.conf_path, "-s",  "Goloman", "-w", "0",
                          "-k",        "1",  "-d",           "600", NULL};
    if (CHECK(child_start(&bench, "HERD_TEST_TOOLS", argv, -1, NULL))) {
        int64_t until = now_ms() + WAIT_MS;
        while (herd_proc_count(&herd, GOLOMAN, "commands") < 1000 && now_ms() < until)
            nap();
        kill(bench.pid, SIGINT);
        for (int i = 0; i < 3; i++)
            CHECK(child_line(&bench, line, sizeof line));
        CHECK(strstr(line, " lines/s") != NULL);
        CHECK_INT(child_end(&bench, 0), 130);
    }
    herd_proc_close(&herd);
}

/* The floor echoes, and ends when it is told to. */
static void the_floor(void)
{
    struct child echo;
    char line[128], dir[CHILD_DIR];
    unsigned port = 0;
    long pid = 0;
    const char *argv[] = {"herdbench", "floor", NULL};
    REQUIRE(child_dir_make(dir));
    if (CHECK(child_start(&echo, "HERD_TEST_TOOLS", argv, -1, NULL))) {
        CHECK(child_line(&echo, line, sizeof line));
        CHECK_INT(sscanf(line, "ready 127.0.0.1:%u %ld", &port, &pid), 2);
        CHECK_INT(pid, echo.pid);
        shell_expect(shell(dir,
                           BENCH "-s 127.0.0.1:%u --speak echo -N 3000 -n 5 -p 600 "
                                 "--pid %ld",
                           port, pid),
                     0, "errors     none", NULL);
        shell_expect(shell(dir, BENCH "-s 127.0.0.1:%u -N 10", port), 1, "ERRORS",
                     "replied \"IAMAT");
        CHECK_INT(child_end(&echo, SIGTERM), 0);
    }
    child_dir_remove(dir);
}

const struct check_test test_bench[] = {
    {"usage", usage},
    {"every_counted_line_arrives", every_counted_line_arrives},
    {"cold_and_fresh_lines_are_counted_apart", cold_and_fresh_lines_are_counted_apart},
    {"closed_quiet_connections_are_errors", closed_quiet_connections_are_errors},
    {"all_servers_are_loaded", all_servers_are_loaded},
    {"places", places},
    {"bad servers", bad_servers},
    {"interrupt", interrupt},
    {"floor", the_floor},
    {NULL, NULL},
};
