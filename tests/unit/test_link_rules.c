/* Rules of links that hold for any two servers, each shown by what would go wrong first. */
#include "check.h"
#include "script.h"
#include "talk.h"

#include <stdio.h>

#define BONA_UP   "open 2 peer\n2< " TALK_HELLO_BONA "2< AUTH 0 none\n"
#define BONA_SYNC BONA_UP "2< SYNC 0 " TALK_FEED_BONA " 7\n"
#define FAR       "AT Bona +0.1 far +0+0 2000000000"
#define NEAR      "AT Bona +0.1 near +0+0 2000000000"
#define BOTH      "2< BATCH 67 0 0 2\\n" FAR "\\n" NEAR "\n"

static void report(struct rig *rig, int client, int time)
{
    char line[80];
    snprintf(line, sizeof line, "1< IAMAT client-%05d +0+0 %d\n", client, time);
    script_act(rig, line);
}

/* ---- merging ---- */

/* What stands at the door of clients does not stand between servers. */
static void no_limit_holds_between_servers(void)
{
    struct rig rig;
    rig_start_with(&rig, TALK_HERD, "clients-max 1\n");
    script_act(&rig, BONA_SYNC BOTH);
    CHECK_INT((int64_t)herd_core_client_count(rig.core), 2);
    rig_end(&rig);
    rig_start_with(&rig, TALK_HERD, "client-skew-max-ms 1000\n");
    script_act(&rig, BONA_SYNC BOTH);
    CHECK_SLICE(herd_core_record(rig.core, HERD_LIT("near")), HERD_LIT(NEAR));
    CHECK_INT(RIG_STAT(&rig, records_stored), 2);
    rig_end(&rig);
}

/* A neighbour that sends everything may know less. */
static void a_sync_replaces_nothing(void)
{
    struct rig rig;
    rig_start_with(&rig, TALK_HERD, "");
    script_act(&rig, "open 1\n1< IAMAT kiwi +1+1 5\n1< IAMAT moa +1+1 5\n" BONA_SYNC
                     "2< BATCH 49 0 0 2\\nAT Bona +0.1 kiwi +0+0 4\\n"
                     "AT Bona +0.1 moa +0+0 6\n"
                     "2< SYNCED 0 " TALK_FEED_BONA " 7\n");
    CHECK_SLICE(herd_core_record(rig.core, HERD_LIT("kiwi")),
                HERD_LIT("AT Clark +1621464823.223371889 kiwi +1+1 5"));
    CHECK_SLICE(herd_core_record(rig.core, HERD_LIT("moa")),
                HERD_LIT("AT Bona +0.1 moa +0+0 6"));
    CHECK_INT(RIG_STAT(&rig, records_stored), 1);
    rig_end(&rig);
}

/* ---- batches ---- */

/* 1024 records of 64 bytes each are just what a frame can hold. */
static void the_largest_payload_is_taken(void)
{
    enum { RECORDS = 1024, EACH = 64 };
    static char text[64 + RECORDS * EACH + 1];
    struct rig rig;
    int len = snprintf(text, sizeof text, "BATCH %d 0 0 %d\n", RECORDS * EACH, RECORDS);
    for (int i = 0; i < RECORDS; i++)
        len +=
            snprintf(text + len, sizeof text - (size_t)len,
                     "AT Bona +0.1 client-%05d +00.0000+000.00000000 2000000000.0000\n", i);
    rig_start_with(&rig, TALK_HERD, "");
    script_act(&rig, BONA_SYNC);
    rig_data(&rig, 2, herd_slice(text, (size_t)len));
    CHECK_INT(RIG_STAT(&rig, records_stored), RECORDS);
    CHECK_INT(RIG_STAT(&rig, peers_malformed), 0);
    rig_end(&rig);
}

/* Each record is one change here, so a batch ends where its records do. */
static void a_batch_tells_where_it_ends(void)
{
    unsigned long end = 0;
    struct rig rig;
    rig_start_with(&rig, TALK_HERD, "");
    script_act(&rig, "link 2 Bona\nopen 1\n");
    for (int i = 0; i < 1000; i++)
        report(&rig, i, 1);
    for (int batch = 0; batch < 4; batch++) {
        unsigned long size, from, to, count;
        rig_hush(&rig);
        script_act(&rig, "tick\ndrained 2\n");
        REQUIRE(sscanf(rig.said.data, "  2> BATCH %lu %lu %lu %lu", &size, &from, &to,
                       &count) == 4);
        CHECK_INT((int64_t)from, (int64_t)end);
        CHECK_INT((int64_t)to, (int64_t)(end + count));
        end = to;
    }
    CHECK_INT((int64_t)end, 1000);
    rig_end(&rig);
}

