/* Conversations in which the n-th allocation fails, for every n: nothing crashes, nothing
 * leaks, no connection is forgotten, and the server serves on. */
#include "check.h"
#include "script.h"
#include "talk.h"

#include <stdio.h>

#define FAR "AT Bona +0.1 far +0+0 2000000000"
#define ASK "WHATSAT a 1 1\\n"

/* Records long enough to make the store take more room for them. */
#define LONG_ID "a-client-whose-name-is-so-long-that-its-record-needs-a-larger-place"

/* A line of about two kilobytes. */
#define LONG_4  LONG_ID LONG_ID LONG_ID LONG_ID
#define LONG_16 LONG_4 LONG_4 LONG_4 LONG_4
#define LONG_24 LONG_16 LONG_4 LONG_4

#define A_AND_B "open 1\n1< IAMAT a +0+0 1\\nIAMAT b +1+1 1"

/* So many questions that the client has to wait. */
#define PAUSES                                                                             \
    A_AND_B "\\n" TALK_ASK_64 "foo\\nba\\c\n1< r\nplaces #1 200 " TALK_JSON_1              \
            "\nwait 20000\neof 1\n"

struct story {
    const char *name, *conf, *script;
};

static const struct story stories[] = {
    {"reports", TALK_ALONE,
     "open 1\n1< IAMAT a +0+0 1\\nIAMAT b +0+0 1\\nfoo\n"
     "1< IAMAT " LONG_ID " +0+0 2\\c\n1< \\n\nopen 2\n2< \\nfoo\\nIAMAT a +00.0000000000000"
     "000000000000000000000000000000000000000000000+0 3\neof 1\nclosed 2 reset\n"},
    {"questions", TALK_ALONE "lookups-max 2\n",
     "open 1\n1< IAMAT a +0+0 1\\n" ASK ASK ASK "foo\n"
     "places #2 200 " TALK_JSON_12 "\nplaces #3 0 down\nopen 2\n2< " ASK "bar\\c\neof 2\n"
     "closed 1 gone\nplaces #1 200 " TALK_JSON_1 "\nwait 20000\n"},
    {"pauses", TALK_ALONE, PAUSES},
    {"pauses without a log", TALK_ALONE "log-traffic no\n", PAUSES},
    {"a pause behind a long log", TALK_ALONE, A_AND_B "\n1< " TALK_ASK_64 "\\c\n"},
    {"reports without a log", TALK_ALONE "log-traffic no\n", "open 1\n1< IAMAT a +0+0 1\n"},
    {"long answers", TALK_ALONE,
     "open 1\n1< IAMAT a +0+0 1\\n" ASK
     "\\c\nplaces #1 200 {\"status\":\"OK\",\"results\":[\"" LONG_4 "\"]}\n"},
    {"refused questions", TALK_ALONE "lookups-max 1\nlookups-waiting-max 0\n",
     "open 1\n1< IAMAT a +0+0 1\\n" ASK "foo\\n" ASK ASK "\nstop\n"
     "places #1 200 nonsense\ntick\n"},
    {"shared questions",
     TALK_ALONE "lookups-max 2\nplaces-cache-ms 30000\nplaces-budget-minute 5\n",
     "open 1\nopen 2\n1< IAMAT a +0+0 1\\n" ASK "WHATSAT a 2 1\\nWHATSAT a 3 1\n"
     "2< " ASK ASK "\nplaces #1 0 down\nplaces #3 200 " TALK_JSON_12 "\n2< " ASK "\n"
     "closed 1 gone\nopen 1\n1< " ASK "WHATSAT a 3 1\\nWHATSAT a 4 1\\nWHATSAT a 5 1\n"
     "places #2 200 nonsense\nplaces #4 429 slow\nwait 40000\n"},
    {"a server that fails", TALK_ALONE "places-retry no\nlookups-max 5\n",
     "open 1\n1< IAMAT a +0+0 1\\n" TALK_ASK_8(
         "a", "") "\nopen 2\n2< " ASK "\n"
                  "places #1 0 down\nplaces #2 0 down\nplaces #3 0 down\nplaces #4 0 down\n"
                  "places #5 0 down\nplaces #6 0 down\n2< " ASK "\nwait 1000\n2< " ASK "\n"
                  "places #9 200 " TALK_JSON_1 "\nwait 20000\n"},
    {"portions", TALK_ALONE "output-high 4096\nlog-traffic no\n",
     "open 1\n1< IAMAT a +0+0 1\\n" ASK "foo foo foo\\n" ASK LONG_24 "\n1< " LONG_24
     "\nplaces #1 200 " TALK_JSON_1 "\ndrained 1\ndrained 1\ntick\n"},
    {"long lines", TALK_ALONE "client-line-max 64\n",
     "open 1\n1< foo foo foo foo foo foo foo foo\\c\n"
     "1< foo foo foo foo foo foo foo foo foo foo\nopen 2\n2< ba\\c\nwait 10000\n"},
    {"links", TALK_HERD,
     "tick\nopen 2 dialled Bona\n2< " TALK_HELLO_BONA "2< AUTH 0 none\\nHAVE 0 - 0\n"
     "2< SYNC 0 " TALK_FEED_BONA " 0\nfail Jaquez down\nopen 1\n1< IAMAT a +0+0 1\ntick\n"
     "open 3 peer\n3< HELLO 0 1 1 herd Jaq\\c\n"
     "3< uez Clark 00000000000000f0 RULES CLOCK NONCE\n3< AUTH 0 no\\c\n3< ne\ntick\n"
     "3< HAVE 0 - 0\\nWAIT 0 5\\nSYNC 0 " TALK_FEED_JAQUEZ " 7\ntick\n"
     "3< BATCH 33 0 0 1\\n" FAR "\\nSYNCED 0 " TALK_FEED_JAQUEZ " 7\ntick\ndrained 2\n"
     "tick\n3< BATCH 33 7 8 1\\n\\c\n3< " FAR "\ndrained 3\ndrained 2\ntick\n"
     "open 4 peer\n4< " TALK_HELLO_BONA "4< AUTH 0 none\\nHAVE 0 " TALK_FEED_CLARK " 1\n"
     "4< PING 0 1 0 0 00000000000000dd CLOCK\n2< BYE 0 duplicate x\n"
     "open 5 peer\n5< nonsense\nopen 6 peer\nwait 6000\n"
     "closed 3 reset\nwait 1000\nopen 7 dialled Jaquez\n7< BYE 0 refused go\nopen 8 peer\n"
     "8< HELLO 0 1 1 herd Nobody Clark 0000000000000001 RULES CLOCK NONCE\nstop\ntick\n"
     "drained 4\ndrained 2\ntick\n"},
    {"strangers", TALK_HERD "handshakes-max 1\n",
     "open 2 peer\nopen 3 near\nopen 4 peer\n3< " TALK_HELLO_BONA "open 5 peer\n"
     "5< " TALK_HELLO_BONA "open 6 peer\n6< " TALK_HELLO_BONA "open 7 peer\nopen 8 peer\n"
     "3< AUTH 0 none\n8< nonsense\nwait 6000\n"},
    {"another of the same name", TALK_HERD,
     TALK_LINKS_UP
     "open 4 peer\n4< HELLO 0 1 1 herd Bona Clark 00000000000000b1 RULES CLOCK "
     "NONCE\n4< AUTH 0 none\nwait 2000\ntick\nopen 5 peer\n5< HELLO 0 1 1 herd Bona Clark "
     "00000000000000b1 RULES CLOCK NONCE\n5< AUTH 0 some\n"},
    {"crossing", TALK_HERD,
     "tick\nopen 2 dialled Bona\n2< " TALK_HELLO_BONA "open 3 peer\n3< " TALK_HELLO_BONA
     "3< AUTH 0 none\n2< AUTH 0 none\nopen 4 dialled Jaquez\n4< " TALK_HELLO_JAQUEZ
     "open 5 peer\n5< " TALK_HELLO_JAQUEZ "5< AUTH 0 none\n4< AUTH 0 none\nwait 5000\n"},
    {"heartbeats", TALK_HERD,
     TALK_LINKS_UP
     "2< PING 0 1 0 0 00000000000000dd CLOCK\nwait 5000\n"
     "2< PING 0 2 0 0 00000000000000dd CLOCK\n2< PING 0 3 0 0 00000000000000dd CLOCK\n"
     "tick\nwait 5000\n2< BATCH 0 0 1 0\nwait 5000\n"},
    {"status", TALK_HERD, "open 1 control\n1< STATUS\n1< foo\\nSTA\\c\n1< TUS\neof 1\n"},
};

