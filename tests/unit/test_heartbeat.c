/* SPDX-License-Identifier: ISC */
/* Signs of life on a link, and what happens without them. */
#include "check.h"
#include "rig/script.h"
#include "rig/talk.h"

#include <stdio.h>

#define BONA_UP   "open 2 peer\n2< " TALK_HELLO_BONA "2< " TALK_AUTH_BONA
#define MALFORMED "  2> BYE 0 malformed malformed or unexpected frame\n  close 2\n"

/* Jaquez is away and is not dialled. */
static void start(struct rig *rig, const char *options)
{
    rig_start_with(rig, TALK_HERD "link-retry-max-ms 3600000\n", options);
    script_act(rig, "tick\nfail Bona away\n");
}

/* ---- PING and PONG ---- */

static void pings_carry_the_position(void)
{
    struct rig rig;
    start(&rig, "");
    script_act(&rig, "link 2 Bona\nopen 1\n");
    SCRIPT_PLAY(&rig, "wait 4999\n"
                      "wait 1\n"
                      "  2> PING 0 2 0 0 DIGEST CLOCK\n"
                      "1< IAMAT a +0+0 1621464833.223371889\n"
                      "  1> AT Clark +0.000000000 a +0+0 1621464833.223371889\n"
                      "tick\n"
                      "  2> BATCH 50 0 1 1\\n"
                      "AT Clark +0.000000000 a +0+0 1621464833.223371889\n"
                      "drained 2\n"
                      "2< PONG 0 2\n"
                      "wait 5000\n"
                      "  2> PING 0 3 1 1 DIGEST CLOCK\n");
    CHECK_INT(RIG_STAT(&rig, pings_sent), 3);
    rig_end(&rig);
}

/* While the feed is not read in order, there is no position to tell. */
static void there_may_be_no_position(void)
{
    struct rig rig;
    start(&rig, "link-timeout-ms 600000\n");
    script_act(&rig, "open 1\n1< IAMAT a +0+0 1\n");
    SCRIPT_PLAY(&rig, "open 2 peer\n"
                      "2< " TALK_HELLO_BONA "  2> " TALK_HELLO_TO_BONA "  2> AUTH 0 none\n"
                      "2< " TALK_AUTH_BONA "  2> " TALK_UP_CLARK "  2> HAVE 0 - 0\n"
                      "  2> PING 0 1 0 1 DIGEST CLOCK\n"
                      "wait 5000\n"
                      "  2> PING 0 2 0 1 DIGEST CLOCK\n"
                      "2< HAVE 0 - 0\n"
                      "  2> SYNC 0 " TALK_FEED_CLARK " 1\n"
                      "pass 5000\n"
                      "tick\n"
                      "  2> PING 0 3 0 1 DIGEST CLOCK\n"
                      "  2> BATCH 40 0 0 1\\nAT Clark +1621464827.223371889 a +0+0 1\\n"
                      "SYNCED 0 " TALK_FEED_CLARK " 1\n"
                      "drained 2\n"
                      "closed 2 reset\n");
    script_act(&rig, BONA_UP);
    SCRIPT_PLAY(&rig, "2< HAVE 0 " TALK_FEED_CLARK " 1\n"
                      "  2> RESUME 0 " TALK_FEED_CLARK " 1\n"
                      "pass 5000\n"
                      "tick\n"
                      "  2> PING 0 2 0 1 DIGEST CLOCK\n"
                      "pass 5000\n"
                      "tick\n"
                      "  2> PING 0 3 1 1 DIGEST CLOCK\n");
    rig_end(&rig);
}

static void pings_are_answered(void)
{
    struct rig rig;
    start(&rig, "");
    script_act(&rig, "link 2 Bona\n");
    SCRIPT_PLAY(&rig, "2< PING 0 1 0 0 DIGEST CLOCK\n"
                      "  2> PONG 0 1\n"
                      "2< PING 2 18446744073709551615 0 7 DIGEST 5 and more\\nxy\\c\n"
                      "  2> PONG 0 18446744073709551615\n"
                      "2< PING 0 1 3 7 DIGEST CLOCK\\nPING 0 0 7 7 DIGEST 0\n"
                      "  2> PONG 0 1\n"
                      "  2> PONG 0 0\n");
    rig_end(&rig);
    /* Before the feed has begun, too. */
    start(&rig, "");
    script_act(&rig, BONA_UP);
    SCRIPT_PLAY(&rig, "2< PING 0 1 0 9 DIGEST CLOCK\n"
                      "  2> PONG 0 1\n");
    rig_end(&rig);
}

static void heartbeats_may_be_malformed(void)
{
    static const char *const bad[] = {
        "PING 0 x 0 0 DIGEST CLOCK",
        "PING 0 1 x 0 DIGEST CLOCK",
        "PING 0 1 0 x DIGEST CLOCK",
        "PING 0 1 0 0 digest CLOCK",
        "PING 0 1 0 0 000000000000000 CLOCK",
        "PING 0 1 0 0 DIGEST now",
        "PING 0 1 0 0 DIGEST -1",
        "PING 0 1 2 1 DIGEST CLOCK",
        "PING 0 1 0 18446744073709551616 DIGEST CLOCK",
        "PING 0 1 0 0 DIGEST",
        "PING 0",
        "PONG 0 x",
        "PONG 0 18446744073709551616",
        "PONG 0",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct rig rig;
        char script[160];
        CHECK_LABEL("%s", bad[i]);
        start(&rig, "");
        script_act(&rig, "link 2 Bona\n");
        snprintf(script, sizeof script, "2< %s\n" MALFORMED, bad[i]);
        SCRIPT_PLAY(&rig, script);
        rig_end(&rig);
    }
}

