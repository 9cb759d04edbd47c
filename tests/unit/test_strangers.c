/* Connections that say nothing, or prove nothing: how many there may be, who gives way to
 * whom, and what the log tells of it. */
#include "check.h"
#include "script.h"
#include "talk.h"

#include <stdio.h>

#define TOO_MANY_SILENT   "too many connections that have not said who they are"
#define TOO_MANY_UNPROVEN "too many connections that have not proven who they are"

/* What scripts are made of: connections by their numbers. */
#define COMES(c)      "open " #c " peer\n"
#define COMES_NEAR(c) "open " #c " near\n"
#define GIVES_WAY(c)  "  " #c "> BYE 0 closing " TOO_MANY_SILENT "\n  close " #c "\n"
#define IS_BONA(c)    #c "< " TALK_HELLO_BONA
#define IS_JAQUEZ(c)  #c "< " TALK_HELLO_JAQUEZ
#define TO_BONA(c)    "  " #c "> " TALK_HELLO_TO_BONA
#define TO_JAQUEZ(c)  "  " #c "> " TALK_HELLO_TO_JAQUEZ
#define PROVES_IT(c)  #c "< AUTH 0 none\n  " #c "> AUTH 0 none\n" TALK_FIRST(#c)
/* One that has said its HELLO gives way to another that gets the answer. */
#define GIVES_WAY_TO(answer, c)                                                            \
    "  " #c "> BYE 0 closing " TOO_MANY_UNPROVEN "\n" answer "  close " #c "\n"

static void start(struct rig *rig, const char *options)
{
    char conf[1024];
    snprintf(conf, sizeof conf, "%s%s", TALK_HERD, options);
    rig_start(rig, conf, "Clark");
}

/* ---- who gives way ---- */

static void the_oldest_gives_way(void)
{
    struct rig rig;
    start(&rig, "handshakes-max 2\n");
    SCRIPT_PLAY(&rig, COMES(2) COMES(3) COMES(4) GIVES_WAY(2) COMES(5) GIVES_WAY(3));
    /* Who has said something, but not all, counts as silent. */
    SCRIPT_PLAY(&rig, "4< HELLO 0 1 1 herd \\c\n" COMES(6) GIVES_WAY(4));
    /* One that has gone makes room. */
    script_act(&rig, "closed 5 reset\n");
    SCRIPT_PLAY(&rig, COMES(7));
    script_act(&rig, "eof 7\n");
    SCRIPT_PLAY(&rig, COMES(8) COMES(9) GIVES_WAY(6));
    CHECK_INT(RIG_STAT(&rig, peers_accepted), 8);
    CHECK_INT(RIG_STAT(&rig, peers_evicted), 4);
    CHECK_INT(RIG_STAT(&rig, peers_refused), 4);
    CHECK(script_status_has(&rig, "refusal - 4 " TOO_MANY_SILENT));
    rig_end(&rig);
}

/* A place is enough for whoever says at once who it is. */
static void one_place_is_enough(void)
{
    struct rig rig;
    start(&rig, "handshakes-max 1\n");
    SCRIPT_PLAY(&rig, COMES(2) COMES(3) GIVES_WAY(2) IS_JAQUEZ(3) TO_JAQUEZ(3));
    SCRIPT_PLAY(&rig, COMES(4) PROVES_IT(3) COMES(5) GIVES_WAY(4));
    SCRIPT_PLAY(&rig, IS_BONA(5) TO_BONA(5) PROVES_IT(5));
    CHECK_INT((int64_t)herd_core_links_up(rig.core), 2);
    CHECK_INT(RIG_STAT(&rig, peers_evicted), 2);
    rig_end(&rig);
}

/* Who has said who it is has a place among others of its kind: the silent ones cannot
 * push it out, and it cannot keep them out. */
static void each_stage_has_places_of_its_own(void)
{
    struct rig rig;
    start(&rig, "handshakes-max 2\n");
    SCRIPT_PLAY(&rig, COMES(2) IS_BONA(2) TO_BONA(2) COMES(3) IS_BONA(3) TO_BONA(3));
    SCRIPT_PLAY(&rig, COMES(4) COMES(5) COMES(6) GIVES_WAY(4));
    SCRIPT_PLAY(&rig, IS_JAQUEZ(6) GIVES_WAY_TO(TO_JAQUEZ(6), 2));
    SCRIPT_PLAY(&rig, COMES(7) COMES(8) GIVES_WAY(5));
    /* One that is proven makes room. */
    SCRIPT_PLAY(&rig, PROVES_IT(6) IS_JAQUEZ(7) TO_JAQUEZ(7));
    SCRIPT_PLAY(&rig, IS_BONA(8) GIVES_WAY_TO(TO_BONA(8), 3));
    CHECK_INT(RIG_STAT(&rig, peers_evicted), 4);
    CHECK(script_status_has(&rig, "refusal - 4 " TOO_MANY_UNPROVEN));
    CHECK(script_status_has(&rig, "link Bona down - 0 " TOO_MANY_UNPROVEN));
    rig_end(&rig);
}

