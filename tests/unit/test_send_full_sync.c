/* SPDX-License-Identifier: ISC */
/* Full syncs: everything is sent, two links at a time; and links that fall behind. */
#include "check.h"
#include "dice.h"
#include "listen.h"
#include "rig/script.h"
#include "rig/talk.h"

#include <stdio.h>
#include <stdlib.h>

/* Clark with four neighbours; heartbeats are out of the way. */
#define FOUR                                                                               \
    "server Clark client 127.0.0.1:1 peer 127.0.0.1:11\n"                                  \
    "server Ada client 127.0.0.1:2 peer 127.0.0.1:12\n"                                    \
    "server Bea client 127.0.0.1:3 peer 127.0.0.1:13\n"                                    \
    "server Cyd client 127.0.0.1:4 peer 127.0.0.1:14\n"                                    \
    "server Dot client 127.0.0.1:5 peer 127.0.0.1:15\n"                                    \
    "link Clark Ada Bea Cyd Dot\n"                                                         \
    "link-ping-ms 600000\nlink-timeout-ms 3600000\nlog-traffic no\n"

#define COMES(n, name)                                                                     \
    "open " n " peer\n" n "< HELLO 0 2 2 herd " name " Clark 0000000000000000"             \
    " RULES CLOCK NONCE\n" n "< AUTH 0 none 000000000000000" n "\n"
#define SYNCS(n, seq)  "  " n "> SYNC 0 " TALK_FEED_CLARK " " seq "\n"
#define SYNCED(n, seq) "  " n "> SYNCED 0 " TALK_FEED_CLARK " " seq "\n"

static struct listen listen;

static bool begins(const char *text, const char *with)
{
    return strncmp(text, with, strlen(with)) == 0;
}

/* Holds `count` records, and dials nobody. */
static void start(struct rig *rig, int count)
{
    rig_start(rig, FOUR, "Clark");
    script_act(rig, "tick\nopen 1\n");
    if (count > 0)
        listen_report(rig, 0, count, 1);
    rig_hush(rig);
}

/* ---- one walk ---- */

/* Records change while they are sent: some that were sent already, some that were not, and
 * new ones come. */
static void a_full_sync_brings_everything(void)
{
    struct rig rig;
    start(&rig, 1500);
    script_act(&rig, COMES("2", "Ada"));
    listen_start(&listen, &rig, 2);
    script_act(&rig, "2< HAVE 0 - 0\ntick\n");
    CHECK_INT((int64_t)listen.batches, 1);
    listen_report(&rig, 0, 100, 100000);
    script_act(&rig, "drained 2\ntick\n");
    listen_report(&rig, 1450, 100, 100000);
    (void)listen_drain(&listen);
    CHECK(listen_has_all(&listen, 1550));
    for (int i = 0; i < 1550; i++)
        REQUIRE(listen.times[i] >= 1 && listen.times[i] <= 2);
    /* The feed goes on where it was when the walk began. */
    const char *synced = strstr(listen.frames.data, "SYNCED " TALK_FEED_CLARK " 1500\n");
    CHECK(begins(listen.frames.data, "SYNC " TALK_FEED_CLARK " 1500\nBATCH 0 0 "));
    REQUIRE(synced != NULL);
    CHECK(begins(strchr(synced, '\n'), "\nBATCH 1500 1700 200\n"));
    CHECK(strstr(synced, "BATCH 0 ") == NULL);
    CHECK(script_status_has(&rig, "link Ada up accepted 0 feed 0 0"));
    listen_end(&listen);
    rig_end(&rig);
}

/* In the order of the table, which is not that of the changes, and always the same. */
static void full_syncs_have_one_order(void)
{
    struct rig rig;
    static char first[200 * 64];
    start(&rig, 200);
    script_act(&rig, COMES("2", "Ada") "2< HAVE 0 - 0\n");
    rig_hush(&rig);
    script_act(&rig, "tick\n");
    snprintf(first, sizeof first, "%s", rig.said.data + 3);
    script_act(&rig, "closed 2 reset\n" COMES("3", "Bea") "3< HAVE 0 - 0\n");
    rig_hush(&rig);
    script_act(&rig, "tick\n");
    CHECK_STR(rig.said.data + 3, first);
    const char *c0 = strstr(first, " c0000 "), *c1 = strstr(first, " c0001 ");
    const char *c2 = strstr(first, " c0002 "), *c3 = strstr(first, " c0003 ");
    CHECK(!(c0 < c1 && c1 < c2 && c2 < c3));
    rig_end(&rig);
}

