/* Which connection carries a link, and how links end. */
#include "check.h"
#include "script.h"
#include "talk.h"

static void play(const char *script)
{
    struct rig rig;
    rig_start(&rig, TALK_HERD, "Clark");
    SCRIPT_PLAY(&rig, script);
    CHECK_INT(RIG_STAT(&rig, links_down), 0);
    rig_end(&rig);
}

#define DIAL "tick\n  dial Bona\n  dial Jaquez\n"

/* A neighbour dials, or answers; then it proves itself. */
#define BONA_DIALS(n)                                                                      \
    "open " n " peer\n" n "< " TALK_HELLO_BONA "  " n "> " TALK_HELLO_TO_BONA
#define BONA_ANSWERS(n)                                                                    \
    "open " n " dialled Bona\n  " n "> " TALK_HELLO_TO_BONA n "< " TALK_HELLO_BONA "  " n  \
    "> AUTH 0 none\n"
#define JAQUEZ_DIALS(n)                                                                    \
    "open " n " peer\n" n "< " TALK_HELLO_JAQUEZ "  " n "> " TALK_HELLO_TO_JAQUEZ
#define JAQUEZ_ANSWERS(n)                                                                  \
    "open " n " dialled Jaquez\n  " n "> " TALK_HELLO_TO_JAQUEZ n "< " TALK_HELLO_JAQUEZ   \
    "  " n "> AUTH 0 none\n"
#define AUTH(n)        n "< AUTH 0 none\n"
#define DIALLED_UP(n)  TALK_FIRST(n)
#define ACCEPTED_UP(n) "  " n "> AUTH 0 none\n" TALK_FIRST(n)

/* ---- two connections ---- */

/* Bona's name is the smaller one: the connection that it dialled survives. When Bona has
 * proved itself on the other one too, it takes that for the link until it sees this one;
 * so it is Bona who says good-bye there. */
static void the_smaller_name_dials(void)
{
    play(DIAL BONA_ANSWERS("2") BONA_DIALS("3") AUTH("3") ACCEPTED_UP("3")
             AUTH("2") "2< HAVE 0 - 0\n"
                       "2< BYE 0 duplicate another connection carries this link now\n"
                       "  close 2\n"
                       "wait 4999\n");
    play(
        DIAL BONA_ANSWERS("2") AUTH("2") DIALLED_UP("2") BONA_DIALS("3") AUTH("3")
            ACCEPTED_UP("3") "2< BATCH 0 3 3 0\n"
                             "2< NEWS 0\n"
                             "2< BYE 0 duplicate another connection carries this link now\n"
                             "  close 2\n"
                             "wait 4999\n");
}

/* Jaquez' name is the greater one: the connection that Clark dialled survives. */
static void the_greater_name_gives_way(void)
{
    play(DIAL JAQUEZ_ANSWERS("2") AUTH("2") DIALLED_UP("2") JAQUEZ_DIALS("3")
             AUTH("3") "  3> BYE 0 duplicate another connection carries this link\n"
                       "  close 3\n");
    play(DIAL JAQUEZ_ANSWERS("2") JAQUEZ_DIALS("3") AUTH("3") ACCEPTED_UP("3")
             AUTH("2") "  3> BYE 0 duplicate another connection carries this link "
                       "now\n" DIALLED_UP("2") "  close 3\n");
}

/* Whoever dials again has lost the connection that it had dialled before. */
static void a_dead_connection_is_replaced(void)
{
    play(BONA_DIALS("2") AUTH("2") ACCEPTED_UP("2") BONA_DIALS("3") AUTH("3")
             ACCEPTED_UP("3") "wait 4999\n"
                              "  dial Jaquez\n"
                              "wait 1\n"
                              "  3> PING 0 2 0 0 DIGEST CLOCK\n"
                              "  close 2\n");
}

/* The neighbour need not say good-bye on the connection that has lost. */
static void a_lost_connection_is_given_up(void)
{
    play(DIAL BONA_ANSWERS("2") BONA_DIALS("3") AUTH("3") ACCEPTED_UP("3")
             AUTH("2") "wait 4999\n"
                       "wait 1\n"
                       "  3> PING 0 2 0 0 DIGEST CLOCK\n"
                       "  close 2\n");
    play(DIAL BONA_ANSWERS("2") BONA_DIALS("3") AUTH("3") ACCEPTED_UP("3")
             AUTH("2") "eof 2\n"
                       "  close 2\n");
}

/* What is said on it is no longer about the link. */
static void a_lost_connection_may_babble(void)
{
    struct rig rig;
    rig_start(&rig, TALK_HERD, "Clark");
    SCRIPT_PLAY(&rig, DIAL BONA_ANSWERS("2") BONA_DIALS("3") AUTH("3") ACCEPTED_UP("3")
                          AUTH("2") "2< nonsense\n"
                                    "  2> BYE 0 malformed malformed header\n"
                                    "  close 2\n"
                                    "closed 3 connection reset\n");
    CHECK(script_status_has(&rig, "link Bona down - 0 connection reset"));
    rig_end(&rig);
}

