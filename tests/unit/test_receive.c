/* SPDX-License-Identifier: ISC */
/* Frames that are out of place, and how far the feed of a neighbour was read. */
#include "check.h"
#include "rig/script.h"
#include "rig/talk.h"

#include <stdio.h>

/* Bona is connected as 2, and what it sends about its feed is in the test's hands. */
#define BONA_UP "open 2 peer\n2< " TALK_HELLO_BONA "2< " TALK_AUTH_BONA

#define B         TALK_FEED_BONA
#define WALKS     BONA_UP "2< SYNC 0 " B " 7\n"
#define FEEDS     WALKS "2< SYNCED 0 " B " 7\n"
#define RESUMED   FEEDS "closed 2 reset\n" BONA_UP "2< RESUME 0 " B " 7\n"
#define FAR       "AT Bona +0.1 far +0+0 2000000000"
#define MALFORMED "  2> BYE 0 malformed malformed or unexpected frame\n  close 2\n"

/* ---- order and numbers ---- */

struct frame {
    const char *before, *frame;
};

static const struct frame bad_frames[] = {
    {BONA_UP, "RESUME 0 " B " 0"},
    {BONA_UP, "RESUME 0 - 0"},
    {BONA_UP, "SYNCED 0 " B " 0"},
    {BONA_UP, "BATCH 0 0 0 0"},
    {BONA_UP, "BATCH 0 0 1 0"},
    {BONA_UP, "SYNC 0 - 0"},
    {BONA_UP, "SYNC 0 b0 0"},
    {BONA_UP, "SYNC 0 " B "b0 0"},
    {BONA_UP, "SYNC 0 " B " x"},
    {BONA_UP, "SYNC 0 " B " 18446744073709551616"},
    {BONA_UP, "SYNC 0 " B},
    {BONA_UP, "SYNC 0"},
    {BONA_UP, "WAIT 0"},
    {BONA_UP, "WAIT 0 soon"},
    {BONA_UP, "WAIT 0 -1"},
    {WALKS, "SYNC 0 " B " 7"},
    {WALKS, "SYNC 0 " B " 9"},
    {WALKS, "RESUME 0 " B " 7"},
    {WALKS, "SYNCED 0 " B " 6"},
    {WALKS, "SYNCED 0 " B " 8"},
    {WALKS, "SYNCED 0 " TALK_FEED_JAQUEZ " 7"},
    {WALKS, "SYNCED 0 - 7"},
    {WALKS, "SYNCED 0 " B " x"},
    {WALKS, "BATCH 0 0 1 0"},
    {WALKS, "BATCH 0 1 0 0"},
    {WALKS, "BATCH 0 7 7 0"},
    {WALKS, "WAIT 0 5000"},
    {FEEDS, "RESUME 0 " B " 7"},
    {FEEDS, "SYNCED 0 " B " 7"},
    {FEEDS, "SYNC 0 " B " 6"},
    {FEEDS, "BATCH 0 0 0 0"},
    {FEEDS, "BATCH 0 6 8 0"},
    {FEEDS, "BATCH 0 8 9 0"},
    {FEEDS, "BATCH 0 7 6 0"},
    {FEEDS, "BATCH 0 x 7 0"},
    {FEEDS, "BATCH 0 7 x 0"},
    {FEEDS, "BATCH 0 7 8 x"},
    {FEEDS, "BATCH 0 7 18446744073709551616 0"},
    {FEEDS, "PING 0 1 6 9 DIGEST CLOCK"},
    {FEEDS, "WAIT 0 5000"},
    {FEEDS "closed 2 reset\n" BONA_UP, "RESUME 0 " B " 6"},
    {FEEDS "closed 2 reset\n" BONA_UP, "RESUME 0 " B " 8"},
    {FEEDS "closed 2 reset\n" BONA_UP, "RESUME 0 " TALK_FEED_JAQUEZ " 7"},
    {FEEDS "closed 2 reset\n" BONA_UP, "RESUME 0 - 7"},
    {FEEDS "closed 2 reset\n" BONA_UP, "RESUME 0 " B " x"},
    {FEEDS "closed 2 reset\n" BONA_UP, "BATCH 0 7 8 0"},
    {RESUMED, "RESUME 0 " B " 7"},
    {RESUMED, "BATCH 0 0 0 0"},
};

