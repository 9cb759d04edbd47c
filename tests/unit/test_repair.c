/* SPDX-License-Identifier: ISC */
/* Both ends of a link are at rest and hold different records. */
#include "check.h"
#include "rig/script.h"
#include "rig/talk.h"

#include <stdio.h>

#define FAR  "AT Bona +0.1 far +0+0 2000000000"
#define NEAR "AT Bona +0.1 near +0+0 2000000000"
#define A1   "AT Clark +1621464827.223371889 a +0+0 1"

/* Bona's heartbeat after one change, with another digest than Clark's. */
#define DIFFERS "PING 0 1 1 1 00000000000000dd CLOCK\n"
#define EQUALS  "PING 0 1 1 1 DIGEST CLOCK\n"

/* Holds a record of its own, and one that Bona has sent; all is told. */
#define TOLD                                                                               \
    "link 2 Bona\n2< BATCH 33 0 1 1\\n" FAR "\nopen 1\n1< IAMAT a +0+0 1\ntick\n"          \
    "drained 2\ntick\n"

/* And Bona has answered a heartbeat after it. */
#define AT_REST TOLD "wait 600000\n2< PONG 0 2\n"

static void start_beating(struct rig *rig, int ping_ms)
{
    char conf[1024];
    snprintf(conf, sizeof conf,
             TALK_HERD "link-ping-ms %d\nlink-timeout-ms 3600000\n"
                       "link-retry-max-ms 3600000\nlog-traffic no\n",
             ping_ms);
    rig_start(rig, conf, "Clark");
    script_act(rig, "tick\nfail Bona away\nfail Jaquez away\nopen 3 peer\n");
    rig_hush(rig);
}

static void start(struct rig *rig)
{
    start_beating(rig, 600000);
}

static void check_counts(struct rig *rig, int64_t differ, int64_t repairs)
{
    CHECK_INT(RIG_STAT(rig, digest_mismatches), differ);
    CHECK_INT(RIG_STAT(rig, repairs), repairs);
    CHECK_INT(RIG_STAT(rig, syncs_lagging), 0);
}

static void a_difference_is_repaired(void)
{
    struct rig rig;
    start(&rig);
    script_act(&rig, AT_REST);
    rig.logs = true;
    SCRIPT_PLAY(&rig, "2< " DIFFERS "  2> PONG 0 1\n");
    check_counts(&rig, 1, 0);
    SCRIPT_PLAY(&rig, "2< " DIFFERS "  2> PONG 0 1\\nSYNC 0 " TALK_FEED_CLARK " 2\n"
                      "  log herd 2 - the digest of Bona differs from this server's: "
                      "starting a full sync\n");
    check_counts(&rig, 2, 1);
    CHECK(script_status_has(&rig, "link Bona up accepted 2 sync 0 0"));
    /* Even what has come from there is sent: it may be what was lost. */
    rig_hush(&rig);
    script_act(&rig, "tick\n");
    CHECK(strstr(rig.said.data, A1 "\\n") != NULL);
    CHECK(strstr(rig.said.data, FAR "\\n") != NULL);
    CHECK(strstr(rig.said.data, "\\nSYNCED 0 " TALK_FEED_CLARK " 2\n") != NULL);
    CHECK(memcmp(rig.said.data, "  2> BATCH 73 0 0 2\\n", 20) == 0);
    /* After that echoes are left out again. */
    script_act(&rig, "drained 2\n2< BATCH 34 1 2 1\\n" NEAR "\ntick\n");
    CHECK_INT(RIG_STAT(&rig, echoes_suppressed), 2);
    rig_end(&rig);
}

static void equal_digests_are_no_difference(void)
{
    struct rig rig;
    start(&rig);
    script_act(&rig, AT_REST "2< " EQUALS "2< " EQUALS "2< " EQUALS "2< " EQUALS);
    check_counts(&rig, 0, 0);
    /* It begins anew after each pair of equal ones. */
    script_act(&rig, "2< " DIFFERS "2< " EQUALS "2< " DIFFERS "2< " EQUALS "2< " DIFFERS);
    check_counts(&rig, 3, 0);
    rig_end(&rig);
}

/* ---- records on their way explain a difference ---- */

#define NEWS "1< IAMAT a +0+0 2\ntick\ndrained 2\ntick\n"

/* That the kernel has taken a batch does not mean that Bona has: only the answer to a
 * heartbeat after it does. */