/* The other side sees the collision first; its good-bye is no news. */
static void a_duplicate_may_be_refused_there(void)
{
    struct rig rig;
    rig_start(&rig, TALK_HERD, "Clark");
    SCRIPT_PLAY(&rig, DIAL BONA_ANSWERS("2") BONA_DIALS("3") AUTH("3") ACCEPTED_UP(
                          "3") "2< BYE 0 duplicate another connection carries this link\n"
                               "  close 2\n");
    CHECK_INT((int64_t)herd_core_links_up(rig.core), 1);
    CHECK_INT(RIG_STAT(&rig, links_down), 0);
    rig_end(&rig);
}

static void strangers_may_take_leave(void)
{
    play("open 2 peer\n"
         "2< BYE 0 closing never mind\n"
         "  close 2\n"
         "open 3 peer\n"
         "3< BYE 0\n"
         "  close 3\n");
}

/* ---- another server of the same name ---- */

#define OTHER_BONA "HELLO 0 1 1 herd Bona Clark 00000000000000b1 RULES CLOCK NONCE\n"
#define NAME_TAKEN "another server of this name is connected"
#define NO_SIGN    "another one of its name came, and it gave no sign of life"
#define OTHER_COMES(n)                                                                     \
    "open " n " peer\n" n "< " OTHER_BONA "  " n "> " TALK_HELLO_TO_BONA AUTH(             \
        n) "  " n "> BYE 0 taken " NAME_TAKEN "\n"

/* The link is asked for a sign of life, and gives it. */
static void a_name_may_be_taken(void)
{
    struct rig rig;
    rig_start(&rig, TALK_HERD, "Clark");
    SCRIPT_PLAY(&rig, TALK_LINKS_UP OTHER_COMES("4") "  2> PING 0 2 0 0 DIGEST CLOCK\n"
                                                     "  close 4\n"
                /* One question is enough. */
                OTHER_COMES("5") "  close 5\n"
                                 "2< PONG 0 2\n"
                                 "wait 2000\n");
    CHECK_INT(RIG_STAT(&rig, peers_name_in_use), 2);
    CHECK_INT(RIG_STAT(&rig, peers_refused), 2);
    CHECK_INT(RIG_STAT(&rig, links_timed_out), 0);
    CHECK_INT(RIG_STAT(&rig, links_down), 0);
    CHECK(script_status_has(&rig, "refusal Bona 2 " NAME_TAKEN));
    CHECK(script_status_has(&rig, "link Bona up accepted 0 feed 0 0"));
    rig_end(&rig);
}

/* The same behind the address that Clark dials: Bona was restarted, and Clark has not seen
 * the end of the old one. */
static void a_name_may_be_taken_by_a_dial(void)
{
    play(DIAL "open 2 dialled Bona\n"
              "  2> " TALK_HELLO_TO_BONA BONA_DIALS("3") AUTH("3")
                  ACCEPTED_UP("3") "2< " OTHER_BONA "  2> AUTH 0 none\n" AUTH(
                      "2") "  2> BYE 0 taken " NAME_TAKEN "\n"
                           "  3> PING 0 2 0 0 DIGEST CLOCK\n"
                           "  close 2\n");
}

static void a_name_is_given_to_who_lives(void)
{
    struct rig rig;
    rig_start(&rig, TALK_HERD, "Clark");
    SCRIPT_PLAY(&rig, TALK_LINKS_UP OTHER_COMES("4") "  2> PING 0 2 0 0 DIGEST CLOCK\n"
                                                     "  close 4\n"
                                                     "wait 1999\n"
                                                     "wait 1\n"
                                                     "  2> BYE 0 quiet " NO_SIGN "\n"
                                                     "  close 2\n");
    CHECK_INT(RIG_STAT(&rig, links_timed_out), 1);
    CHECK_INT(RIG_STAT(&rig, links_down), 1);
    CHECK(script_status_has(&rig, "link Bona down - 0 " NO_SIGN));
    script_act(&rig, "link 5 Bona/b1\n");
    CHECK_INT((int64_t)herd_core_links_up(rig.core), 2);
    CHECK_INT(RIG_STAT(&rig, peers_name_in_use), 1);
    rig_end(&rig);
}