/* The clean-up after a story, and proof of life. */
static void check_alive(struct rig *rig)
{
    fail_mem_arm(&rig->mem, 0, false);
    script_act(rig, "tick\n");
    for (unsigned i = 1; i < RIG_CONNS; i++) {
        char line[32];
        snprintf(line, sizeof line, "closed %u done\n", i);
        script_act(rig, line);
    }
    script_act(rig, "tick\n");
    CHECK_INT((int64_t)herd_core_conn_count(rig->core), 0);
}

static void check_serves(struct rig *rig)
{
    rig_hush(rig);
    script_act(rig, "open 1\n1< IAMAT new +1+1 5\\nfoo\n");
    CHECK_INT((int64_t)rig->sends > 0, true);
    CHECK(strstr(rig->sent.data, "new +1+1 5\n? foo\n") != NULL);
}

/* Returns false when the allocation to fail was never reached. */
static bool tell(const struct story *story, size_t n, bool for_ever)
{
    struct rig rig;
    struct herd_core_setup setup;
    bool stops = strstr(story->script, "stop\n") != NULL;
    CHECK_LABEL("%s, allocation %zu%s", story->name, n, for_ever ? " and on" : "");
    rig_prepare(&rig, story->conf, "Clark", &setup);
    fail_mem_arm(&rig.mem, n, for_ever);
    rig_build(&rig, &setup);
    if (rig.core != NULL) {
        script_act(&rig, story->script);
        check_alive(&rig);
        if (!stops)
            check_serves(&rig);
    }
    bool failed = rig.mem.failed > 0;
    rig_end(&rig);
    return failed;
}