static void a_difference_is_proven(void)
{
    struct rig rig;
    start(&rig);
    script_act(&rig, TOLD);
    for (int i = 0; i < 5; i++)
        script_act(&rig, "2< " DIFFERS);
    check_counts(&rig, 0, 0);
    CHECK_LABEL("the answer to one before the batch");
    script_act(&rig, "2< PONG 0 1\n2< " DIFFERS);
    check_counts(&rig, 0, 0);
    CHECK_LABEL("answers to what was not asked");
    script_act(&rig, "2< PONG 0 3\n2< PONG 0 18446744073709551615\n2< " DIFFERS);
    check_counts(&rig, 0, 0);
    CHECK_LABEL("one that is under way");
    script_act(&rig, "wait 600000\n2< " DIFFERS);
    check_counts(&rig, 0, 0);
    CHECK_LABEL("a late answer, when the next one is under way");
    script_act(&rig, "wait 600000\n2< PONG 0 2\n2< " DIFFERS);
    check_counts(&rig, 1, 0);
    CHECK_LABEL("an older answer takes nothing back");
    script_act(&rig, "2< PONG 0 1\n2< " DIFFERS);
    check_counts(&rig, 2, 1);
    rig_end(&rig);
}

/* The answers of one connection prove nothing on the next. */
static void a_new_connection_proves_anew(void)
{
    struct rig rig;
    start(&rig);
    script_act(&rig, AT_REST "wait 600000\n2< PONG 0 3\nclosed 2 reset\nlink 2 Bona\n" NEWS
                             "2< " DIFFERS "2< " DIFFERS);
    check_counts(&rig, 0, 0);
    script_act(&rig, "wait 600000\n2< PONG 0 2\n2< " DIFFERS);
    check_counts(&rig, 1, 0);
    rig_end(&rig);
}

static void no_repair_while_records_move(void)
{
    static const char *const moves[] = {
        /* Clark's records change, and it has not been answered since. */
        "2< " DIFFERS NEWS "2< " DIFFERS "2< " DIFFERS "2< " DIFFERS,
        /* Bona has more to send. */
        "2< PING 0 1 1 2 00000000000000dd CLOCK\n2< PING 0 1 1 2 00000000000000dd CLOCK\n"
        "2< PING 0 1 1 2 00000000000000dd CLOCK\n2< PING 0 1 1 2 00000000000000dd CLOCK\n",
        /* Clark has: a batch that is not taken, */
        "1< IAMAT a +0+0 2\ntick\n2< " DIFFERS "2< " DIFFERS "2< " DIFFERS "2< " DIFFERS,
        /* and one that is not sent. */
        "1< IAMAT a +0+0 2\n2< " DIFFERS "2< " DIFFERS "2< " DIFFERS "2< " DIFFERS,
        /* Bona walks. */
        "2< SYNC 0 " TALK_FEED_BONA " 1\n2< " DIFFERS "2< " DIFFERS "2< " DIFFERS
        "2< " DIFFERS,
        /* Clark's answer to Bona's HAVE is still to come. */
        "closed 2 reset\nopen 2 peer\n2< " TALK_HELLO_BONA "2< " TALK_AUTH_BONA
        "2< PONG 0 1\n2< RESUME 0 " TALK_FEED_BONA " 1\n2< " DIFFERS "2< " DIFFERS
        "2< " DIFFERS "2< " DIFFERS,
    };
    for (size_t i = 0; i < sizeof moves / sizeof *moves; i++) {
        struct rig rig;
        CHECK_LABEL("%s", moves[i]);
        start(&rig);
        script_act(&rig, AT_REST);
        script_act(&rig, moves[i]);
        CHECK(rig.open[2]);
        CHECK_INT(RIG_STAT(&rig, repairs), 0);
        CHECK(RIG_STAT(&rig, digest_mismatches) <= 2);
        rig_end(&rig);
    }
}

/* ---- ... but a difference that stays is found under load, too ---- */

/* Without a proof of its own Clark lets Bona have one: a heartbeat after the answer. But
 * it does so once, until its next heartbeat is due. */
static void a_proof_is_asked_for(void)
{
    struct rig rig;
    start(&rig);
    script_act(&rig, TOLD);
    SCRIPT_PLAY(&rig, "2< " DIFFERS "  2> PONG 0 1\\nPING 0 2 2 2 DIGEST CLOCK\n"
                      "2< " DIFFERS "  2> PONG 0 1\n");
    script_act(&rig, "wait 600000\n");
    SCRIPT_PLAY(&rig, "2< " DIFFERS "  2> PONG 0 1\\nPING 0 4 2 2 DIGEST CLOCK\n"
                      "2< " DIFFERS "  2> PONG 0 1\n");
    check_counts(&rig, 0, 0);
    rig_end(&rig);
}

/* One that does not stand at the end of the feed would prove nothing; and who holds the
 * same, or has a proof, need not ask. */
static void a_proof_is_not_asked_for_in_vain(void)
{
    struct rig rig;
    start(&rig);
    script_act(&rig, TOLD);
    SCRIPT_PLAY(&rig, "2< " EQUALS "  2> PONG 0 1\n");
    script_act(&rig, "1< IAMAT a +0+0 2\n");
    SCRIPT_PLAY(&rig, "2< " DIFFERS "  2> PONG 0 1\n");
    script_act(&rig, "tick\ndrained 2\ntick\nwait 600000\n2< PONG 0 2\n");
    SCRIPT_PLAY(&rig, "2< " DIFFERS "  2> PONG 0 1\n");
    check_counts(&rig, 1, 0);
    rig_end(&rig);
}

