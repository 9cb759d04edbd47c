#include "check.h"
#include "cut.h"
#include "script.h"
#include "talk.h"

#include <stdio.h>

static void play(const char *options, const char *script)
{
    struct rig rig;
    char conf[1024];
    snprintf(conf, sizeof conf, TALK_HERD "%s", options);
    rig_start(&rig, conf, "Clark");
    SCRIPT_PLAY(&rig, script);
    rig_end(&rig);
}

/* ---- the handshake ---- */

static void neighbours_are_dialled(void)
{
    struct rig rig;
    rig_start(&rig, TALK_HERD, "Clark");
    CHECK_INT(herd_deadline(rig.core).ns, rig.mono.ns);
    SCRIPT_PLAY(&rig,
                "tick\n"
                "  dial Bona\n"
                "  dial Jaquez\n"
                "tick\n"
                "open 2 dialled Bona\n"
                "  2> " TALK_HELLO_TO_BONA "2< " TALK_HELLO_BONA "fail Jaquez refused\n"
                "wait 99\n"
                "wait 201\n"
                "  dial Jaquez\n"
                "open 3 dialled Jaquez\n"
                "  3> " TALK_HELLO_TO_JAQUEZ "3< " TALK_HELLO_JAQUEZ "tick\n");
    CHECK_INT((int64_t)herd_core_links_up(rig.core), 2);
    CHECK_INT(RIG_STAT(&rig, dials), 3);
    CHECK_INT(RIG_STAT(&rig, dials_failed), 1);
    CHECK_INT(RIG_STAT(&rig, links_up), 2);
    CHECK_INT(RIG_STAT(&rig, peers_accepted), 0);
    CHECK(herd_mono_is_never(herd_deadline(rig.core)));
    rig_end(&rig);
}

static void neighbours_are_accepted(void)
{
    struct rig rig;
    rig_start(&rig, TALK_HERD, "Clark");
    SCRIPT_PLAY(&rig, TALK_LINKS_UP "tick\n");
    CHECK_INT((int64_t)herd_core_links_up(rig.core), 2);
    CHECK_INT(RIG_STAT(&rig, peers_accepted), 2);
    /* A newer neighbour may say more than this server understands. */
    SCRIPT_PLAY(&rig, "closed 2 reset\n"
                      "open 4 peer\n"
                      "4< HELLO 3 0 9 Bona Clark 00000000000000b0 and more words, "
                      "really many more\\nabc\\c\n"
                      "  4> " TALK_HELLO_TO_BONA);
    CHECK_INT((int64_t)herd_core_links_up(rig.core), 2);
    CHECK_INT(RIG_STAT(&rig, links_down), 1);
    rig_end(&rig);
}

struct refusal {
    const char *input;
    const char *code, *why;
};

static const struct refusal refusals[] = {
    {"HELLO 0 2 3 Bona Clark 00000000000000b0", "refused",
     "no common protocol version: this server speaks version 1"},
    {"HELLO 0 0 0 Bona Clark 00000000000000b0", "refused",
     "no common protocol version: this server speaks version 1"},
    {"HELLO 0 1 1 Bona Jaquez 00000000000000b0", "refused",
     "wrong address: this is not the server that was asked for"},
    {"HELLO 0 1 1 Nobody Clark 00000000000000b0", "refused",
     "unknown server: it is not in this server's configuration"},
    {"HELLO 0 1 1 Bailey Clark 00000000000000b0", "refused",
     "not a neighbour: this server's configuration has no link to it"},
    {"HELLO 0 1 1 Clark Clark 00000000000000b0", "refused",
     "not a neighbour: this server's configuration has no link to it"},
    {"HELLO 0 1 x Bona Clark 00000000000000b0", "malformed",
     "malformed or unexpected frame"},
    {"HELLO 0 -1 1 Bona Clark 00000000000000b0", "malformed",
     "malformed or unexpected frame"},
    {"HELLO 0 2 1 Bona Clark 00000000000000b0", "malformed",
     "malformed or unexpected frame"},
    {"HELLO 0 1 1 Bona Clark 0000000000000b0", "malformed",
     "malformed or unexpected frame"},
    {"HELLO 0 1 1 Bona Clark 00000000000000B0", "malformed",
     "malformed or unexpected frame"},
    {"HELLO 0 1 1 Bona Clark 00000000000000g0", "malformed",
     "malformed or unexpected frame"},
    {"HELLO 0 1 1 Bona Clark 00000000000000/0", "malformed",
     "malformed or unexpected frame"},
    {"HELLO 0 1 1 Bona Clark", "malformed", "malformed or unexpected frame"},
    {"HELLO 0", "malformed", "malformed or unexpected frame"},
    {"BATCH 0 0", "malformed", "malformed or unexpected frame"},
    {"PING 0", "malformed", "the first frame must be HELLO"},
    {"IAMAT a +0+0 1", "malformed", "malformed header"},
    {"HELLO 1025 1 1 Bona Clark 00000000000000b0", "malformed", "frame too long"},
    {"GET / HTTP/1.1\\r", "malformed", "malformed header"},
};