static void memory_may_run_out(void)
{
    size_t points = 0;
    for (size_t i = 0; i < sizeof stories / sizeof *stories; i++)
        for (int for_ever = 0; for_ever < 2; for_ever++)
            for (size_t n = 1; tell(&stories[i], n, for_ever != 0); n++)
                points++;
    CHECK(points > 300);
}

/* So many records that the list of actions grows while they are sent and logged: at the
 * second neighbour's batch, or amid the first one's. */
static void check_large_batch(int records)
{
    static char script[8192];
    struct story story = {"a large batch", TALK_HERD, script};
    size_t len = (size_t)snprintf(script, sizeof script, TALK_LINKS_UP "open 1\n");
    for (int i = 0; i < records; i++)
        len += (size_t)snprintf(script + len, sizeof script - len,
                                "1< IAMAT c%02d +0+0 1\n", i);
    snprintf(script + len, sizeof script - len, "tick\ndrained 2\ndrained 3\ntick\n");
    for (int for_ever = 0; for_ever < 2; for_ever++)
        for (size_t n = 1; tell(&story, n, for_ever != 0); n++)
            ;
}

static void memory_may_run_out_amid_a_batch(void)
{
    check_large_batch(63);
    check_large_batch(70);
}

/* Refusals that are too much at once, so that the list of actions grows for the DRAIN. */
static void memory_may_run_out_for_a_drain(void)
{
    static char script[4096];
    struct story story = {"a drain",
                          TALK_ALONE "lookups-max 1\nlookups-waiting-max 0\n"
                                     "output-high 4096\n",
                          script};
    for (int refusals = 14; refusals <= 22; refusals++) {
        size_t len = (size_t)snprintf(script, sizeof script,
                                      "open 1\nopen 2\n2< IAMAT a +0+0 1\\n" ASK "\n1< ");
        for (int i = 0; i < 31; i++)
            len += (size_t)snprintf(script + len, sizeof script - len, "%s",
                                    i < refusals ? "WHATSAT a 2 1\\n" : "foo\\n");
        snprintf(script + len, sizeof script - len, "WHATSAT a 2 1\ndrained 1\ntick\n");
        for (size_t n = 1; tell(&story, n, true); n++)
            ;
    }
}