/* Records that change between two proofs make the first no less true. */
static void proofs_may_be_far_apart(void)
{
    struct rig rig;
    start(&rig);
    script_act(&rig, AT_REST "2< " DIFFERS NEWS "2< " DIFFERS);
    check_counts(&rig, 1, 0);
    script_act(&rig, "2< PONG 0 3\n2< " DIFFERS);
    check_counts(&rig, 2, 1);
    rig_end(&rig);
}

/* ---- not too often ---- */

/* For how many seconds more a difference stays without a repair; heartbeats go on
 * every second. `before`: those that were sent before this connection. */
static int64_t until_repair(struct rig *rig, int64_t before)
{
    int64_t repairs = RIG_STAT(rig, repairs), seconds = 0;
    while (RIG_STAT(rig, repairs) == repairs && seconds < 2000) {
        char line[160];
        seconds++;
        script_act(rig, "wait 1000\n");
        snprintf(line, sizeof line, "2< PONG 0 %d\n2< %stick\ndrained 2\n",
                 (int)(RIG_STAT(rig, pings_sent) - before), DIFFERS);
        script_act(rig, line);
        rig_hush(rig);
    }
    return seconds;
}

static void repairs_become_rare(void)
{
    static const int64_t pauses[] = {2, 10, 20, 40, 80, 160, 320, 600, 600};
    struct rig rig;
    start_beating(&rig, 1000);
    script_act(&rig, TOLD);
    for (size_t i = 0; i < sizeof pauses / sizeof *pauses; i++) {
        CHECK_LABEL("repair %zu", i + 1);
        CHECK_INT(until_repair(&rig, 0), pauses[i]);
    }
    /* When the digests were equal once, a new difference is repaired as soon as the first.
     */
    script_act(&rig, "2< " EQUALS);
    CHECK_INT(until_repair(&rig, 0), 2);
    CHECK_INT(until_repair(&rig, 0), 10);
    rig_end(&rig);
}

/* A new connection does not make it any better. */
static void a_reconnect_starts_no_repair_early(void)
{
    struct rig rig;
    start_beating(&rig, 1000);
    script_act(&rig, TOLD);
    CHECK_INT(until_repair(&rig, 0), 2);
    CHECK_INT(until_repair(&rig, 0), 10);
    int64_t before = RIG_STAT(&rig, pings_sent);
    script_act(&rig, "closed 2 reset\nlink 2 Bona\ndrained 2\n");
    CHECK_INT(until_repair(&rig, before), 20);
    rig_end(&rig);
}

/* A repair is a walk, and waits like one while two others are being sent everything. */
static void repairs_wait_for_their_turn(void)
{
    struct rig rig;
    rig_start(&rig,
              "server Clark client a:1 peer a:2\nserver Bona client b:1 peer b:2\n"
              "server Cyd client c:1 peer c:2\nserver Dot client d:1 peer d:2\n"
              "link Clark Bona Cyd Dot\n"
              "link-ping-ms 600000\nlink-timeout-ms 3600000\nlog-traffic no\n",
              "Clark");
    script_act(&rig, "tick\n" AT_REST);
    script_act(&rig, "open 4 peer\n"
                     "4< HELLO 0 2 2 herd Cyd Clark 0000000000000000 RULES CLOCK NONCE\n"
                     "4< AUTH 0 none 0000000000000004\\nHAVE 0 - 0\nopen 5 peer\n"
                     "5< HELLO 0 2 2 herd Dot Clark 0000000000000000 RULES CLOCK NONCE\n"
                     "5< AUTH 0 none 0000000000000005\\nHAVE 0 - 0\n"
                     "2< " DIFFERS "2< " DIFFERS "2< " DIFFERS "2< " DIFFERS);
    check_counts(&rig, 4, 0);
    script_act(&rig, "closed 5 reset\n2< " DIFFERS);
    check_counts(&rig, 5, 1);
    rig_end(&rig);
}

const struct check_test test_repair[] = {
    {"a_difference_is_repaired", a_difference_is_repaired},
    {"equal_digests_are_no_difference", equal_digests_are_no_difference},
    {"a_difference_is_proven", a_difference_is_proven},
    {"a_proof_is_asked_for", a_proof_is_asked_for},
    {"a_proof_is_not_asked_for_in_vain", a_proof_is_not_asked_for_in_vain},
    {"proofs_may_be_far_apart", proofs_may_be_far_apart},
    {"a_new_connection_proves_anew", a_new_connection_proves_anew},
    {"no_repair_while_records_move", no_repair_while_records_move},
    {"repairs_become_rare", repairs_become_rare},
    {"a_reconnect_starts_no_repair_early", a_reconnect_starts_no_repair_early},
    {"repairs_wait_for_their_turn", repairs_wait_for_their_turn},
    {NULL, NULL},
};
