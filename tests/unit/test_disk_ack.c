/* SPDX-License-Identifier: ISC */
/* report-ack disk: which acknowledgements answer which reports, and the memory of replies
 * that wait. */
#include "check.h"
#include "rig/rig.h"
#include "rig/script.h"
#include "rig/talk.h"

#include <stdio.h>
#include <string.h>

enum { DISK = 2, FILLER = 3, OTHER = 4, LONG_ID = 200 };

#define OPTIONS "state-dir state\nreport-ack disk\nlog-traffic no\n"

static struct rig rig;

static void start(const char *more)
{
    char options[512];
    (void)snprintf(options, sizeof options, "%s%s", OPTIONS, more);
    rig_start_with(&rig, TALK_ALONE, options);
    rig_tick(&rig);
    rig_open(&rig, DISK, HERD_ROLE_CONTROL, -1);
    rig_data(&rig, DISK, HERD_LIT("FOLLOW sqlite 1\nHAVE 0 - 0\n"));
    rig_tick(&rig);
    (void)rig_drained(&rig, DISK);
    rig_open(&rig, 1, HERD_ROLE_CLIENT, -1);
    rig_open(&rig, FILLER, HERD_ROLE_CLIENT, -1);
    rig_open(&rig, OTHER, HERD_ROLE_CLIENT, -1);
    rig_hush(&rig);
}

/* A report whose record has about 300 bytes. */
static void report(herd_conn_id conn, int client, int time)
{
    char line[LONG_ID + 64];
    int len = snprintf(line, sizeof line, "IAMAT %0*d +0+0 %d\n", LONG_ID, client, time);
    rig_data(&rig, conn, herd_slice(line, (size_t)len));
}

static void acknowledge(unsigned long long seq)
{
    char line[64];
    int len = snprintf(line, sizeof line, "ACK 0 %llu\n", seq);
    rig_data(&rig, DISK, herd_slice(line, (size_t)len));
}

/* A record moves on while batches that are too small for all are on their way: what is
 * acknowledged includes the place where it was, but neither it nor the newer one. */
static void a_record_that_moved_is_not_acknowledged(void)
{
    enum { FILLERS = 100 };
    start("");
    report(FILLER, 1000, 1);
    rig_tick(&rig); /* in flight */
    report(1, 0, 1);
    rig_tick(&rig);
    for (int i = 1; i <= FILLERS; i++)
        report(FILLER, i, 1);
    rig_tick(&rig);
    report(OTHER, 0, 2);
    (void)rig_drained(&rig, DISK);
    rig_tick(&rig); /* sends those after the first, but not all */
    CHECK(script_status_has(&rig, "follower sqlite feed 32 103"));
    acknowledge(71);
    CHECK(rig.sent.len == 0);
    CHECK(script_status_has(&rig, "reports_waiting 102"));
    (void)rig_drained(&rig, DISK);
    rig_tick(&rig);
    CHECK(script_status_has(&rig, "follower sqlite feed 0 32"));
    acknowledge(102);
    CHECK(rig.sent.len == 0);
    acknowledge(103);
    CHECK(rig.sent.len > LONG_ID);
    CHECK(script_status_has(&rig, "reports_waiting 0"));
    rig_end(&rig);
}

/* Who reports and is not answered is not read after a while, and others are not when all
 * replies together are too much. */
static void waiting_replies_are_bounded(void)
{
    enum { TURNS = 70, SHARE = 262144 };
    start("replies-memory-max 1048576\noutput-high 1048576\noutput-max 1048576\n");
    for (int i = 0; i < TURNS && !rig.paused[1]; i++) {
        report(1, 0, i);
        rig_tick(&rig);
    }
    CHECK(rig.paused[1]);
    CHECK(script_status_has(&rig, "reports_waiting 64"));
    size_t live = rig.mem.live;
    for (int i = 0; i < 100000 && !rig.paused[FILLER]; i++)
        report(FILLER, 1, i);
    CHECK(rig.paused[FILLER]);
    CHECK(rig.mem.live - live < 3 * SHARE);
    report(OTHER, 2, 1);
    CHECK(rig.paused[OTHER]);
    /* They are read again when they have been answered. */
    for (int i = 0; i < 4; i++) {
        (void)rig_drained(&rig, DISK);
        rig_tick(&rig);
    }
    acknowledge((unsigned long long)herd_core_stats(rig.core)->reports_stored);
    CHECK(!rig.paused[1] && !rig.paused[FILLER] && !rig.paused[OTHER]);
    CHECK(script_status_has(&rig, "reports_waiting 0"));
    rig_end(&rig);
}

/* So are many small ones, each of which costs more than its bytes. */
static void many_small_waits_are_bounded(void)
{
    enum { CLIENTS = 100, TURNS = 64, SHARE = 262144 };
    start("replies-memory-max 1048576\n");
    for (herd_conn_id conn = OTHER + 1; conn <= CLIENTS; conn++)
        rig_open(&rig, conn, HERD_ROLE_CLIENT, -1);
    rig_data(&rig, OTHER, HERD_LIT("IAMAT kiwi +0+0 1\n"));
    size_t live = rig.mem.live;
    for (int turn = 0; turn < TURNS; turn++) {
        for (herd_conn_id conn = OTHER + 1; conn <= CLIENTS; conn++)
            if (!rig.paused[conn])
                rig_data(&rig, conn, HERD_LIT("IAMAT kiwi +0+0 1\n"));
        rig_tick(&rig);
    }
    CHECK(rig.paused[CLIENTS]);
    CHECK(rig.mem.live - live < 3 * SHARE);
    rig_end(&rig);
}

extern const struct check_test test_disk_ack[];
const struct check_test test_disk_ack[] = {
    {"a_record_that_moved_is_not_acknowledged", a_record_that_moved_is_not_acknowledged},
    {"waiting_replies_are_bounded", waiting_replies_are_bounded},
    {"many_small_waits_are_bounded", many_small_waits_are_bounded},
    {NULL, NULL},
};