static void each_frame_has_its_stage(void)
{
    for (size_t i = 0; i < sizeof bad_frames / sizeof *bad_frames; i++) {
        const struct frame *f = &bad_frames[i];
        struct rig rig;
        char script[256];
        CHECK_LABEL("%zu: %s", i, f->frame);
        rig_start(&rig, TALK_HERD, "Clark");
        script_act(&rig, f->before);
        CHECK_INT(RIG_STAT(&rig, peers_malformed), 0);
        CHECK(rig.open[2]);
        snprintf(script, sizeof script, "2< %s\n" MALFORMED, f->frame);
        SCRIPT_PLAY(&rig, script);
        CHECK_INT(RIG_STAT(&rig, peers_malformed), 1);
        rig_end(&rig);
    }
}

/* ---- the cursor ---- */

struct reading {
    const char *script; /* ends with connection 2 as the link */
    const char *cursor;
};

static const struct reading readings[] = {
    {BONA_UP, "- 0"},
    {BONA_UP "2< WAIT 0 5000\n2< WAIT 0 5000\n", "- 0"},
    {WALKS, "- 0"},
    {WALKS "2< BATCH 33 0 0 1\\n" FAR "\n", "- 0"},
    {WALKS "2< PING 0 1 9 9 DIGEST CLOCK\n", "- 0"},
    {FEEDS, B " 7"},
    {FEEDS "2< BATCH 33 7 9 1\\n" FAR "\n", B " 9"},
    {FEEDS "2< BATCH 0 7 7 0\\nBATCH 0 7 9 0\\nBATCH 0 9 12 0\n", B " 12"},
    {FEEDS "2< BATCH 9 7 9 1\\nnonsense\n", B " 9"},
    /* It moves when the batch is whole, and not before. */
    {FEEDS "2< BATCH 33 7 9 1\\n\\c\n", B " 7"},
    {FEEDS "2< BATCH 33 7 9 2\\n" FAR "\n", B " 7"},
    {FEEDS "2< BATCH 34 7 9 1\\n" FAR "\\n\n", B " 7"},
    {FEEDS "2< PING 0 1 7 7 DIGEST CLOCK\n", B " 7"},
    {FEEDS "2< PING 0 1 15 20 DIGEST CLOCK\\nBATCH 0 15 16 0\n", B " 16"},
    {FEEDS "2< PING 0 1 0 9 DIGEST CLOCK\n", B " 7"},
    /* A second walk begins where the feed has ended, or further on. */
    {FEEDS "2< SYNC 0 " B " 7\\nSYNCED 0 " B " 7\n", B " 7"},
    {FEEDS "2< SYNC 0 " B " 20\n", B " 7"},
    {FEEDS "2< SYNC 0 " B " 20\\nBATCH 0 0 0 0\\nPING 0 1 30 30 DIGEST CLOCK\n", B " 7"},
    {FEEDS "2< SYNC 0 " B " 20\\nSYNCED 0 " B " 20\\nBATCH 0 20 21 0\n", B " 21"},
    {FEEDS "closed 2 reset\n" BONA_UP, B " 7"},
    {FEEDS "closed 2 reset\n" BONA_UP "2< PING 0 1 9 9 DIGEST CLOCK\n", B " 7"},
    {RESUMED, B " 7"},
    {RESUMED "2< BATCH 33 7 8 1\\n" FAR "\n", B " 8"},
    {RESUMED "2< SYNC 0 " B " 9\\nSYNCED 0 " B " 9\n", B " 9"},
    /* A new start has a new feed, whose numbers may be smaller. */
    {FEEDS "closed 2 reset\n" BONA_UP "2< SYNC 0 " TALK_FEED_JAQUEZ
           " 3\\nSYNCED 0 " TALK_FEED_JAQUEZ " 3\n",
     TALK_FEED_JAQUEZ " 3"},
};

static void the_cursor_moves_at_the_end_of_a_full_sync(void)
{
    for (size_t i = 0; i < sizeof readings / sizeof *readings; i++) {
        struct rig rig;
        char want[64];
        CHECK_LABEL("%zu: %s", i, readings[i].script);
        rig_start(&rig, TALK_HERD, "Clark");
        script_act(&rig, readings[i].script);
        script_act(&rig, "closed 2 reset\n");
        rig_hush(&rig);
        script_act(&rig, BONA_UP);
        snprintf(want, sizeof want, "  2> HAVE 0 %s\n", readings[i].cursor);
        CHECK(strstr(rig.said.data, want) != NULL);
        rig_end(&rig);
    }
}

const struct check_test test_receive[] = {
    {"each_frame_has_its_stage", each_frame_has_its_stage},
    {"the_cursor_moves_at_the_end_of_a_full_sync",
     the_cursor_moves_at_the_end_of_a_full_sync},
    {NULL, NULL},
};
