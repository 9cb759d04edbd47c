/* SPDX-License-Identifier: ISC */
/* A report to one server reaches all of them: in every topology, in any order. */
#include "check.h"
#include "load.h"
#include "dice.h"
#include "wait.h"

#include <stdio.h>
#include <stdlib.h>

static const char *const topologies[] = {"ucla-2018", "ucla-2020", "ucla-2022",
                                         "ucla-2023"};

enum { TOPOLOGIES = 4, REPORTS = 10000 };

static uint32_t all_of(const struct herd_proc *herd)
{
    return (UINT32_C(1) << herd->conf.server_count) - 1;
}

/* The numbers 0 to count - 1 in random order. */
static int *shuffled(struct dice *dice, int count)
{
    int *list = malloc((size_t)count * sizeof *list);
    for (int i = 0; list != NULL && i < count; i++) {
        int j = (int)dice_roll(dice, (uint32_t)i + 1);
        list[i] = list[j];
        list[j] = i;
    }
    return list;
}

/* All times differ: there is one right answer. */
static void flood(const char *topology, uint64_t seed, int reports)
{
    struct herd_proc herd;
    static struct load load;
    struct records want, found;
    struct dice dice = {seed};
    CHECK_LABEL("%s, seed %llu", topology, (unsigned long long)seed);
    REQUIRE(herd_proc_run(&herd, topology, ""));
    CHECK(load_open(&load, &herd));
    int *serials = shuffled(&dice, reports);
    bool ok = serials != NULL;
    int64_t start = now_ms();
    for (int i = 0; ok && i < reports; i++)
        ok = load_send(&load, dice_roll(&dice, herd.conf.server_count),
                       (unsigned)serials[i] % REPORTS_CLIENTS, serials[i]);
    CHECK(ok && load_collect_all(&load));
    int64_t answered = now_ms();
    load_best(&load, all_of(&herd), &want);
    for (unsigned i = 0; i < REPORTS_CLIENTS; i++)
        CHECK_INT(want.of[i].serial, reports - REPORTS_CLIENTS + (int)i);
    CHECK(records_settle(load.conn, all_of(&herd), &want, &found));
    note("%s: %d reports answered in %d ms, all equal after %d more", topology, reports,
         (int)(answered - start), (int)(now_ms() - answered));
    free(serials);
    load_close(&load);
    herd_proc_close(&herd);
}

static void ten_thousand_reports(void)
{
    for (int i = 0; i < TOPOLOGIES; i++)
        flood(topologies[i], 1000 + (uint64_t)i, REPORTS);
}

/* Many reports of one time at all servers at once: which one stays is open, but it is the
 * same everywhere, and one that was made. */
static void ties_under_load(void)
{
    enum { ROUNDS = 20 };
    struct herd_proc herd;
    static struct load load;
    struct records found;
    bool ok = true;
    REQUIRE(herd_proc_run(&herd, "ucla-2018", ""));
    CHECK(load_open(&load, &herd));
    for (int64_t serial = 0; ok && serial < ROUNDS; serial++)
        for (unsigned client = 0; ok && client < REPORTS_CLIENTS; client++)
            for (uint32_t i = 0; ok && i < herd.conf.server_count; i++)
                ok = load_send(&load, i, client, serial);
    CHECK(ok && load_collect_all(&load));
    CHECK(records_settle(load.conn, all_of(&herd), NULL, &found));
    for (unsigned client = 0; client < REPORTS_CLIENTS; client++)
        CHECK_INT(found.of[client].serial, ROUNDS - 1);
    load_close(&load);
    herd_proc_close(&herd);
}

/* Servers that are not connected store reports of the same times. Then they meet:
 * of two texts the greater one, byte by byte, stays. */
static void ties_that_meet(void)
{
    enum { HANDS = 1, WELSH = 3 };
    struct herd_proc herd;
    static struct load load;
    struct records want, found;
    bool ok = true;
    REQUIRE(herd_proc_open(&herd, "ucla-2018", ""));
    CHECK(herd_proc_start(&herd, HANDS) && herd_proc_start(&herd, WELSH));
    CHECK(load_open(&load, &herd));
    for (unsigned client = 0; ok && client < REPORTS_CLIENTS; client++)
        ok = load_send(&load, HANDS, client, 7) && load_send(&load, WELSH, client, 7);
    CHECK(ok && load_collect_all(&load));
    load_best(&load, all_of(&herd), &want);
    CHECK(herd_proc_start_all(&herd));
    CHECK(load_reconnect(&load));
    CHECK(records_settle(load.conn, all_of(&herd), &want, &found));
    load_close(&load);
    herd_proc_close(&herd);
}

/* Every server in turn gets a report, and the others get the record, in an idle herd. */
static void latency(const char *topology)
{
    struct herd_proc herd;
    static struct load load;
    struct records want;
    int64_t longest = 0;
    CHECK_LABEL("%s", topology);
    REQUIRE(herd_proc_run(&herd, topology, ""));
    CHECK(load_open(&load, &herd));
    for (uint32_t i = 0; i < herd.conf.server_count; i++) {
        CHECK(load_send(&load, i, i, 10 + (int64_t)i) && load_collect(&load, i));
        load_best(&load, all_of(&herd), &want);
        int64_t start = now_ms();
        CHECK(records_settle(load.conn, all_of(&herd), &want, NULL));
        longest = now_ms() - start > longest ? now_ms() - start : longest;
    }
    note("%s: a report is everywhere, and has been read everywhere, after %d ms at most",
         topology, (int)longest);
    load_close(&load);
    herd_proc_close(&herd);
}

static void from_every_server(void)
{
    for (int i = 0; i < TOPOLOGIES; i++)
        latency(topologies[i]);
}

/* Each record crosses each link once at most, and never comes back: no loops. */
static void nothing_twice(void)
{
    struct herd_proc herd;
    static struct load load;
    struct records want;
    int64_t received = 0, stored = 0, links = 0;
    bool ok = true;
    REQUIRE(herd_proc_run(&herd, "ucla-2018", ""));
    CHECK(load_open(&load, &herd));
    for (unsigned client = 0; ok && client < REPORTS_CLIENTS; client++)
        ok = load_send(&load, 0, client, 1);
    CHECK(ok && load_collect_all(&load));
    load_best(&load, all_of(&herd), &want);
    CHECK(records_settle(load.conn, all_of(&herd), &want, NULL));
    for (uint32_t i = 0; i < herd.conf.server_count; i++) {
        received += herd_proc_count(&herd, i, "records_received");
        stored += herd_proc_count(&herd, i, "records_stored");
    }
    links = herd.conf.link_count;
    CHECK_INT(stored, (int64_t)REPORTS_CLIENTS * (herd.conf.server_count - 1));
    CHECK(received >= stored);
    CHECK(received <= (int64_t)REPORTS_CLIENTS * 2 * links);
    note("%d records, 5 servers, 6 links: received %d times", REPORTS_CLIENTS,
         (int)received);
    load_close(&load);
    herd_proc_close(&herd);
}

const struct check_test test_flooding[] = {
    {"from_every_server", from_every_server},
    {"ten_thousand_reports", ten_thousand_reports},
    {"ties_under_load", ties_under_load},
    {"ties_that_meet", ties_that_meet},
    {"nothing_twice", nothing_twice},
    {NULL, NULL},
};