static void a_full_sync_may_be_empty(void)
{
    struct rig rig;
    start(&rig, 0);
    SCRIPT_PLAY(&rig, "link 2 Ada/a1\n");
    script_act(&rig, "closed 2 reset\n" COMES("2", "Ada"));
    SCRIPT_PLAY(&rig, "2< HAVE 0 - 0\n" SYNCS("2", "0") /**/
                "tick\n" SYNCED("2", "0"));
    CHECK(herd_deadline(rig.core).ns > rig.mono.ns);
    rig_end(&rig);
}

/* A walk over nothing but echoes sends no batch, and takes turns. */
static void a_full_sync_may_be_all_echoes(void)
{
    struct rig rig;
    start(&rig, 0);
    script_act(&rig, "link 2 Ada/02\n");
    for (int i = 0; i < 5000; i++) {
        char line[80];
        snprintf(line, sizeof line, "2< BATCH 31 %d %d 1\\nAT Ada +0.01 far-%05d +0+0 20\n",
                 i, i + 1, i);
        script_act(&rig, line);
    }
    script_act(&rig, "closed 2 reset\n" COMES("2", "Ada"));
    SCRIPT_PLAY(&rig, "2< HAVE 0 - 0\n" SYNCS("2", "5000") "tick\n");
    CHECK_INT(herd_deadline(rig.core).ns, 0);
    SCRIPT_PLAY(&rig, "tick\n" SYNCED("2", "5000"));
    rig_end(&rig);
}

/* Seen by operators: how much is still to be sent, and how. */
static void status_shows_how_records_are_sent(void)
{
    struct rig rig;
    start(&rig, 500);
    script_act(&rig, COMES("2", "Ada"));
    CHECK(script_status_has(&rig, "link Ada up accepted 500 wait 0 0"));
    script_act(&rig, "2< HAVE 0 - 0\n");
    CHECK(script_status_has(&rig, "link Ada up accepted 500 sync 0 0"));
    script_act(&rig, "tick\ndrained 2\ntick\ndrained 2\n");
    CHECK(script_status_has(&rig, "link Ada up accepted 0 feed 0 0"));
    rig_end(&rig);
}

/* ---- whose turn it is ---- */

static void only_two_full_syncs_run_at_once(void)
{
    struct rig rig;
    start(&rig, 500);
    script_act(&rig,
               COMES("2", "Ada") COMES("3", "Bea") COMES("4", "Cyd") COMES("5", "Dot"));
    SCRIPT_PLAY(&rig, "2< HAVE 0 - 0\n" SYNCS("2", "500") /**/
                "3< HAVE 0 - 0\n" SYNCS("3", "500")       /**/
                "4< HAVE 0 - 0\n"
                "  4> WAIT 0 5000\n"
                "5< HAVE 0 - 0\n"
                "  5> WAIT 0 5000\n");
    CHECK_INT(RIG_STAT(&rig, waits_sent), 2);
    CHECK_INT(RIG_STAT(&rig, syncs), 4);
    CHECK(script_status_has(&rig, "link Cyd up accepted 500 wait 0 0"));
    script_act(&rig, "tick\ntick\n");
    /* One of the two is done, so one other begins. */
    listen_start(&listen, &rig, 4);
    script_act(&rig, "drained 3\ntick\n");
    CHECK_INT((int64_t)listen.batches, 0);
    CHECK(begins(listen.frames.data, "SYNC " TALK_FEED_CLARK " 500\n"));
    listen_end(&listen);
    CHECK(script_status_has(&rig, "link Ada up accepted 500 sync 0 0"));
    CHECK(script_status_has(&rig, "link Cyd up accepted 500 sync 0 0"));
    CHECK(script_status_has(&rig, "link Dot up accepted 500 wait 0 0"));
    rig_end(&rig);
}

/* Two that take nothing do not keep the others waiting for longer than five seconds. */
static void waiting_full_syncs_get_a_slot(void)
{
    struct rig rig;
    start(&rig, 500);
    script_act(&rig, COMES("2", "Ada") COMES("3", "Bea") COMES("4", "Cyd"));
    script_act(&rig, "2< HAVE 0 - 0\npass 1000\n3< HAVE 0 - 0\n4< HAVE 0 - 0\ntick\n"
                     "fail Dot down\n");
    int64_t since = rig.mono.ns - 1000 * HERD_NS_PER_MS;
    rig_pass_ms(&rig, 100);
    script_act(&rig, "tick\n");
    CHECK(herd_deadline(rig.core).ns <= since + 5000 * HERD_NS_PER_MS);
    SCRIPT_PLAY(&rig, "closed 1 bye\npass 3899\n");
    listen_start(&listen, &rig, 4);
    script_act(&rig, "tick\n");
    CHECK_STR(listen.frames.data, "");
    script_act(&rig, "wait 1\n");
    CHECK(begins(listen.frames.data, "SYNC " TALK_FEED_CLARK " 500\n"));
    listen_end(&listen);
    rig_end(&rig);
}

