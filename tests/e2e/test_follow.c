/* SPDX-License-Identifier: ISC */
/* Followers of real servers: killed and back with their cursor, stopped, too many. */
#include "check.h"
#include "follow_talk.h"
#include "files.h"
#include "links.h"
#include "load.h"
#include "wait.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

enum { GOLOMAN = 0, ROUND = 200 };

static bool wait_count(const struct herd_proc *herd, const char *name, int64_t want)
{
    int64_t until = now_ms() + WAIT_MS;
    while (herd_proc_count(herd, GOLOMAN, name) != want && now_ms() < until)
        nap();
    return CHECK_INT(herd_proc_count(herd, GOLOMAN, name), want);
}

/* Reports at all servers that run; *best is what has to be everywhere then. */
static void report(struct herd_proc *herd, struct load *load, int64_t serial,
                   struct records *best)
{
    uint32_t members = 0;
    REQUIRE(load_reconnect(load));
    for (uint32_t i = 0; i < herd->conf.server_count; i++) {
        if (!herd_proc_runs(herd, i))
            continue;
        members |= UINT32_C(1) << i;
        for (unsigned n = 0; n < ROUND; n++)
            CHECK(load_send(load, i, (n * 7 + i) % REPORTS_CLIENTS, serial + n));
    }
    CHECK(load_collect_all(load));
    load_best(load, members, best);
}

/* kill -9 of a follower while the herd works: it has all again when it is back. */
static void a_killed_follower_resumes(void)
{
    enum { KILLS = 10 };
    static struct load load;
    static struct follow_talk follow;
    static struct records best;
    struct herd_proc herd;
    REQUIRE(herd_proc_run(&herd, "ucla-2018", ""));
    REQUIRE(load_open(&load, &herd));
    follow_init(&follow, "disk");
    for (int i = 0; i < KILLS; i++) {
        CHECK_LABEL("life %d", i);
        REQUIRE(follow_connect(&follow, &herd, GOLOMAN) && follow_start(&follow));
        CHECK_INT(follow.resumed, i > 0);
        report(&herd, &load, i * 1000, &best);
        if (i % 2 == 0)
            CHECK(follow_until(&follow, &best));
        follow_close(&follow);
        report(&herd, &load, i * 1000 + 500, &best);
    }
    CHECK_LABEL("the last life");
    CHECK(follow_connect(&follow, &herd, GOLOMAN) && follow_start(&follow));
    CHECK(follow_until(&follow, &best));
    CHECK_INT(herd_proc_count(&herd, GOLOMAN, "digest_mismatches"), 0);
    CHECK_INT(herd_proc_count(&herd, GOLOMAN, "links_down"), 0);
    CHECK(links_wait_status(&herd, GOLOMAN, "follower disk feed 0 0\n", ""));
    follow_close(&follow);
    load_close(&load);
    herd_proc_close(&herd);
}

/* kill -9 of the only server: its records come back from the follower, and then all that
 * is new goes to the follower. */
static void a_restarted_server_is_given_its_records(void)
{
    static struct load load;
    static struct follow_talk follow;
    static struct records best;
    struct herd_proc herd;
    char feed[FOLLOW_FEED];
    REQUIRE(herd_proc_open(&herd, "ucla-2018", ""));
    REQUIRE(herd_proc_start(&herd, GOLOMAN) && load_open(&load, &herd));
    follow_init(&follow, "disk");
    REQUIRE(follow_connect(&follow, &herd, GOLOMAN) && follow_start(&follow));
    report(&herd, &load, 1000, &best);
    CHECK(follow_until(&follow, &best));
    memcpy(feed, follow.feed, sizeof feed);
    load_close(&load);
    CHECK_INT(herd_proc_stop(&herd, GOLOMAN, SIGKILL), -SIGKILL);
    follow_close(&follow);

    CHECK(herd_proc_start(&herd, GOLOMAN));
    CHECK(follow_connect(&follow, &herd, GOLOMAN) && follow_give(&follow));
    CHECK(follow_start(&follow));
    CHECK(follow.synced && !follow.resumed);
    CHECK(strcmp(feed, follow.feed) != 0);
    CHECK_STR(follow.feed, follow.present_feed);
    CHECK_INT(follow.batches, 0); /* nothing is sent back */
    CHECK(load_open(&load, &herd));
    CHECK(records_settle(load.conn, 1, &best, NULL));
    report(&herd, &load, 2000, &best);
    CHECK(follow_until(&follow, &best));
    follow_close(&follow);
    load_close(&load);
    herd_proc_close(&herd);
}