/* The order is that of arrival, so one that was silent for long may be the next to go. */
static void late_words_do_not_make_young(void)
{
    struct rig rig;
    start(&rig, "handshakes-max 2\n");
    SCRIPT_PLAY(&rig, COMES(2) COMES(3) IS_BONA(3) TO_BONA(3));
    SCRIPT_PLAY(&rig, COMES(4) IS_BONA(4) TO_BONA(4) IS_BONA(2) GIVES_WAY_TO("", 2));
    rig_end(&rig);
}

/* Those that this server has dialled, and those that are proven, do not count. */
static void others_do_not_count(void)
{
    struct rig rig;
    start(&rig, "handshakes-max 1\n");
    script_act(&rig, "tick\nopen 2 dialled Bona\nopen 3 dialled Jaquez\n" IS_JAQUEZ(3));
    SCRIPT_PLAY(&rig, COMES(4) COMES(5) GIVES_WAY(4));
    SCRIPT_PLAY(&rig, IS_BONA(5) TO_BONA(5) COMES(6) PROVES_IT(5));
    /* Bona's second connection: the first one retires. */
    SCRIPT_PLAY(&rig, IS_BONA(6) TO_BONA(6) PROVES_IT(6));
    SCRIPT_PLAY(&rig, COMES(7) COMES(8) GIVES_WAY(7));
    CHECK(rig.open[2] && rig.open[3] && rig.open[5]);
    CHECK_INT(RIG_STAT(&rig, peers_evicted), 2);
    rig_end(&rig);
}

/* From a neighbour's address comes the neighbour, or somebody on its machine. */
static void neighbours_give_way_last(void)
{
    struct rig rig;
    start(&rig, "handshakes-max 2\n");
    SCRIPT_PLAY(&rig, COMES_NEAR(2) COMES(3) COMES(4) GIVES_WAY(3));
    SCRIPT_PLAY(&rig, COMES_NEAR(5) GIVES_WAY(4));
    /* With neighbours alone, a newcomer from elsewhere has no chance, */
    SCRIPT_PLAY(&rig, COMES(6) GIVES_WAY(6));
    /* and another neighbour has the usual one. */
    SCRIPT_PLAY(&rig, COMES_NEAR(7) GIVES_WAY(2));
    SCRIPT_PLAY(&rig, IS_BONA(5) TO_BONA(5) COMES(8) IS_BONA(8) TO_BONA(8));
    SCRIPT_PLAY(&rig, COMES(9) IS_BONA(9) GIVES_WAY_TO(TO_BONA(9), 8));
    CHECK_INT(RIG_STAT(&rig, peers_evicted), 5);
    rig_end(&rig);
}

/* Whatever else ends it, it is counted once, and its place is free again. */
static void ends_free_places(void)
{
    static const char *const ends[] = {
        "closed 2 reset\n",
        "eof 2\n",
        "2< nonsense\n",
        "2< BYE 0 closing x\n",
        "2< HELLO 0 1 1 herd Nobody Clark 0000000000000001 RULES CLOCK NONCE\n",
    };
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
        for (int stage = 0; stage < 2; stage++) {
            struct rig rig;
            CHECK_LABEL("%s at stage %d", ends[i], stage);
            start(&rig, "handshakes-max 1\n");
            script_act(&rig, "open 2 peer\n");
            script_act(&rig, stage > 0 ? "2< " TALK_HELLO_BONA : "");
            script_act(&rig, ends[i]);
            CHECK(!rig.open[2]);
            script_act(&rig, "open 3 peer\n3< " TALK_HELLO_BONA "open 4 peer\n");
            CHECK(rig.open[3] && rig.open[4]);
            CHECK_INT(RIG_STAT(&rig, peers_evicted), 0);
            script_act(&rig, "open 5 peer\n");
            CHECK(rig.open[3] && !rig.open[4] && rig.open[5]);
            CHECK_INT(RIG_STAT(&rig, peers_evicted), 1);
            rig_end(&rig);
        }
}

/* Time runs out for those that nobody pushes out, at either stage, from the arrival on. */
static void time_runs_from_the_arrival(void)
{
    struct rig rig;
    start(&rig, "handshakes-max 2\nhandshake-timeout-ms 1000\n");
    script_act(&rig, "open 2 peer\npass 400\nopen 3 peer\npass 400\n2< " TALK_HELLO_BONA
                     "wait 199\n");
    CHECK(rig.open[2] && rig.open[3]);
    script_act(&rig, "wait 1\n");
    CHECK(!rig.open[2] && rig.open[3]);
    script_act(&rig, "3< " TALK_HELLO_BONA "wait 399\n");
    CHECK(rig.open[3]);
    script_act(&rig, "wait 1\n");
    CHECK(!rig.open[3]);
    CHECK_INT(RIG_STAT(&rig, peers_refused), 2);
    CHECK_INT(RIG_STAT(&rig, peers_evicted), 0);
    rig_end(&rig);
}