/* The same stories, when nothing fails: they get as far as they are meant to. */
static void memory_may_suffice(void)
{
    for (size_t i = 0; i < sizeof stories / sizeof *stories; i++) {
        struct rig rig;
        CHECK_LABEL("%s", stories[i].name);
        rig_start(&rig, stories[i].conf, "Clark");
        script_act(&rig, stories[i].script);
        CHECK_INT(RIG_STAT(&rig, out_of_memory), 0);
        check_alive(&rig);
        rig_end(&rig);
    }
}

/* A connection that finds no memory at all is told so by being closed, at once. */
static void no_connection_is_forgotten(void)
{
    static const enum herd_role roles[] = {HERD_ROLE_CLIENT, HERD_ROLE_PEER,
                                           HERD_ROLE_CONTROL};
    for (size_t i = 0; i < sizeof roles / sizeof roles[0]; i++) {
        struct rig rig;
        CHECK_LABEL("role %d", (int)roles[i]);
        rig_start(&rig, TALK_ALONE, "Clark");
        fail_mem_arm(&rig.mem, 1, true);
        rig_open(&rig, 1, roles[i], -1);
        CHECK_STR(rig.said.data, "  close 1\n");
        CHECK_INT((int64_t)herd_core_conn_count(rig.core), 0);
        CHECK_INT(RIG_STAT(&rig, out_of_memory), 1);
        rig_end(&rig);
    }
}

/* That it was dialled is forgotten, too, and it is dialled again. */
static void no_dialled_connection_is_forgotten(void)
{
    struct rig rig;
    rig_start(&rig, TALK_HERD, "Clark");
    script_act(&rig, "tick\nfail Jaquez away\n");
    rig_hush(&rig);
    fail_mem_arm(&rig.mem, 1, true);
    rig_open(&rig, 2, HERD_ROLE_PEER, 1);
    CHECK_STR(rig.said.data, "  close 2\n");
    fail_mem_arm(&rig.mem, 0, false);
    script_act(&rig, "wait 2000\n");
    CHECK(rig.dialling[1]);
    rig_end(&rig);
}

/* Not even after a step so large that its memory was given back. */
static void a_large_step_leaves_room_for_a_close(void)
{
    static char lines[20000];
    struct rig rig;
    rig_start(&rig, TALK_ALONE, "Clark");
    rig_open(&rig, 1, HERD_ROLE_CLIENT, -1);
    memset(lines, '\n', sizeof lines);
    rig_data(&rig, 1, herd_slice(lines, sizeof lines));
    rig_hush(&rig);
    fail_mem_arm(&rig.mem, 2, true);
    rig_open(&rig, 2, HERD_ROLE_CLIENT, -1);
    CHECK_STR(rig.said.data, "  close 2\n");
    rig_end(&rig);
}