/* "taken" is no reason to stay away for long. */
static void who_is_taken_for_another_comes_again(void)
{
    struct rig rig;
    int64_t waited = 0;
    rig_start(&rig, TALK_HERD "link-retry-min-ms 100\nlink-retry-max-ms 5000\n", "Clark");
    SCRIPT_PLAY(&rig, DIAL BONA_ANSWERS("2") "2< BYE 0 taken " NAME_TAKEN "\n"
                                             "  close 2\n");
    CHECK(script_status_has(&rig, "link Bona down - 0 taken " NAME_TAKEN));
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

#define HELLO_LOG(to)                                                                      \
    "HELLO 0 1 1 herd Clark " to " 00000000000c1a4c RULES CLOCK NONCE\\c\n"

static void the_reason_is_remembered(void)
{
    struct rig rig;
    rig_start(&rig, TALK_HERD, "Clark");
    rig.logs = true;
    SCRIPT_PLAY(&rig,
                "tick\n"
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
                "  3> " TALK_HELLO_TO_JAQUEZ "  log peer 3 > " HELLO_LOG(
                    "Jaquez") "3< BYE 0 refused go\\x1b[2J away\n"
                              "  log herd 3 - Jaquez sent BYE: refused go?[2J away\\c\n"
                              "  close 3\n");
    SCRIPT_PLAY(
        &rig, "open 2 peer\n"
              "2< " TALK_HELLO_BONA "  2> " TALK_HELLO_TO_BONA "  log peer 2 > " HELLO_LOG(
                  "Bona") "2< AUTH 0 none\n"
                          "  2> AUTH 0 none\n"
                          "  log peer 2 > AUTH 0 none\\c\n"
                          "  2> HAVE 0 - 0\n"
                          "  log peer 2 > HAVE 0 - 0\\c\n"
                          "  2> PING 0 1 0 0 DIGEST CLOCK\n"
                          "  log peer 2 > PING 0 1 0 0 DIGEST CLOCK\\c\n"
                          "  log herd 2 - link to Bona is up (accepted)\\c\n"
                          "2< SYNC 0 " TALK_FEED_BONA " 0\n"
                          "2< BATCH 1 0 0 1\\n\\n\\c\n"
                          "  log peer 2 < \\c\n"
                          "closed 2 connection reset\n"
                          "  log herd 0 - link to Bona is down: connection reset\\c\n");
    rig_end(&rig);
}

#define HAS_NO_KEY "the neighbour has a herd-key-file, this server has none"

/* A dial that was on its way when the neighbour called: what becomes of it is no news. */
static void a_dial_may_fail_while_the_link_is_up(void)
{
    struct rig rig;
    rig_start(&rig, TALK_HERD, "Clark");
    rig.logs = true;
    SCRIPT_PLAY(&rig, DIAL "link 2 Bona\n"
                           "fail Bona no route to host\n"
                           "wait 4000\n"
                           "closed 2 connection reset\n"
                           "  log herd 0 - link to Bona is down: connection reset\\c\n");
    CHECK(script_status_has(&rig, "link Bona down - 0 connection reset"));
    rig_end(&rig);
}

static void refusals_are_logged(void)
{
    struct rig rig;
    rig_start(&rig, TALK_HERD "log-traffic no\n", "Clark");
    rig.logs = true;
    SCRIPT_PLAY(&rig,
                DIAL BONA_ANSWERS("2") "2< BYE 0 refused go away\n"
                                       "  log herd 2 - Bona sent BYE: refused go away\\c\n"
                                       "  close 2\n"
                                       "open 3 peer\n"
                                       "3< nonsense\n"
                                       "  log herd 3 - closed: malformed header\\c\n"
                                       "  3> BYE 0 malformed malformed header\n"
                                       "  close 3\n" BONA_DIALS(
                                           "4") "4< AUTH 0 some\n"
                                                "  log herd 4 - refused Bona: " HAS_NO_KEY
                                                "\\c\n"
                                                "  4> BYE 0 refused " HAS_NO_KEY "\n"
                                                "  close 4\n");
    rig_end(&rig);
}

const struct check_test test_peer_links[] = {
    {"the_smaller_name_dials", the_smaller_name_dials},
    {"the_greater_name_gives_way", the_greater_name_gives_way},
    {"a_dead_connection_is_replaced", a_dead_connection_is_replaced},
    {"a_lost_connection_is_given_up", a_lost_connection_is_given_up},
    {"a_lost_connection_may_babble", a_lost_connection_may_babble},
    {"a_duplicate_may_be_refused_there", a_duplicate_may_be_refused_there},
    {"strangers_may_take_leave", strangers_may_take_leave},
    {"a_name_may_be_taken", a_name_may_be_taken},
    {"a_name_may_be_taken_by_a_dial", a_name_may_be_taken_by_a_dial},
    {"a_name_is_given_to_who_lives", a_name_is_given_to_who_lives},
    {"who_is_taken_for_another_comes_again", who_is_taken_for_another_comes_again},
    {"a_lost_link_is_dialled_again", a_lost_link_is_dialled_again},
    {"the_reason_is_remembered", the_reason_is_remembered},
    {"a_dial_may_fail_while_the_link_is_up", a_dial_may_fail_while_the_link_is_up},
    {"refusals_are_logged", refusals_are_logged},
    {NULL, NULL},
};
