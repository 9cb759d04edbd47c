/* SPDX-License-Identifier: ISC */
/* What a neighbour is sent when it connects again: from its cursor on, or everything. */
#include "check.h"
#include "listen.h"
#include "rig/script.h"
#include "rig/talk.h"

#include <stdio.h>

#define NOW_A     "AT Clark +0.000000000 a +0+0 " TALK_NOW
#define FAR       "AT Bona +0.1 far +0+0 2000000000"
#define MALFORMED "  2> BYE 0 malformed malformed or unexpected frame\n  close 2\n"

/* ---- what was missed ---- */

#define BONA_IS_BACK "open 4 peer\n4< " TALK_HELLO_BONA "4< " TALK_AUTH_BONA

/* After changes 1 (a), 2 (far, from Bona), 3 (b), and 4 (a again), what Bona is sent when
 * it comes back. */
struct missed {
    const char *have, *answer, *batch; /* batch: "" is none */
    bool synced, unknown;
};

#define A2 "AT Clark +1621464826.223371889 a +0+0 2"
#define B1 "AT Clark +1621464827.223371889 b +0+0 1"

static const struct missed all_missed[] = {
    {TALK_FEED_CLARK " 4", "RESUME 0 " TALK_FEED_CLARK " 4", "", false, false},
    {TALK_FEED_CLARK " 3", "RESUME 0 " TALK_FEED_CLARK " 3", "BATCH 40 3 4 1\\n" A2, false,
     false},
    {TALK_FEED_CLARK " 2", "RESUME 0 " TALK_FEED_CLARK " 2",
     "BATCH 80 2 4 2\\n" B1 "\\n" A2, false, false},
    {TALK_FEED_CLARK " 1", "RESUME 0 " TALK_FEED_CLARK " 1",
     "BATCH 80 1 4 2\\n" B1 "\\n" A2, false, false},
    {TALK_FEED_CLARK " 0", "RESUME 0 " TALK_FEED_CLARK " 0",
     "BATCH 80 0 4 2\\n" B1 "\\n" A2, false, false},
    {TALK_FEED_CLARK " 5", "SYNC 0 " TALK_FEED_CLARK " 4", "", true, true},
    {TALK_FEED_BONA " 4", "SYNC 0 " TALK_FEED_CLARK " 4", "", true, true},
    {"- 0", "SYNC 0 " TALK_FEED_CLARK " 4", "", true, false},
    {"- 4", "SYNC 0 " TALK_FEED_CLARK " 4", "", true, false},
};

static void missed_records_are_sent(void)
{
    for (size_t i = 0; i < sizeof all_missed / sizeof *all_missed; i++) {
        const struct missed *m = &all_missed[i];
        struct rig rig;
        char script[512];
        CHECK_LABEL("%s", m->have);
        rig_start(&rig, TALK_HERD, "Clark");
        script_act(&rig, TALK_LINKS_UP "open 1\n1< IAMAT a +0+0 1\n"
                                       "2< BATCH 33 0 1 1\\n" FAR "\n"
                                       "1< IAMAT b +0+0 1\\nIAMAT a +0+0 2\n"
                                       "closed 2 reset\nclosed 3 reset\n" BONA_IS_BACK);
        int64_t syncs = RIG_STAT(&rig, syncs), resumes = RIG_STAT(&rig, resumes);
        snprintf(script, sizeof script, "4< HAVE 0 %s\n  4> %s\n", m->have, m->answer);
        SCRIPT_PLAY(&rig, script);
        CHECK_INT(RIG_STAT(&rig, syncs) - syncs, m->synced);
        CHECK_INT(RIG_STAT(&rig, resumes) - resumes, !m->synced);
        CHECK_INT(RIG_STAT(&rig, cursors_unknown), m->unknown);
        if (!m->synced) {
            script_act(&rig, "tick\n");
            snprintf(script, sizeof script, "tick\n%s%s%s",
                     m->batch[0] != '\0' ? "  4> " : "", m->batch,
                     m->batch[0] != '\0' ? "\n" : "");
            SCRIPT_PLAY(&rig, script);
        }
        rig_end(&rig);
    }
}