static void each_step_closes_one(void)
{
    struct rig rig;
    rig_start(&rig, TALK_ALONE, "Clark");
    rig_open(&rig, 1, HERD_ROLE_CLIENT, -1);
    rig_open(&rig, 2, HERD_ROLE_CLIENT, -1);
    fail_mem_arm(&rig.mem, 1, true);
    rig_data(&rig, 1, HERD_LIT("foo\n"));
    CHECK_STR(rig.said.data, "  close 1\n");
    rig_data(&rig, 2, HERD_LIT("foo\n"));
    CHECK_STR(rig.said.data, "  close 1\n  close 2\n");
    CHECK(herd_mono_is_never(herd_deadline(rig.core)));
    rig_end(&rig);
}

/* A malformed batch of so many lines that its log fills the list of actions. */
static void a_full_list_has_room_for_a_close(void)
{
    struct rig rig;
    char batch[112] = "BATCH 80 0 0 81\n";
    size_t header = strlen(batch);
    memset(batch + header, '\n', 80);
    rig_start(&rig, TALK_HERD, "Clark");
    script_act(&rig, TALK_LINKS_UP);
    rig_hush(&rig);
    fail_mem_arm(&rig.mem, 1, true);
    rig_data(&rig, 2, herd_slice(batch, header + 80));
    CHECK_STR(rig.said.data, "  close 2\n");
    rig_end(&rig);
}

/* How many clients are open, so that all that they are told at once is more than the list
 * of actions holds. */
enum { CROWD = 80 };

static void open_crowd(struct rig *rig, const char *say)
{
    for (unsigned i = RIG_CONNS - CROWD; i < RIG_CONNS; i++) {
        char line[64];
        snprintf(line, sizeof line, "open %u\n%u< %s\n", i, i, say);
        script_act(rig, line);
    }
}

/* More ends at once than can be told: the rest is told by the next steps, with or without
 * memory, and none of them is in vain. */
static void a_close_is_owed(void)
{
    struct rig rig;
    rig_start(&rig, TALK_ALONE, "Clark");
    open_crowd(&rig, "foo");
    fail_mem_arm(&rig.mem, 1, true);
    script_act(&rig, "stop\n");
    size_t left = herd_core_conn_count(rig.core);
    CHECK(left > 1 && left < CROWD);
    CHECK_INT(herd_deadline(rig.core).ns, 0);
    /* One of them goes by itself meanwhile. */
    for (unsigned i = RIG_CONNS - CROWD; i < RIG_CONNS; i++)
        if (rig.open[i]) {
            char line[32];
            snprintf(line, sizeof line, "closed %u reset\n", i);
            script_act(&rig, line);
            break;
        }
    CHECK_INT((int64_t)herd_core_conn_count(rig.core), 0);
    CHECK(herd_mono_is_never(herd_deadline(rig.core)));
    for (unsigned i = 1; i < RIG_CONNS; i++)
        CHECK(!rig.open[i]);
    rig_end(&rig);
}

/* Both neighbours are given up in a turn that has so much to say to clients that only one
 * CLOSE finds room: Bona's is owed. */
static void owe_a_close(struct rig *rig)
{
    open_crowd(rig, "foo\\c");
    script_act(rig, "2< PONG 0 0\n3< PONG 0 0\npass 15000\n");
    fail_mem_arm(&rig->mem, 1, true);
    rig_tick(rig);
    CHECK(rig->open[2] && !rig->open[3]);
    CHECK_INT(herd_deadline(rig->core).ns, 0);
    fail_mem_arm(&rig->mem, 0, false);
    rig_hush(rig);
}

/* Neighbours that are owed a CLOSE get nothing else. */
static void a_close_is_owed_to_neighbours(void)
{
    struct rig rig;
    for (int stops = 0; stops < 2; stops++) {
        CHECK_LABEL("stops: %d", stops);
        rig_start(&rig, TALK_HERD "client-idle-line-ms 5000\n", "Clark");
        script_act(&rig, TALK_LINKS_UP "open 1\n1< IAMAT a +0+0 1\n");
        owe_a_close(&rig);
        script_act(&rig, stops ? "stop\ntick\n" : "tick\n");
        CHECK(!rig.open[2]);
        CHECK(strstr(rig.said.data, "  2>") == NULL);
        rig_end(&rig);
    }
}

