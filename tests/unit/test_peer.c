/* SPDX-License-Identifier: ISC */
/* What conversations about links (fixtures/core/link) cannot show: every prefix, and
 * chance. */
#include "check.h"
#include "cut.h"
#include "rig/script.h"
#include "rig/talk.h"

#define FAR  "AT Bona +0.1 far +0+0 2000000000"
#define NEAR "AT Bona +0.1 near +0+0 2000000000"

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

/* Whatever has come before the end counts, and nothing of what has begun. */
static void frames_may_break_off(void)
{
    struct herd_slice text = HERD_LIT(ALL_FRAMES);
    for (size_t len = 0; len < text.len; len++) {
        struct rig rig;
        rig_start(&rig, TALK_HERD, "Clark");
        script_act(&rig, "open 2 peer\n2< " TALK_HELLO_BONA "2< " TALK_AUTH_BONA);
        feed(&rig, cut_guarded(herd_slice(text.data, len)));
        script_act(&rig, "eof 2\n");
        CHECK_INT((int64_t)herd_core_conn_count(rig.core), 0);
        CHECK_INT(RIG_STAT(&rig, peers_malformed), 0);
        CHECK_INT(RIG_STAT(&rig, links_down), 1);
        rig_end(&rig);
    }
}

/* "taken" is no reason to stay away for long. */
static void a_name_in_use_is_dialled_again_soon(void)
{
    struct rig rig;
    int64_t waited = 0;
    rig_start(&rig, TALK_HERD "link-retry-min-ms 100\nlink-retry-max-ms 5000\n", "Clark");
    script_act(&rig, "tick\nopen 2 dialled Bona\n2< " TALK_HELLO_BONA
                     "2< BYE 0 taken another server of this name is connected\n");
    CHECK(!rig.open[2]);
    CHECK(script_status_has(
        &rig, "link Bona down - 0 taken another server of this name is connected"));
    for (; !rig.dialling[1] && waited < 1000; waited++)
        script_act(&rig, "wait 1\n");
    CHECK(waited <= 150);
    rig_end(&rig);
}

/* ---- the end of a link ---- */

/* How long after `script` Clark dials Bona again. */
static int64_t pause_after(const char *script)
{
    struct rig rig;
    int64_t waited = 0;
    rig_start(&rig, TALK_HERD "link-retry-min-ms 100\nlink-retry-max-ms 5000\n", "Clark");
    script_act(&rig, TALK_LINKS_UP);
    script_act(&rig, script);
    CHECK(!rig.open[2]);
    while (!rig.dialling[1] && waited < 10000) {
        waited += 1;
        script_act(&rig, "wait 1\n");
    }
    rig_end(&rig);
    return waited;
}

static void a_lost_link_is_dialled_again(void)
{
    CHECK(pause_after("pass 1000\nclosed 2 reset\n") <= 151);
    CHECK(pause_after("pass 1000\neof 2\n") <= 151);
    CHECK(pause_after("pass 1000\n2< BYE 0 closing this server is going down\n") <= 151);
    CHECK(pause_after("pass 1000\n2< BYE 0\n") <= 151);
    /* With this seed the jitter is large enough to tell the difference. */
    CHECK(pause_after("pass 1000\n2< BYE 0 refused go away\n") > 151);
    CHECK(pause_after("pass 1000\n2< nonsense\n") > 151);
}

const struct check_test test_peer[] = {
    {"frames_may_break_off", frames_may_break_off},
    {"a_name_in_use_is_dialled_again_soon", a_name_in_use_is_dialled_again_soon},
    {"a_lost_link_is_dialled_again", a_lost_link_is_dialled_again},
    {NULL, NULL},
};