/* The marker seeks back over many records in several turns. */
static void a_long_seek_takes_many_turns(void)
{
    static struct listen listen;
    struct rig rig;
    rig_start(&rig, TALK_HERD "log-traffic no\n", "Clark");
    script_act(&rig, "open 1\ntick\nfail Bona down\nfail Jaquez down\n");
    listen_report(&rig, 0, 7000, 1);
    script_act(&rig, BONA_IS_BACK);
    listen_start(&listen, &rig, 4);
    script_act(&rig, "4< HAVE 0 " TALK_FEED_CLARK " 1000\ntick\n");
    CHECK_STR(listen.frames.data, "RESUME " TALK_FEED_CLARK " 1000\n");
    CHECK_INT(herd_deadline(rig.core).ns, 0);
    /* Changes meanwhile are not missed, nor sent twice. */
    listen_report(&rig, 500, 1, 1000000);
    listen_report(&rig, 6500, 1, 1000000);
    script_act(&rig, "tick\n");
    CHECK_INT((int64_t)listen.batches, 0);
    (void)listen_drain(&listen);
    CHECK_INT((int64_t)listen.records, 6001);
    CHECK_INT((int64_t)listen.counted, 6001);
    for (int i = 0; i < 7000; i++)
        if (listen.times[i] != (i >= 1000 || i == 500)) {
            CHECK_INT(i, -1);
            break;
        }
    CHECK(strstr(listen.frames.data, " 7002 ") != NULL);
    listen_end(&listen);
    rig_end(&rig);
}

/* ---- who has what from whom ---- */

/* A record's source is a start of a neighbour, not a connection. */
static void echoes_are_suppressed_after_a_reconnect(void)
{
    struct rig rig;
    rig_start(&rig, TALK_HERD, "Clark");
    script_act(&rig, TALK_LINKS_UP "2< BATCH 33 0 1 1\\n" FAR "\nopen 1\n"
                                   "1< IAMAT a +0+0 " TALK_NOW "\nclosed 2 reset\n"
                                   "closed 3 reset\n" BONA_IS_BACK);
    SCRIPT_PLAY(&rig, "4< HAVE 0 - 0\n"
                      "  4> SYNC 0 " TALK_FEED_CLARK " 2\n"
                      "tick\n"
                      "  4> BATCH 50 0 0 1\\n" NOW_A "\\nSYNCED 0 " TALK_FEED_CLARK " 2\n");
    rig_end(&rig);
}

/* A restarted neighbour has lost what it had said. */
static void a_restarted_neighbour_is_sent_everything(void)
{
    struct rig rig;
    rig_start(&rig, TALK_HERD "link-ping-ms 100000\nlink-timeout-ms 600000\n", "Clark");
    script_act(&rig, TALK_LINKS_UP "2< BATCH 33 0 1 1\\n" FAR "\nclosed 2 reset\n"
                                   "closed 3 reset\nopen 4 peer\n"
                                   "4< HELLO 0 2 2 herd Bona Clark 0000000000000000 RULES "
                                   "CLOCK NONCE\n4< AUTH 0 none 00000000000000b1\n");
    SCRIPT_PLAY(&rig, "4< HAVE 0 - 0\n"
                      "  4> SYNC 0 " TALK_FEED_CLARK " 1\n"
                      "tick\n"
                      "  4> BATCH 33 0 0 1\\n" FAR "\\nSYNCED 0 " TALK_FEED_CLARK " 1\n");
    rig_end(&rig);
}

/* ---- what neighbours say ---- */

static void one_have_is_enough(void)
{
    static const char *const bad[] = {
        "HAVE 0 - x",
        "HAVE 0 - 18446744073709551616",
        "HAVE 0 b0 1",
        "HAVE 0 x 1",
        "HAVE 0 - ",
        "HAVE 0",
        "HAVE 0 " TALK_FEED_CLARK "00 1",
    };
    struct rig rig;
    rig_start(&rig, TALK_HERD, "Clark");
    script_act(&rig, TALK_LINKS_UP);
    SCRIPT_PLAY(&rig, "2< HAVE 0 - 0\n" MALFORMED);
    rig_end(&rig);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char script[128];
        CHECK_LABEL("%s", bad[i]);
        rig_start(&rig, TALK_HERD, "Clark");
        script_act(&rig, "open 2 peer\n2< " TALK_HELLO_BONA "2< " TALK_AUTH_BONA);
        snprintf(script, sizeof script, "2< %s\n" MALFORMED, bad[i]);
        SCRIPT_PLAY(&rig, script);
        rig_end(&rig);
    }
}