/* ---- the log ---- */

static int count(const char *text, const char *what)
{
    int found = 0;
    for (; (text = strstr(text, what)) != NULL; text += strlen(what))
        found++;
    return found;
}

static void open_many(struct rig *rig, int from, int to)
{
    char line[32];
    for (int i = from; i < to; i++) {
        snprintf(line, sizeof line, "open %d peer\n", i);
        script_act(rig, line);
    }
}

static void a_flood_is_told_in_few_lines(void)
{
    struct rig rig;
    start(&rig, "handshakes-max 1\n");
    rig.logs = true;
    open_many(&rig, 2, 83);
    CHECK_INT(count(rig.said.data, "refused"), 16);
    CHECK_INT(count(rig.said.data, "log peer"), 16);
    CHECK_INT(count(rig.said.data, "left out"), 0);
    CHECK_INT(count(rig.said.data, "> BYE 0 closing"), 16 + 80);
    CHECK_INT(RIG_STAT(&rig, peers_evicted), 80);
    rig_pass_ms(&rig, 1000);
    rig_hush(&rig);
    open_many(&rig, 83, 90);
    CHECK_INT(count(rig.said.data, "refused"), 1);
    CHECK_INT(
        count(rig.said.data,
              "log herd 0 - 64 unauthenticated connections were left out of this log"),
        1);
    rig_pass_ms(&rig, 1000);
    rig_hush(&rig);
    open_many(&rig, 90, 91);
    CHECK_INT(count(rig.said.data, "refused"), 1);
    CHECK_INT(count(rig.said.data,
                    "log herd 0 - 6 unauthenticated connections were left out of this log"),
              1);
    CHECK_INT(RIG_STAT(&rig, peers_refused), 88);
    rig_end(&rig);
}

#define CLAIMS_BONA                                                                        \
    "9< HELLO 0 1 1 herd Bona Clark 00000000000000b0 RULES 1621464820.0 NONCE"

/* All lines about one, or none: of those that talk nonsense, claim a name, or are refused;
 * and each is asked about once. */
static void a_stranger_is_told_wholly(void)
{
    static const char *const talk[] = {
        "9< nonsense\n",
        "9< HELLO 0 1 1 herd Nobody Clark 0000000000000001 RULES CLOCK NONCE\n",
        CLAIMS_BONA "\\nAUTH 0 some\n",
    };
    for (size_t i = 0; i < sizeof talk / sizeof *talk; i++) {
        struct rig rig;
        int lines = 0;
        CHECK_LABEL("%s", talk[i]);
        start(&rig, "");
        rig.logs = true;
        for (int time = 0; time < 20; time++) {
            rig_hush(&rig);
            script_act(&rig, "open 9 peer\n");
            script_act(&rig, talk[i]);
            CHECK(!rig.open[9]);
            lines = time == 0 ? count(rig.said.data, "  log ") : lines;
            CHECK_INT(count(rig.said.data, "  log "), time < 16 ? lines : 0);
        }
        CHECK(lines >= 2);
        rig_end(&rig);
    }
}

/* Whoever has proven who it is gets into the log, however many strangers there are. */
static void neighbours_are_always_told(void)
{
    struct rig rig;
    start(&rig, "handshakes-max 1\n");
    open_many(&rig, 20, 60);
    rig.logs = true;
    rig_hush(&rig);
    script_act(&rig, "open 2 peer\n2< " TALK_HELLO_BONA "2< AUTH 0 none\n");
    CHECK_INT(count(rig.said.data, "link to Bona is up (accepted)"), 1);
    script_act(&rig, "2< nonsense\n");
    CHECK_INT(count(rig.said.data, "closed: malformed header"), 1);
    script_act(&rig, "tick\nopen 3 dialled Jaquez\n3< nonsense\n");
    CHECK_INT(count(rig.said.data, "closed: malformed header"), 2);
    rig_end(&rig);
}

const struct check_test test_strangers[] = {
    {"the_oldest_gives_way", the_oldest_gives_way},
    {"one_place_is_enough", one_place_is_enough},
    {"each_stage_has_places_of_its_own", each_stage_has_places_of_its_own},
    {"late_words_do_not_make_young", late_words_do_not_make_young},
    {"others_do_not_count", others_do_not_count},
    {"neighbours_give_way_last", neighbours_give_way_last},
    {"ends_free_places", ends_free_places},
    {"time_runs_from_the_arrival", time_runs_from_the_arrival},
    {"a_flood_is_told_in_few_lines", a_flood_is_told_in_few_lines},
    {"a_stranger_is_told_wholly", a_stranger_is_told_wholly},
    {"neighbours_are_always_told", neighbours_are_always_told},
    {NULL, NULL},
};