static void strangers_are_turned_away(void)
{
    for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++) {
        const struct refusal *r = &refusals[i];
        struct rig rig;
        char script[512];
        CHECK_LABEL("%s", r->input);
        snprintf(script, sizeof script,
                 "open 2 peer\n2< %s\\nBATCH 0 0\n  2> BYE 0 %s %s\n  close 2\n", r->input,
                 r->code, r->why);
        rig_start(&rig, TALK_HERD, "Clark");
        SCRIPT_PLAY(&rig, script);
        CHECK_INT((int64_t)herd_core_links_up(rig.core), 0);
        CHECK_INT(RIG_STAT(&rig, peers_refused), strcmp(r->code, "refused") == 0);
        CHECK_INT(RIG_STAT(&rig, peers_malformed), strcmp(r->code, "malformed") == 0);
        /* It is still welcome when it behaves. */
        SCRIPT_PLAY(&rig, TALK_LINKS_UP);
        rig_end(&rig);
    }
}

static void another_may_answer_the_dial(void)
{
    struct rig rig;
    rig_start(&rig, TALK_HERD, "Clark");
    script_act(&rig, "tick\n");
    SCRIPT_PLAY(&rig, "open 2 dialled Bona\n"
                      "  2> " TALK_HELLO_TO_BONA "2< " TALK_HELLO_JAQUEZ
                      "  2> BYE 0 refused wrong address: another server answers there\n"
                      "  close 2\n");
    /* Who does not want us is not asked again soon. */
    SCRIPT_PLAY(&rig, "wait 99\n"
                      "wait 30001\n"
                      "  dial Bona\n");
    rig_end(&rig);
}

static void handshakes_take_their_time(void)
{
    struct rig rig;
    rig_start(&rig, TALK_HERD "handshake-timeout-ms 1000\nlink-retry-max-ms 2000\n",
              "Clark");
    script_act(&rig, "tick\nfail Jaquez down\n");
    SCRIPT_PLAY(&rig, "open 2 dialled Bona\n"
                      "  2> " TALK_HELLO_TO_BONA "open 3 peer\n"
                      "3< HELLO 0 1 1 Bona \\c\n");
    rig_pass_ms(&rig, 999);
    CHECK(rig.open[2] && rig.open[3]);
    SCRIPT_PLAY(&rig, "wait 1\n"
                      "  2> BYE 0 refused no HELLO in time\n"
                      "  3> BYE 0 refused no HELLO in time\n"
                      "  dial Jaquez\n"
                      "  close 3\n"
                      "  close 2\n");
    CHECK_INT(RIG_STAT(&rig, peers_refused), 2);
    rig_end(&rig);
}

static void strangers_may_be_too_many(void)
{
    play("handshakes-max 2\n",
         "open 2 peer\n"
         "open 3 peer\n"
         "open 4 peer\n"
         "  4> BYE 0 refused too many connections that have not said who they are\n"
         "  close 4\n"
         "3< " TALK_HELLO_JAQUEZ "  3> " TALK_HELLO_TO_JAQUEZ "open 5 peer\n"
         "open 6 peer\n"
         "  6> BYE 0 refused too many connections that have not said who they are\n"
         "  close 6\n"
         "closed 5 reset\n"
         "open 7 peer\n"
         "7< " TALK_HELLO_BONA "  7> " TALK_HELLO_TO_BONA);
}

/* ---- frames ---- */

#define FAR  "AT Bona +0.1 far +0+0 2000000000"
#define NEAR "AT Bona +0.1 near +0+0 2000000000"

static void records_are_merged(void)
{
    struct rig rig;
    rig_start(&rig, TALK_HERD, "Clark");
    SCRIPT_PLAY(&rig, TALK_LINKS_UP "2< BATCH 0 0\n"
                                    "2< BATCH 67 2\\n" FAR "\\n" NEAR "\n"
                                    "2< BATCH 33 1\\n" FAR "\\nBATCH 0034 01\\n" NEAR "\n");
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
    script_act(&rig, TALK_LINKS_UP "2< BATCH 32 1\\nAT Bona +0.1 far +0+0 200000.50\n"
                                   "3< BATCH 33 1\\nAT Jaquez +0.1 far +0+0 200000.5\n"
                                   "2< BATCH 32 1\\nAT Bona +0.1 far +9+9 200000.50\n"
                                   "open 1\n1< IAMAT far +7+7 200000.5\n");
    CHECK_SLICE(herd_core_record(rig.core, HERD_LIT("far")),
                HERD_LIT("AT Jaquez +0.1 far +0+0 200000.5"));
    rig_end(&rig);
}