/* Nobody has to wait for one that is gone, nor is served in vain. */
static void a_closed_link_frees_its_slot(void)
{
    struct rig rig;
    start(&rig, 500);
    script_act(
        &rig,
        COMES("2", "Ada") COMES("3", "Bea") COMES("4", "Cyd")
            COMES("5", "Dot") "2< HAVE 0 - 0\n3< HAVE 0 - 0\n4< HAVE 0 - 0\n5< HAVE 0 - 0\n"
                              "closed 4 reset\nclosed 2 reset\n");
    rig_hush(&rig);
    script_act(&rig, "tick\n");
    CHECK(strstr(rig.said.data, "  5> SYNC 0 " TALK_FEED_CLARK " 500\n") != NULL);
    CHECK(strstr(rig.said.data, "  4> ") == NULL);
    rig_end(&rig);
}

/* A lagging link starts a full sync as well, but no other link has to wait for it. */
static void a_slow_link_keeps_no_slot(void)
{
    struct rig rig;
    start(&rig, 1200);
    script_act(&rig, "link 2 Ada/a1\n");
    for (int i = 0; i < 2; i++) {
        listen_report(&rig, 0, 600, 100000 * (i + 1));
        script_act(&rig, i < 1 ? "tick\ndrained 2\n" : "tick\n");
    }
    CHECK_INT(RIG_STAT(&rig, syncs_lagging), 1);
    CHECK(script_status_has(&rig, "link Ada up accepted 1200 sync 0 0"));
    script_act(&rig, COMES("3", "Bea") COMES("4", "Cyd") "3< HAVE 0 - 0\n4< HAVE 0 - 0\n");
    CHECK_INT(RIG_STAT(&rig, waits_sent), 0);
    rig_end(&rig);
}

/* What a link that falls behind was sent, and what has not changed since, is not sent
 * again: the walk is for what is missing. */
static void a_slow_link_is_sent_missing_records(void)
{
    struct rig rig;
    start(&rig, 1200);
    script_act(&rig, "link 2 Ada/a1\n");
    listen_start(&listen, &rig, 2);
    for (int i = 0; i < 2; i++) {
        listen_report(&rig, 0, 600, 100000 * (i + 1));
        memset(listen.times, 0, sizeof listen.times);
        script_act(&rig, i < 1 ? "tick\ndrained 2\n" : "tick\n");
    }
    CHECK_INT(RIG_STAT(&rig, syncs_lagging), 1);
    script_act(&rig, "drained 2\n");
    (void)listen_drain(&listen);
    int again = 0, missed = 0;
    for (int i = 0; i < 1200; i++) {
        missed += i < 600 && listen.times[i] != 1;
        again += i >= 600 && listen.times[i] != 0;
    }
    CHECK_INT(missed, 0);
    CHECK_INT(again, 0);
    listen_end(&listen);
    rig_end(&rig);
}

/* The deadline of a core in which somebody waits is the end of the first turn. */
static void the_end_of_a_turn_is_waited_for(void)
{
    struct rig rig;
    start(&rig, 500);
    script_act(&rig, COMES("2", "Ada") COMES("3", "Bea") "2< HAVE 0 - 0\npass 10\n"
                                                         "3< HAVE 0 - 0\ntick\n");
    script_act(
        &rig,
        COMES("4",
              "Cyd") "4< HAVE 0 - 0\nfail Dot down\nopen 5 peer\n"
                     "5< HELLO 0 2 2 herd Dot Clark 0000000000000000 RULES CLOCK NONCE\n"
                     "5< AUTH 0 none 0000000000000005\ntick\n");
    CHECK_INT(herd_deadline(rig.core).ns, rig.mono.ns + 4990 * HERD_NS_PER_MS);
    script_act(&rig, "closed 4 reset\nlink 6 Cyd/06\n");
    CHECK(herd_deadline(rig.core).ns != rig.mono.ns + 4990 * HERD_NS_PER_MS);
    rig_end(&rig);
}

/* ---- falling behind ---- */

enum { CROWD = 3000, SECONDS = 90 };

/* A link that takes one batch a second, while `hot` of all clients report `rate` times a
 * second. Checks that no change waits for longer than it takes to send everything twice. */