/* ---- what operators see ---- */

static void the_round_trip_time_is_measured(void)
{
    struct rig rig;
    start(&rig, "");
    script_act(&rig, "link 2 Bona\n");
    CHECK(script_status_has(&rig, "link Bona up accepted 0 feed 0 0"));
    script_act(&rig, "pass 37\n2< PONG 0 0\n2< PONG 0 2\n2< PONG 0 18446744073709551615\n");
    CHECK(script_status_has(&rig, "link Bona up accepted 0 feed 0 0"));
    script_act(&rig, "2< PONG 0 1\n");
    CHECK(script_status_has(&rig, "link Bona up accepted 0 feed 37000 0"));
    script_act(&rig, "wait 5000\npass 2\n2< PONG 0 2 x\n");
    CHECK(script_status_has(&rig, "link Bona up accepted 0 feed 2000 0"));
    /* Another connection knows nothing of it. */
    script_act(&rig, "closed 2 reset\nlink 2 Bona\n");
    CHECK(script_status_has(&rig, "link Bona up accepted 0 feed 0 0"));
    rig_end(&rig);
}

static void clocks_are_compared(void)
{
    struct rig rig;
    start(&rig, "");
    script_act(&rig, "link 2 Bona\n2< PING 0 1 0 0 DIGEST 1621464828.473371889\n");
    CHECK(script_status_has(&rig, "link Bona up accepted 0 feed 0 250"));
    script_act(&rig, "2< PING 0 2 0 0 DIGEST 1621464827.973371889\n");
    CHECK(script_status_has(&rig, "link Bona up accepted 0 feed 0 -250"));
    rig_end(&rig);
}

/* ---- no signs of life ---- */

#define NOT_HEARD "nothing was heard for link-timeout-ms"

static void a_silent_link_is_closed(void)
{
    struct rig rig;
    start(&rig, "");
    script_act(&rig, "link 2 Bona\n");
    SCRIPT_PLAY(&rig, "wait 5000\n"
                      "  2> PING 0 2 0 0 DIGEST CLOCK\n"
                      /* Half a word is a sign of life. */
                      "2< P\\c\n"
                      "wait 5000\n"
                      "  2> PING 0 3 0 0 DIGEST CLOCK\n"
                      "wait 5000\n"
                      "  2> PING 0 4 0 0 DIGEST CLOCK\n"
                      "wait 4999\n"
                      "wait 1\n"
                      "  2> BYE 0 quiet " NOT_HEARD "\n"
                      "  close 2\n");
    CHECK_INT(RIG_STAT(&rig, links_timed_out), 1);
    CHECK_INT(RIG_STAT(&rig, links_down), 1);
    CHECK(script_status_has(&rig, "link Bona down - 0 " NOT_HEARD));
    /* It is dialled soon. */
    script_act(&rig, "wait 300\n");
    CHECK(rig.dialling[1]);
    rig_end(&rig);
}

static void pongs_keep_a_link_open(void)
{
    struct rig rig;
    start(&rig, "");
    script_act(&rig, "link 2 Bona\n");
    for (int i = 0; i < 20; i++)
        script_act(&rig, "wait 5000\n2< PONG 0 1\n");
    CHECK(rig.open[2]);
    CHECK_INT(RIG_STAT(&rig, links_timed_out), 0);
    rig_end(&rig);
}

/* How long a batch is on its way is the caller's affair; until it has gone, nothing follows
 * but heartbeats. */
static void a_batch_may_take_long(void)
{
    struct rig rig;
    start(&rig, "");
    script_act(&rig, "link 2 Bona\nopen 1\n1< IAMAT a +0+0 1\ntick\n1< IAMAT a +0+0 2\n");
    rig_hush(&rig);
    for (int i = 0; i < 100; i++)
        script_act(&rig, "wait 5000\n2< PONG 0 1\n");
    CHECK(rig.open[2]);
    CHECK(strstr(rig.said.data, "BATCH") == NULL);
    CHECK_INT(RIG_STAT(&rig, pings_sent), 101);
    SCRIPT_PLAY(&rig, "drained 2\n"
                      "tick\n"
                      "  2> BATCH 40 1 2 1\\nAT Clark +1621464826.223371889 a +0+0 2\n");
    rig_end(&rig);
}

/* The BYE that a neighbour sends for this reason. */
static void the_neighbour_may_time_out_first(void)
{
    struct rig rig;
    start(&rig, "");
    script_act(&rig, "link 2 Bona\n");
    SCRIPT_PLAY(&rig, "2< BYE 0 quiet " NOT_HEARD "\n"
                      "  close 2\n");
    CHECK(script_status_has(&rig, "link Bona down - 0 quiet " NOT_HEARD));
    rig_end(&rig);
}

const struct check_test test_heartbeat[] = {
    {"pings_carry_the_position", pings_carry_the_position},
    {"there_may_be_no_position", there_may_be_no_position},
    {"pings_are_answered", pings_are_answered},
    {"heartbeats_may_be_malformed", heartbeats_may_be_malformed},
    {"the_round_trip_time_is_measured", the_round_trip_time_is_measured},
    {"clocks_are_compared", clocks_are_compared},
    {"a_silent_link_is_closed", a_silent_link_is_closed},
    {"pongs_keep_a_link_open", pongs_keep_a_link_open},
    {"a_batch_may_take_long", a_batch_may_take_long},
    {"the_neighbour_may_time_out_first", the_neighbour_may_time_out_first},
    {NULL, NULL},
};
