/* Frames on a link, and what ends it. */
#include "check.h"
#include "cut.h"
#include "protocol/hello.h"
#include "script.h"
#include "talk.h"

#include <stdio.h>

#define FAR  "AT Bona +0.1 far +0+0 2000000000"
#define NEAR "AT Bona +0.1 near +0+0 2000000000"

static void records_are_merged(void)
{
    struct rig rig;
    rig_start(&rig, TALK_HERD, "Clark");
    SCRIPT_PLAY(&rig, TALK_LINKS_UP "2< BATCH 0 0 0 0\n"
                                    "2< BATCH 67 0 2 2\\n" FAR "\\n" NEAR "\n"
                                    "2< BATCH 33 2 00000000000000000003 00001\\n" FAR
                                    "\\nBATCH 0034 3 4 01 and more\\n" NEAR "\n");
    CHECK_SLICE(herd_core_record(rig.core, HERD_LIT("far")), herd_slice_str(FAR));
    CHECK_SLICE(herd_core_record(rig.core, HERD_LIT("near")), herd_slice_str(NEAR));
    CHECK_INT(RIG_STAT(&rig, records_received), 4);
    CHECK_INT(RIG_STAT(&rig, records_stored), 2);
    rig_end(&rig);
}

/* Equal times: every server decides by the bytes. */
static void ties_are_broken_by_bytes(void)
{
    struct rig rig;
    rig_start(&rig, TALK_HERD, "Clark");
    script_act(&rig, TALK_LINKS_UP "2< BATCH 32 0 1 1\\nAT Bona +0.1 far +0+0 200000.50\n"
                                   "3< BATCH 33 0 1 1\\nAT Jaquez +0.1 far +0+0 200000.5\n"
                                   "2< BATCH 32 1 2 1\\nAT Bona +0.1 far +9+9 200000.50\n"
                                   "open 1\n1< IAMAT far +7+7 200000.5\n");
    CHECK_SLICE(herd_core_record(rig.core, HERD_LIT("far")),
                HERD_LIT("AT Jaquez +0.1 far +0+0 200000.5"));
    rig_end(&rig);
}

static void bad_records_are_skipped(void)
{
    struct rig rig;
    rig_start(&rig, TALK_HERD, "Clark");
    SCRIPT_PLAY(&rig, TALK_LINKS_UP "2< BATCH 43 0 3 3\\nnonsense\\n" FAR "\\n\n");
    CHECK_SLICE(herd_core_record(rig.core, HERD_LIT("far")), herd_slice_str(FAR));
    CHECK_INT(RIG_STAT(&rig, records_malformed), 2);
    CHECK_INT((int64_t)herd_core_links_up(rig.core), 2);
    rig_end(&rig);
}

static void unknown_frames_are_skipped(void)
{
    struct rig rig;
    rig_start(&rig, TALK_HERD, "Clark");
    SCRIPT_PLAY(&rig,
                TALK_LINKS_UP "2< NEWS 5 a b c d e f g h i j k\\n\\n\\n\\n\\n\\nSTATUS "
                              "0\\nIAMAT 0 a +0+0 1\\nBATCH 33 0 1 1\\n" FAR "\n");
    CHECK_INT(RIG_STAT(&rig, frames_unknown), 3);
    CHECK_INT((int64_t)herd_core_client_count(rig.core), 1);
    CHECK_INT((int64_t)herd_core_links_up(rig.core), 2);
    rig_end(&rig);
}

#define MALFORMED "malformed or unexpected frame"

struct mistake {
    const char *input, *why;
};

static const struct mistake mistakes[] = {
    {"HELLO 0 1 1 herd Bona Clark 00000000000000b0 RULES CLOCK NONCE", MALFORMED},
    {"HELLO 0", MALFORMED},
    {"AUTH 0 none", MALFORMED},
    {"BATCH 33 0 1\\n" FAR, MALFORMED},
    {"BATCH 33 0 1 2\\n" FAR, MALFORMED},
    {"BATCH 33 0 1 0\\n" FAR, MALFORMED},
    {"BATCH 32 0 1 1\\n" FAR, MALFORMED},
    {"BATCH 0 0 1 1", MALFORMED},
    {"BATCH 33 0 1 x\\n" FAR, MALFORMED},
    {"BATCH 33 0 1 65537\\n" FAR, MALFORMED},
    {"BATCH x 0 1 1", "malformed header"},
    {"BATCH 65537 0 1 1", "frame too long"},
    {"", "malformed header"},
};