/* It reads nothing, then is gone: clients notice neither, and no memory is taken. */
static void a_stopped_follower_costs_nothing(void)
{
    enum { ROUNDS = 60, MORE_KB = 2048 };
    static struct load load;
    static struct follow_talk follow;
    static struct records best;
    struct herd_proc herd;
    REQUIRE(
        herd_proc_open(&herd, "ucla-2018", "link-ping-ms 1000\nlink-timeout-ms 4000\n"));
    REQUIRE(herd_proc_start(&herd, GOLOMAN) && load_open(&load, &herd));
    follow_init(&follow, "stuck");
    report(&herd, &load, 0, &best);
    REQUIRE(follow_connect(&follow, &herd, GOLOMAN));
    CHECK(peer_talk_say(&follow.talk, "HAVE 0 - 0\n"));
    int64_t before_kb = herd_proc_memory_kb(&herd, GOLOMAN);
    for (int i = 0; i < ROUNDS; i++)
        report(&herd, &load, (i + 1) * 1000, &best);
    int64_t after_kb = herd_proc_memory_kb(&herd, GOLOMAN);
    CHECK(before_kb < 0 || after_kb < before_kb + MORE_KB);
    wait_count(&herd, "followers_timed_out", 1);
    follow_close(&follow);
    CHECK(records_settle(load.conn, 1, &best, NULL));
    follow_init(&follow, "stuck");
    CHECK(follow_connect(&follow, &herd, GOLOMAN) && follow_start(&follow));
    CHECK(follow_until(&follow, &best));
    follow_close(&follow);
    load_close(&load);
    herd_proc_close(&herd);
}

/* An orderly end: all that was answered has been sent before BYE. */
static void a_shutdown_sends_the_rest(void)
{
    static struct load load;
    static struct follow_talk follow;
    static struct records best;
    struct herd_proc herd;
    REQUIRE(herd_proc_open(&herd, "ucla-2018", ""));
    REQUIRE(herd_proc_start(&herd, GOLOMAN) && load_open(&load, &herd));
    follow_init(&follow, "disk");
    REQUIRE(follow_connect(&follow, &herd, GOLOMAN) && follow_start(&follow));
    report(&herd, &load, 1000, &best);
    load_close(&load);
    CHECK(kill(herd.server[GOLOMAN].pid, SIGTERM) == 0);
    while (follow_next(&follow))
        continue;
    CHECK_INT(records_differ(&follow.copy, &best), 0);
    CHECK(client_is_closed(&follow.talk.conn));
    follow_close(&follow);
    CHECK_INT(herd_proc_stop(&herd, GOLOMAN, 0), 0); /* only waits */
    herd_proc_close(&herd);
}

/* Sixteen, and an operator is let in all the same; the seventeenth is not. */
static void too_many_followers(void)
{
    enum { MAX = 16 };
    static struct follow_talk follow[MAX + 1];
    static char names[MAX + 1][16];
    struct herd_proc herd;
    REQUIRE(herd_proc_open(&herd, "ucla-2018", ""));
    REQUIRE(herd_proc_start(&herd, GOLOMAN));
    for (int i = 0; i <= MAX; i++) {
        snprintf(names[i], sizeof names[i], "f%d", i);
        follow_init(&follow[i], names[i]);
        CHECK(follow_connect(&follow[i], &herd, GOLOMAN) == (i < MAX));
    }
    CHECK_INT(herd_proc_count(&herd, GOLOMAN, "followers_accepted"), MAX);
    CHECK_INT(herd_proc_count(&herd, GOLOMAN, "followers_refused"), 1);
    follow_close(&follow[MAX]);
    /* The name of one that is still connected is taken over. */
    follow_init(&follow[MAX], "f3");
    CHECK(follow_connect(&follow[MAX], &herd, GOLOMAN) && follow_start(&follow[MAX]));
    CHECK(peer_talk_is_sent_away(&follow[3].talk, "taken"));
    CHECK_INT(herd_proc_count(&herd, GOLOMAN, "followers_replaced"), 1);
    for (int i = 0; i <= MAX; i++)
        follow_close(&follow[i]);
    herd_proc_close(&herd);
}

const struct check_test test_follow[] = {
    {"a_killed_follower_resumes", a_killed_follower_resumes},
    {"a_restarted_server_is_given_its_records", a_restarted_server_is_given_its_records},
    {"a_stopped_follower_costs_nothing", a_stopped_follower_costs_nothing},
    {"a_shutdown_sends_the_rest", a_shutdown_sends_the_rest},
    {"too_many_followers", too_many_followers},
    {NULL, NULL},
};