/* Others come, but there is nobody to be asked for a sign of life. */
static void who_is_owed_a_close_is_not_probed(void)
{
    struct rig rig;
    rig_start(&rig, TALK_HERD "client-idle-line-ms 5000\nhandshake-timeout-ms 60000\n",
              "Clark");
    script_act(&rig, TALK_LINKS_UP "open 4 peer\n4< HELLO 0 1 1 herd Bona Clark "
                                   "00000000000000b1 RULES CLOCK NONCE\n");
    owe_a_close(&rig);
    script_act(&rig, "4< AUTH 0 none\n");
    CHECK(strstr(rig.said.data, "  4> BYE 0 taken another") != NULL);
    CHECK(strstr(rig.said.data, "  2>") == NULL);
    CHECK(!rig.open[2] && !rig.open[4]);
    rig_end(&rig);
}

/* A link that is given up has nothing to say after its good-bye, though all is due at
 * once: heartbeat, ACK and news. */
static void who_is_given_up_gets_nothing_more(void)
{
    struct rig rig;
    rig_start(&rig, TALK_HERD, "Clark");
    script_act(&rig, TALK_LINKS_UP "open 1\nfail Jaquez away\n2< BATCH 0 0 1 0\n"
                                   "1< IAMAT a +0+0 1\npass 15000\n");
    SCRIPT_PLAY(&rig, "tick\n"
                      "  3> BYE 0 quiet nothing was heard for link-timeout-ms\n"
                      "  2> BYE 0 quiet nothing was heard for link-timeout-ms\n"
                      "  close 2\n"
                      "  close 3\n");
    rig_end(&rig);
}

/* Those that the stop ends wait for their CLOSEs; their time runs out, too, but that is no
 * second reason. */
static void who_is_owed_a_close_is_not_turned_away(void)
{
    enum { STRANGERS = 80, FIRST = 2 };
    struct rig rig;
    int open = 0;
    rig_start(&rig, TALK_HERD "handshakes-max 100\n", "Clark");
    for (herd_conn_id i = FIRST; i < FIRST + STRANGERS; i++)
        rig_open(&rig, i, HERD_ROLE_PEER, -1);
    fail_mem_arm(&rig.mem, 1, true);
    script_act(&rig, "stop\n");
    for (int i = FIRST; i < FIRST + STRANGERS; i++)
        open += rig.open[i];
    CHECK(open > 0 && open < STRANGERS);
    script_act(&rig, "wait 5000\n");
    CHECK_INT((int64_t)herd_core_conn_count(rig.core), 0);
    CHECK_INT(RIG_STAT(&rig, peers_refused), 0);
    rig_end(&rig);
}

const struct check_test test_memory[] = {
    {"memory_may_run_out", memory_may_run_out},
    {"memory_may_suffice", memory_may_suffice},
    {"memory_may_run_out_amid_a_batch", memory_may_run_out_amid_a_batch},
    {"memory_may_run_out_for_a_drain", memory_may_run_out_for_a_drain},
    {"no_connection_is_forgotten", no_connection_is_forgotten},
    {"no_dialled_connection_is_forgotten", no_dialled_connection_is_forgotten},
    {"a_large_step_leaves_room_for_a_close", a_large_step_leaves_room_for_a_close},
    {"each_step_closes_one", each_step_closes_one},
    {"a_full_list_has_room_for_a_close", a_full_list_has_room_for_a_close},
    {"a_close_is_owed", a_close_is_owed},
    {"a_close_is_owed_to_neighbours", a_close_is_owed_to_neighbours},
    {"who_is_owed_a_close_is_not_probed", who_is_owed_a_close_is_not_probed},
    {"who_is_given_up_gets_nothing_more", who_is_given_up_gets_nothing_more},
    {"who_is_owed_a_close_is_not_turned_away", who_is_owed_a_close_is_not_turned_away},
    {NULL, NULL},
};