static void check_slow_link(int hot, int rate)
{
    static int64_t waiting_since[CROWD]; /* seconds; -1: nothing is to be sent */
    struct rig rig;
    struct dice dice = {(uint64_t)hot};
    int64_t time = 1, longest = 0;
    start(&rig, 0);
    script_act(&rig, "fail Bea down\nfail Cyd down\nfail Dot down\nlink 2 Ada/a1\n");
    listen_start(&listen, &rig, 2);
    listen_report(&rig, 0, CROWD, time);
    time += CROWD;
    for (int i = 0; i < CROWD; i++)
        waiting_since[i] = 0;
    for (int64_t second = 0; second < SECONDS; second++) {
        for (int i = 0; i < rate; i++) {
            int client = (int)dice_roll(&dice, (uint32_t)hot);
            listen_report(&rig, client, 1, time++);
            if (waiting_since[client] < 0)
                waiting_since[client] = second;
        }
        memset(listen.times, 0, sizeof listen.times);
        script_act(&rig, "tick\ndrained 2\n");
        rig_hush(&rig);
        for (int i = 0; i < CROWD; i++) {
            if (waiting_since[i] >= 0 && second - waiting_since[i] > longest)
                longest = second - waiting_since[i];
            if (listen.times[i] > 0)
                waiting_since[i] = -1;
        }
    }
    int64_t per_batch = (int64_t)(listen.records / listen.batches);
    CHECK_LABEL("%d hot, %d a second, %d a batch, longest %d", hot, rate, (int)per_batch,
                (int)longest);
    CHECK(longest <= 2 * CROWD / per_batch);
    CHECK(RIG_STAT(&rig, syncs_lagging) > 0);
    CHECK_INT(RIG_STAT(&rig, syncs_lagging) - RIG_STAT(&rig, repairs),
              RIG_STAT(&rig, syncs_lagging));
    listen_end(&listen);
    rig_end(&rig);
}

static void a_slow_link_is_fair(void)
{
    check_slow_link(CROWD, 1000);
    check_slow_link(CROWD, 300);
    check_slow_link(600, 1000);
    check_slow_link(CROWD / 2, 400);
}

/* Many changes at once are no reason to send everything again. */
static void a_burst_is_not_lagging(void)
{
    struct rig rig;
    start(&rig, 2000);
    script_act(&rig, "link 2 Ada/a1\n");
    listen_start(&listen, &rig, 2);
    listen_report(&rig, 0, 1500, 100000);
    (void)listen_drain(&listen);
    CHECK_INT((int64_t)listen.records, 1500);
    CHECK_INT(RIG_STAT(&rig, syncs_lagging), 0);
    listen_end(&listen);
    rig_end(&rig);
}

/* A walk that begins finds no memory for its SYNC, because an unusual step before has made
 * the core give back what it had: the link ends, and no batch is sent. */
static void a_full_sync_may_find_no_memory(void)
{
    struct rig rig;
    rig_start(&rig, TALK_HERD, "Clark");
    script_act(&rig, "tick\nfail Jaquez down\nlink 2 Bona\nopen 1\n");
    listen_start(&listen, &rig, 2);
    listen_report(&rig, 0, 600, 1);
    script_act(&rig, "tick\ndrained 2\n");
    listen_report(&rig, 0, 600, 100000);
    CHECK_INT((int64_t)listen.batches, 1);
    rig_large_step(&rig, 1, "c0000");
    fail_mem_arm(&rig.mem, 1, true);
    script_act(&rig, "tick\n");
    fail_mem_arm(&rig.mem, 0, false);
    CHECK_INT(RIG_STAT(&rig, syncs_lagging), 1);
    CHECK_INT(RIG_STAT(&rig, out_of_memory), 1);
    CHECK_INT(RIG_STAT(&rig, batches_sent), 1);
    script_act(&rig, "tick\n");
    CHECK(!rig.open[2]);
    listen_end(&listen);
    rig_end(&rig);
}

const struct check_test test_send_full_sync[] = {
    {"a_full_sync_brings_everything", a_full_sync_brings_everything},
    {"full_syncs_have_one_order", full_syncs_have_one_order},
    {"a_full_sync_may_be_empty", a_full_sync_may_be_empty},
    {"a_full_sync_may_be_all_echoes", a_full_sync_may_be_all_echoes},
    {"status_shows_how_records_are_sent", status_shows_how_records_are_sent},
    {"only_two_full_syncs_run_at_once", only_two_full_syncs_run_at_once},
    {"waiting_full_syncs_get_a_slot", waiting_full_syncs_get_a_slot},
    {"a_closed_link_frees_its_slot", a_closed_link_frees_its_slot},
    {"a_slow_link_keeps_no_slot", a_slow_link_keeps_no_slot},
    {"a_slow_link_is_sent_missing_records", a_slow_link_is_sent_missing_records},
    {"the_end_of_a_turn_is_waited_for", the_end_of_a_turn_is_waited_for},
    {"a_slow_link_is_fair", a_slow_link_is_fair},
    {"a_burst_is_not_lagging", a_burst_is_not_lagging},
    {"a_full_sync_may_find_no_memory", a_full_sync_may_find_no_memory},
    {NULL, NULL},
};