/* The kernel will never say that it has taken a batch of a connection that is gone. */
static void a_lost_batch_is_sent_again(void)
{
    struct rig rig;
    rig_start_with(&rig, TALK_HERD, "link-retry-max-ms 3600000\n");
    script_act(&rig,
               "tick\nfail Bona away\nfail Jaquez away\n"
               "link 2 Bona\nopen 1\n1< IAMAT a +0+0 1\ntick\nclosed 2 reset\n" BONA_UP);
    SCRIPT_PLAY(&rig, "2< HAVE 0 " TALK_FEED_CLARK " 0\n"
                      "  2> RESUME 0 " TALK_FEED_CLARK " 0\n"
                      "tick\n"
                      "tick\n"
                      "  2> BATCH 40 0 1 1\\nAT Clark +1621464827.223371889 a +0+0 1\n");
    rig_end(&rig);
}

/* Much is sent, and a quarter of all again and again, but never late. */
static void a_link_that_keeps_up_never_walks(void)
{
    struct rig rig;
    rig_start_with(&rig, TALK_HERD, "");
    script_act(&rig, "link 2 Bona\nopen 1\n");
    for (int i = 0; i < 2000; i++) {
        report(&rig, i % 10, i + 1);
        script_act(&rig, "tick\ndrained 2\n");
    }
    CHECK_INT(RIG_STAT(&rig, records_sent), 2000);
    CHECK_INT(RIG_STAT(&rig, syncs_lagging), 0);
    rig_end(&rig);
}

/* ---- silence ---- */

/* AUTH was the last that was heard. */
static void a_link_may_be_quiet_from_the_start(void)
{
    struct rig rig;
    rig_start_with(&rig, TALK_HERD, "");
    script_act(&rig, BONA_UP "pass 14999\ntick\n");
    CHECK(rig.open[2]);
    script_act(&rig, "pass 1\ntick\n");
    CHECK(!rig.open[2]);
    CHECK_INT(RIG_STAT(&rig, links_timed_out), 1);
    rig_end(&rig);
}

/* Jaquez dials although this server's own connection to it is up: has it lost its end? */
static void who_dials_again_may_have_lost_its_end(void)
{
    for (int late = 0; late < 2; late++) {
        struct rig rig;
        rig_start_with(&rig, TALK_HERD, "handshake-timeout-ms 4000\n");
        script_act(&rig, "tick\nfail Bona away\nanswer 3 Jaquez\n");
        script_act(&rig, late ? "pass 4000\n" : "pass 3999\n");
        script_act(&rig, "open 4 peer\n4< " TALK_HELLO_JAQUEZ "4< AUTH 0 none\n");
        CHECK_INT((int64_t)herd_core_links_up(rig.core), 1);
        script_act(&rig, "pass 2000\ntick\n");
        CHECK(rig.open[3] == !late);
        CHECK_INT(RIG_STAT(&rig, links_timed_out), late);
        rig_end(&rig);
    }
}

/* ---- good-byes ---- */

/* Anybody can claim a name and say why it goes. */
static void who_has_proven_nothing_is_not_quoted(void)
{
    struct rig rig;
    rig_start_with(&rig, TALK_HERD, "");
    script_act(&rig, "tick\nfail Bona away\nopen 2 peer\n2< " TALK_HELLO_BONA
                     "2< BYE 0 refused lies\n");
    CHECK(!rig.open[2]);
    CHECK(script_status_has(&rig, "link Bona down - 0 away"));
    rig_end(&rig);
}

const struct check_test test_link_rules[] = {
    {"no_limit_holds_between_servers", no_limit_holds_between_servers},
    {"a_sync_replaces_nothing", a_sync_replaces_nothing},
    {"the_largest_payload_is_taken", the_largest_payload_is_taken},
    {"a_batch_tells_where_it_ends", a_batch_tells_where_it_ends},
    {"a_lost_batch_is_sent_again", a_lost_batch_is_sent_again},
    {"a_link_that_keeps_up_never_walks", a_link_that_keeps_up_never_walks},
    {"a_link_may_be_quiet_from_the_start", a_link_may_be_quiet_from_the_start},
    {"who_dials_again_may_have_lost_its_end", who_dials_again_may_have_lost_its_end},
    {"who_has_proven_nothing_is_not_quoted", who_has_proven_nothing_is_not_quoted},
    {NULL, NULL},
};
