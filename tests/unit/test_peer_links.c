/* Which connection carries a link, how links end, and what goes over them. */
#include "check.h"
#include "script.h"
#include "talk.h"

#include <stdio.h>
#include <stdlib.h>

static void play(const char *script)
{
    struct rig rig;
    rig_start(&rig, TALK_HERD, "Clark");
    SCRIPT_PLAY(&rig, script);
    rig_end(&rig);
}

#define DIAL "tick\n  dial Bona\n  dial Jaquez\n"

/* ---- two connections ---- */

/* Bona's name is the smaller one: the connection that it dialled survives. */
static void the_smaller_name_dials(void)
{
    play(DIAL "open 2 dialled Bona\n"
              "  2> " TALK_HELLO_TO_BONA "open 3 peer\n"
              "3< " TALK_HELLO_BONA "  3> " TALK_HELLO_TO_BONA "2< " TALK_HELLO_BONA
              "  2> BYE 0 duplicate another connection carries this link\n"
              "  close 2\n"
              "wait 60000\n");
    play(DIAL "open 2 dialled Bona\n"
              "  2> " TALK_HELLO_TO_BONA "2< " TALK_HELLO_BONA "open 3 peer\n"
              "3< " TALK_HELLO_BONA
              "  2> BYE 0 duplicate another connection carries this link now\n"
              "  3> " TALK_HELLO_TO_BONA "  close 2\n"
              "wait 60000\n");
}

/* Jaquez' name is the greater one: the connection that Clark dialled survives. */
static void the_greater_name_gives_way(void)
{
    play(DIAL "open 2 dialled Jaquez\n"
              "  2> " TALK_HELLO_TO_JAQUEZ "2< " TALK_HELLO_JAQUEZ "open 3 peer\n"
              "3< " TALK_HELLO_JAQUEZ
              "  3> BYE 0 duplicate another connection carries this link\n"
              "  close 3\n");
    play(DIAL "open 2 dialled Jaquez\n"
              "  2> " TALK_HELLO_TO_JAQUEZ "open 3 peer\n"
              "3< " TALK_HELLO_JAQUEZ "  3> " TALK_HELLO_TO_JAQUEZ "2< " TALK_HELLO_JAQUEZ
              "  3> BYE 0 duplicate another connection carries this link now\n"
              "  close 3\n");
}

static void a_restarted_neighbour_takes_over(void)
{
    play(DIAL "open 2 dialled Jaquez\n"
              "  2> " TALK_HELLO_TO_JAQUEZ "2< " TALK_HELLO_JAQUEZ "open 3 peer\n"
              "3< HELLO 0 1 1 Jaquez Clark 00000000000000f1\n"
              "  2> BYE 0 duplicate another connection carries this link now\n"
              "  3> " TALK_HELLO_TO_JAQUEZ "  close 2\n");
}

/* The other side sees the collision first; its good-bye is no news. */
static void a_duplicate_may_be_refused_there(void)
{
    struct rig rig;
    rig_start(&rig, TALK_HERD, "Clark");
    SCRIPT_PLAY(&rig, DIAL "open 2 dialled Bona\n"
                           "  2> " TALK_HELLO_TO_BONA "open 3 peer\n"
                           "3< " TALK_HELLO_BONA "  3> " TALK_HELLO_TO_BONA
                           "2< BYE 0 duplicate another connection carries this link\n"
                           "  close 2\n");
    CHECK_INT((int64_t)herd_core_links_up(rig.core), 1);
    CHECK_INT(RIG_STAT(&rig, links_down), 0);
    rig_end(&rig);
}

