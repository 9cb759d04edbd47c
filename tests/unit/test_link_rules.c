/* SPDX-License-Identifier: ISC */
/* Rules of links that hold for any two servers, each shown by what would go wrong first. */
#include "check.h"
#include "rig/script.h"
#include "rig/talk.h"

#include <stdio.h>

#define BONA_UP   "open 2 peer\n2< " TALK_HELLO_BONA "2< " TALK_AUTH_BONA
#define BONA_SYNC BONA_UP "2< SYNC 0 " TALK_FEED_BONA " 7\n"

static void report(struct rig *rig, int client, int time)
{
    char line[80];
    snprintf(line, sizeof line, "1< IAMAT client-%05d +0+0 %d\n", client, time);
    script_act(rig, line);
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

/* Much is sent, and a quarter of all again and again, but never late. */
static void a_link_that_keeps_up_has_no_full_sync(void)
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

const struct check_test test_link_rules[] = {
    {"the_largest_payload_is_taken", the_largest_payload_is_taken},
    {"a_batch_tells_where_it_ends", a_batch_tells_where_it_ends},
    {"a_link_that_keeps_up_has_no_full_sync", a_link_that_keeps_up_has_no_full_sync},
    {NULL, NULL},
};