/* Four changes were sent in two batches, and the position sent is 6. */
#define FOUR                                                                               \
    TALK_LINKS_UP "open 1\n1< IAMAT a +0+0 1\\nIAMAT b +0+0 1\ntick\ndrained 2\n"          \
                  "1< IAMAT c +0+0 1\\nIAMAT d +0+0 1\ntick\n"

static void acknowledgements_grow(void)
{
    static const struct {
        const char *acks, *last;
    } cases[] = {
        {"2< ACK 0 0\\nACK 0 2\\nACK 0 2\\nACK 0 4 and more\n", ""},
        {"", "ACK 0 5"},
        {"2< ACK 0 2\n", "ACK 0 1"},
        {"2< ACK 0 4\n", "ACK 0 3"},
        {"", "ACK 0 x"},
        {"", "ACK 0 18446744073709551616"},
        {"", "ACK 0"},
        /* What a PING has told may be acknowledged: an echo, for one. */
        {"2< BATCH 33 0 1 1\\n" FAR "\ndrained 2\ntick\nwait 5000\n2< ACK 0 5\n",
         "ACK 0 6"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct rig rig;
        char script[128];
        CHECK_LABEL("%s%s", cases[i].acks, cases[i].last);
        rig_start(&rig, TALK_HERD, "Clark");
        script_act(&rig, FOUR);
        script_act(&rig, cases[i].acks);
        CHECK(rig.open[2]);
        snprintf(script, sizeof script, "2< %s\n" MALFORMED, cases[i].last);
        if (cases[i].last[0] != '\0')
            SCRIPT_PLAY(&rig, script);
        rig_end(&rig);
    }
}

/* Numbers of one connection are not those of the next, which begin with RESUME. */
static void acknowledgements_begin_again(void)
{
    for (int wrong = 1; wrong <= 3; wrong += 2) {
        struct rig rig;
        char script[128];
        rig_start(&rig, TALK_HERD, "Clark");
        script_act(&rig, FOUR "2< ACK 0 4\nclosed 2 reset\n" BONA_IS_BACK);
        SCRIPT_PLAY(&rig, "4< HAVE 0 " TALK_FEED_CLARK " 2\n"
                          "  4> RESUME 0 " TALK_FEED_CLARK " 2\n"
                          "4< ACK 0 2\n");
        snprintf(script, sizeof script,
                 "4< ACK 0 %d\n"
                 "  4> BYE 0 malformed malformed or unexpected frame\n"
                 "  close 4\n",
                 wrong);
        SCRIPT_PLAY(&rig, script);
        rig_end(&rig);
        /* The same when nothing was acknowledged before. */
        rig_start(&rig, TALK_HERD, "Clark");
        script_act(&rig, FOUR "closed 2 reset\n" BONA_IS_BACK "4< HAVE 0 " TALK_FEED_CLARK
                              " 2\n");
        SCRIPT_PLAY(&rig, script);
        rig_end(&rig);
    }
}

const struct check_test test_send_missed[] = {
    {"missed_records_are_sent", missed_records_are_sent},
    {"a_long_seek_takes_many_turns", a_long_seek_takes_many_turns},
    {"echoes_are_suppressed_after_a_reconnect", echoes_are_suppressed_after_a_reconnect},
    {"a_restarted_neighbour_is_sent_everything", a_restarted_neighbour_is_sent_everything},
    {"one_have_is_enough", one_have_is_enough},
    {"acknowledgements_grow", acknowledgements_grow},
    {"acknowledgements_begin_again", acknowledgements_begin_again},
    {NULL, NULL},
};