static void strangers_may_take_leave(void)
{
    play("open 2 peer\n"
         "2< BYE 0 closing never mind\n"
         "  close 2\n");
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

static void the_reason_is_remembered(void)
{
    struct rig rig;
    rig_start(&rig, TALK_HERD, "Clark");
    rig.logs = true;
    SCRIPT_PLAY(&rig, "tick\n"
                      "  dial Bona\n"
                      "  dial Jaquez\n"
                      "fail Bona connection refused\n"
                      "  log herd 0 - cannot reach Bona: connection refused\\c\n"
                      "fail Jaquez no route to host\n"
                      "  log herd 0 - cannot reach Jaquez: no route to host\\c\n"
                      "wait 300\n"
                      "  dial Bona\n"
                      "  dial Jaquez\n"
                      "fail Bona connection refused\n"
                      "open 3 dialled Jaquez\n"
                      "  3> " TALK_HELLO_TO_JAQUEZ
                      "  log peer 3 > HELLO 0 1 1 Clark Jaquez 00000000000c1a4c\\c\n"
                      "3< BYE 0 refused go\\x1b[2J away\n"
                      "  close 3\n");
    SCRIPT_PLAY(&rig, "open 2 peer\n"
                      "2< " TALK_HELLO_BONA "  2> " TALK_HELLO_TO_BONA
                      "  log peer 2 > HELLO 0 1 1 Clark Bona 00000000000c1a4c\\c\n"
                      "  log herd 2 - link to Bona is up (accepted)\\c\n"
                      "2< BATCH 1 1\\n\\n\\c\n"
                      "  log peer 2 < \\c\n"
                      "closed 2 connection reset\n"
                      "  log herd 0 - link to Bona is down: connection reset\\c\n");
    rig_end(&rig);
}

/* ---- the feed ---- */

#define NOW_A "AT Clark +0.000000000 a +0+0 " TALK_NOW
#define FAR   "AT Bona +0.1 far +0+0 2000000000"

static void news_goes_to_everyone_else(void)
{
    struct rig rig;
    rig_start(&rig, TALK_HERD, "Clark");
    script_act(&rig, TALK_LINKS_UP "open 1\n");
    CHECK(herd_mono_is_never(herd_deadline(rig.core)));
    SCRIPT_PLAY(&rig, "1< IAMAT a +0+0 " TALK_NOW "\n"
                      "  1> " NOW_A "\n"
                      "tick\n"
                      "  2> BATCH 00050 00001\\n" NOW_A "\n"
                      "  3> BATCH 00050 00001\\n" NOW_A "\n"
                      "tick\n"
                      "2< BATCH 33 1\\n" FAR "\n"
                      "tick\n"
                      "drained 2\n"
                      "drained 3\n"
                      "tick\n"
                      "  3> BATCH 00033 00001\\n" FAR "\n"
                      "drained 3\n"
                      "tick\n");
    CHECK_INT(RIG_STAT(&rig, records_sent), 3);
    CHECK_INT(RIG_STAT(&rig, records_echoes), 1);
    /* What is not news goes nowhere. */
    SCRIPT_PLAY(&rig, "3< BATCH 33 1\\n" FAR "\n"
                      "1< IAMAT a +1+1 " TALK_NOW "\n"
                      "  1> AT Clark +0.000000000 a +1+1 " TALK_NOW "\n"
                      "tick\n");
    CHECK(herd_mono_is_never(herd_deadline(rig.core)));
    rig_end(&rig);
}

static void superseded_records_are_left_out(void)
{
    struct rig rig;
    rig_start(&rig, TALK_HERD, "Clark");
    script_act(&rig, TALK_LINKS_UP "open 1\nclosed 3 reset\n");
    SCRIPT_PLAY(&rig, "1< IAMAT a +0+0 1\n"
                      "  1> AT Clark +1621464827.223371889 a +0+0 1\n"
                      "tick\n"
                      "  2> BATCH 00040 00001\\nAT Clark +1621464827.223371889 a +0+0 1\n");
    for (int i = 2; i < 100; i++) {
        char line[80];
        snprintf(line, sizeof line, "1< IAMAT a +0+0 %d\ntick\n", i);
        script_act(&rig, line);
    }
    SCRIPT_PLAY(&rig,
                "drained 2\n"
                "tick\n"
                "  2> BATCH 00041 00001\\nAT Clark +1621464729.223371889 a +0+0 99\n");
    CHECK_INT(RIG_STAT(&rig, records_sent), 2);
    rig_end(&rig);
}

static void a_reconnect_brings_everything(void)
{
    struct rig rig;
    rig_start(&rig, TALK_HERD, "Clark");
    script_act(&rig, TALK_LINKS_UP "2< BATCH 33 1\\n" FAR "\n"
                                   "open 1\n1< IAMAT a +0+0 " TALK_NOW "\ntick\n");
    SCRIPT_PLAY(&rig, "closed 2 reset\n"
                      "open 4 peer\n"
                      "4< HELLO 0 1 1 Bona Clark 00000000000000b1\n"
                      "  4> " TALK_HELLO_TO_BONA "tick\n"
                      "  4> BATCH 00083 00002\\n" FAR "\\n" NOW_A "\n");
    rig_end(&rig);
}

/* Each batch is closed by the record that reaches 16 KiB. */
static void batches_are_bounded(void)
{
    struct rig rig;
    rig_start(&rig, TALK_HERD, "Clark");
    script_act(&rig, TALK_LINKS_UP "open 1\n");
    for (int i = 0; i < 500; i++) {
        char line[80];
        snprintf(line, sizeof line, "1< IAMAT client-%05d +0+0 " TALK_NOW "\n", i);
        script_act(&rig, line);
    }
    int64_t sent = 0, batches = 0;
    while (herd_deadline(rig.core).ns == 0) {
        int64_t before = RIG_STAT(&rig, records_sent);
        rig_hush(&rig);
        script_act(&rig, "tick\n");
        CHECK_INT(RIG_STAT(&rig, batches_sent), 2 * ++batches);
        REQUIRE(memcmp(rig.said.data, "  2> BATCH ", 11) == 0);
        CHECK(strtoul(rig.said.data + 11, NULL, 10) < 16384 + 60);
        /* At most one each, until the system has taken it. */
        script_act(&rig, "tick\n");
        CHECK_INT(RIG_STAT(&rig, batches_sent), 2 * batches);
        sent += RIG_STAT(&rig, records_sent) - before;
        script_act(&rig, "drained 2\ndrained 3\n");
    }
    CHECK_INT(batches, 2);
    CHECK_INT(sent, 1000);
    rig_end(&rig);
}

static void many_echoes_take_turns(void)
{
    struct rig rig;
    rig_start(&rig, TALK_HERD, "Clark");
    script_act(&rig, TALK_LINKS_UP "closed 3 reset\n");
    for (int i = 0; i < 5000; i++) {
        char line[80];
        snprintf(line, sizeof line, "2< BATCH 31 1\\nAT Bona +0.1 far-%05d +0+0 20\n", i);
        script_act(&rig, line);
    }
    script_act(&rig, "tick\n");
    CHECK_INT(RIG_STAT(&rig, records_echoes), 4096);
    CHECK_INT(herd_deadline(rig.core).ns, 0);
    script_act(&rig, "tick\n");
    CHECK_INT(RIG_STAT(&rig, records_echoes), 5000);
    CHECK(herd_deadline(rig.core).ns != 0);
    rig_end(&rig);
}

static void records_are_logged(void)
{
    struct rig rig;
    rig_start(&rig, TALK_HERD, "Clark");
    script_act(&rig, TALK_LINKS_UP "open 1\n"
                                   "1< IAMAT a +0+0 " TALK_NOW "\\nIAMAT b +0+0 1\n");
    rig.logs = true;
    SCRIPT_PLAY(&rig, "2< BATCH 33 1\\n" FAR "\n"
                      "  log peer 2 < " FAR "\\c\n"
                      "tick\n"
                      "  2> BATCH 00090 00002\\n" NOW_A
                      "\\nAT Clark +1621464827.223371889 b +0+0 1\n"
                      "  log peer 2 > " NOW_A "\\c\n"
                      "  log peer 2 > AT Clark +1621464827.223371889 b +0+0 1\\c\n"
                      "  3> BATCH 00123 00003\\n" NOW_A
                      "\\nAT Clark +1621464827.223371889 b +0+0 1\\n" FAR "\n"
                      "  log peer 3 > " NOW_A "\\c\n"
                      "  log peer 3 > AT Clark +1621464827.223371889 b +0+0 1\\c\n"
                      "  log peer 3 > " FAR "\\c\n");
    rig_end(&rig);
    rig_start(&rig, TALK_HERD "log-traffic no\n", "Clark");
    script_act(&rig, TALK_LINKS_UP);
    rig.logs = true;
    SCRIPT_PLAY(&rig, "2< BATCH 33 1\\n" FAR "\n"
                      "tick\n"
                      "  3> BATCH 00033 00001\\n" FAR "\n");
    rig_end(&rig);
}

const struct check_test test_peer_links[] = {
    {"the_smaller_name_dials", the_smaller_name_dials},
    {"the_greater_name_gives_way", the_greater_name_gives_way},
    {"a_restarted_neighbour_takes_over", a_restarted_neighbour_takes_over},
    {"a_duplicate_may_be_refused_there", a_duplicate_may_be_refused_there},
    {"strangers_may_take_leave", strangers_may_take_leave},
    {"a_lost_link_is_dialled_again", a_lost_link_is_dialled_again},
    {"the_reason_is_remembered", the_reason_is_remembered},
    {"news_goes_to_everyone_else", news_goes_to_everyone_else},
    {"superseded_records_are_left_out", superseded_records_are_left_out},
    {"a_reconnect_brings_everything", a_reconnect_brings_everything},
    {"batches_are_bounded", batches_are_bounded},
    {"many_echoes_take_turns", many_echoes_take_turns},
    {"records_are_logged", records_are_logged},
    {NULL, NULL},
};