static void mistakes_end_the_link(void)
{
    for (size_t i = 0; i < sizeof mistakes / sizeof *mistakes; i++) {
        const struct mistake *m = &mistakes[i];
        struct rig rig;
        char script[512];
        CHECK_LABEL("%s", m->input);
        rig_start(&rig, TALK_HERD, "Clark");
        script_act(&rig, TALK_LINKS_UP);
        snprintf(script, sizeof script, "2< %s\n  2> BYE 0 malformed %s\n  close 2\n",
                 m->input, m->why);
        SCRIPT_PLAY(&rig, script);
        CHECK_INT((int64_t)herd_core_links_up(rig.core), 1);
        CHECK_INT(RIG_STAT(&rig, peers_malformed), 1);
        snprintf(script, sizeof script, "link Bona down - 0 %s", m->why);
        CHECK(script_status_has(&rig, script));
        rig_end(&rig);
    }
}

static void feed(void *ctx, struct herd_slice piece)
{
    struct rig *rig = ctx;
    if (piece.len > 0 && rig->open[2])
        rig_data(rig, 2, piece);
}

/* All frames of a link. */
#define ALL_FRAMES                                                                         \
    "HAVE 2 - 0 x\nxyWAIT 0 5\nSYNC 0 " TALK_FEED_BONA " 7\nBATCH 34 0 0 1\n" NEAR         \
    "\nSYNCED 0 " TALK_FEED_BONA " 7\nNEWS 3\nabcBATCH 67 7 9 2\n" FAR "\n" NEAR           \
    "\nPING 1 1 9 12 0000000000000000 1621464828.223371889 x\n\nBATCH 0 9 12 0\n"          \
    "PONG 0 1\nACK 0 0\nBYE 1 closing for now\nx"

#define ALL_ANSWERS "  2> SYNC 0 " TALK_FEED_CLARK " 0\n  2> PONG 0 1\n  close 2\n"

static void frames_come_in_any_cutting(void)
{
    struct herd_slice text = HERD_LIT(ALL_FRAMES);
    for (size_t at = 0; at <= text.len; at++) {
        struct rig rig;
        CHECK_LABEL("cut at %zu", at);
        rig_start(&rig, TALK_HERD, "Clark");
        script_act(&rig, "open 2 peer\n2< " TALK_HELLO_BONA "2< AUTH 0 none\n");
        rig_hush(&rig);
        if (at == 0)
            cut_bytes(text, feed, &rig);
        else
            cut_at(text, at, feed, &rig);
        CHECK_STR(rig.said.data, ALL_ANSWERS);
        CHECK_INT((int64_t)herd_core_client_count(rig.core), 2);
        CHECK_INT(RIG_STAT(&rig, peers_malformed), 0);
        CHECK(script_status_has(&rig, "link Bona down - 0 closing for now"));
        rig_end(&rig);
    }
}

/* Whatever has come before the end counts, and nothing of what has begun. */
static void frames_may_break_off(void)
{
    struct herd_slice text = HERD_LIT(ALL_FRAMES);
    for (size_t len = 0; len < text.len; len++) {
        struct rig rig;
        rig_start(&rig, TALK_HERD, "Clark");
        script_act(&rig, "open 2 peer\n2< " TALK_HELLO_BONA "2< AUTH 0 none\n");
        feed(&rig, cut_guarded(herd_slice(text.data, len)));
        script_act(&rig, "eof 2\n");
        CHECK_INT((int64_t)herd_core_conn_count(rig.core), 0);
        CHECK_INT(RIG_STAT(&rig, peers_malformed), 0);
        CHECK_INT(RIG_STAT(&rig, links_down), 1);
        rig_end(&rig);
    }
}

const struct check_test test_peer[] = {
    {"records_are_merged", records_are_merged},
    {"ties_are_broken_by_bytes", ties_are_broken_by_bytes},
    {"bad_records_are_skipped", bad_records_are_skipped},
    {"unknown_frames_are_skipped", unknown_frames_are_skipped},
    {"mistakes_end_the_link", mistakes_end_the_link},
    {"frames_come_in_any_cutting", frames_come_in_any_cutting},
    {"frames_may_break_off", frames_may_break_off},
    {NULL, NULL},
};