static void bad_records_are_skipped(void)
{
    struct rig rig;
    rig_start(&rig, TALK_HERD, "Clark");
    SCRIPT_PLAY(&rig, TALK_LINKS_UP "2< BATCH 43 3\\nnonsense\\n" FAR "\\n\n");
    CHECK_SLICE(herd_core_record(rig.core, HERD_LIT("far")), herd_slice_str(FAR));
    CHECK_INT(RIG_STAT(&rig, records_bad), 2);
    CHECK_INT((int64_t)herd_core_links_up(rig.core), 2);
    rig_end(&rig);
}

static void unknown_frames_are_skipped(void)
{
    struct rig rig;
    rig_start(&rig, TALK_HERD, "Clark");
    SCRIPT_PLAY(&rig,
                TALK_LINKS_UP "2< PING 5 a b c d e f g h i j k\\n\\n\\n\\n\\n\\nSTATUS "
                              "0\\nIAMAT 0 a +0+0 1\\nBATCH 33 1\\n" FAR "\n");
    CHECK_INT(RIG_STAT(&rig, frames_unknown), 3);
    CHECK_INT((int64_t)herd_core_client_count(rig.core), 1);
    CHECK_INT((int64_t)herd_core_links_up(rig.core), 2);
    rig_end(&rig);
}

static const struct refusal mistakes[] = {
    {"HELLO 0 1 1 Bona Clark 00000000000000b0", "malformed",
     "malformed or unexpected frame"},
    {"HELLO 0", "malformed", "malformed or unexpected frame"},
    {"BATCH 33\\n" FAR, "malformed", "malformed or unexpected frame"},
    {"BATCH 33 2\\n" FAR, "malformed", "malformed or unexpected frame"},
    {"BATCH 33 0\\n" FAR, "malformed", "malformed or unexpected frame"},
    {"BATCH 32 1\\n" FAR, "malformed", "malformed or unexpected frame"},
    {"BATCH 0 1", "malformed", "malformed or unexpected frame"},
    {"BATCH 33 x\\n" FAR, "malformed", "malformed or unexpected frame"},
    {"BATCH 33 65537\\n" FAR, "malformed", "malformed or unexpected frame"},
    {"BATCH x 1", "malformed", "malformed header"},
    {"BATCH 65537 1", "malformed", "frame too long"},
    {"", "malformed", "malformed header"},
};

static void mistakes_end_the_link(void)
{
    for (size_t i = 0; i < sizeof mistakes / sizeof *mistakes; i++) {
        const struct refusal *m = &mistakes[i];
        struct rig rig;
        char script[512];
        CHECK_LABEL("%s", m->input);
        rig_start(&rig, TALK_HERD, "Clark");
        script_act(&rig, TALK_LINKS_UP);
        snprintf(script, sizeof script, "2< %s\n  2> BYE 0 %s %s\n  close 2\n", m->input,
                 m->code, m->why);
        SCRIPT_PLAY(&rig, script);
        CHECK_INT((int64_t)herd_core_links_up(rig.core), 1);
        CHECK_INT(RIG_STAT(&rig, peers_malformed), 1);
        rig_end(&rig);
    }
}

static void feed(void *ctx, struct herd_slice piece)
{
    if (piece.len > 0)
        rig_data(ctx, 2, piece);
}

static void frames_come_in_any_cutting(void)
{
    struct herd_slice text =
        HERD_LIT(TALK_HELLO_BONA "PING 3\nabcBATCH 67 2\n" FAR "\n" NEAR "\nBATCH 0 0\n");
    for (size_t at = 0; at <= text.len; at++) {
        struct rig rig;
        CHECK_LABEL("cut at %zu", at);
        rig_start(&rig, TALK_HERD, "Clark");
        script_act(&rig, "open 2 peer\n");
        if (at == 0)
            cut_bytes(text, feed, &rig);
        else
            cut_at(text, at, feed, &rig);
        CHECK_STR(rig.said.data, "  2> " TALK_HELLO_TO_BONA);
        CHECK_INT((int64_t)herd_core_client_count(rig.core), 2);
        rig_end(&rig);
    }
}

const struct check_test test_peer[] = {
    {"neighbours_are_dialled", neighbours_are_dialled},
    {"neighbours_are_accepted", neighbours_are_accepted},
    {"strangers_are_turned_away", strangers_are_turned_away},
    {"another_may_answer_the_dial", another_may_answer_the_dial},
    {"handshakes_take_their_time", handshakes_take_their_time},
    {"strangers_may_be_too_many", strangers_may_be_too_many},
    {"records_are_merged", records_are_merged},
    {"ties_are_broken_by_bytes", ties_are_broken_by_bytes},
    {"bad_records_are_skipped", bad_records_are_skipped},
    {"unknown_frames_are_skipped", unknown_frames_are_skipped},
    {"mistakes_end_the_link", mistakes_end_the_link},
    {"frames_come_in_any_cutting", frames_come_in_any_cutting},
    {NULL, NULL},
};
