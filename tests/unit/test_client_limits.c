#include "check.h"
#include "script.h"
#include "talk.h"

#include <stdio.h>
#include <stdlib.h>

/* ---- long lines ---- */

static void check_too_long(size_t first_piece)
{
    struct rig rig;
    char line[70], want[80];
    memset(line, 'x', sizeof line);
    CHECK_LABEL("first piece of %zu bytes", first_piece);
    rig_start(&rig, TALK_ALONE "client-line-max 64\n", "Clark");
    rig_open(&rig, 1, HERD_ROLE_CLIENT, -1);
    rig_data(&rig, 1, herd_slice(line, first_piece));
    CHECK_STR(rig.sent.data, "");
    rig_data(&rig, 1, herd_slice(line, sizeof line - first_piece));
    snprintf(want, sizeof want, "? %.64s\n", line);
    CHECK_STR(rig.sent.data, want);
    CHECK(!rig.open[1]);
    CHECK_INT(RIG_STAT(&rig, lines_too_long), 1);
    rig_end(&rig);
}

static void a_line_may_be_too_long(void)
{
    struct rig rig;
    char line[66];
    for (size_t first = 0; first <= 64; first++)
        check_too_long(first);
    memset(line, 'x', sizeof line);
    line[64] = '\n';
    rig_start(&rig, TALK_ALONE "client-line-max 64\n", "Clark");
    rig_open(&rig, 1, HERD_ROLE_CLIENT, -1);
    rig_data(&rig, 1, herd_slice(line, 65));
    CHECK_INT((int64_t)rig.sent.len, 67);
    CHECK(rig.open[1]);
    rig_end(&rig);
}

static void a_long_line_waits_for_queries(void)
{
    struct rig rig;
    char line[80];
    memset(line, 'x', sizeof line);
    rig_start(&rig, TALK_ALONE "client-line-max 64\n", "Clark");
    script_act(&rig, "open 1\n1< IAMAT a +0+0 " TALK_NOW "\\nWHATSAT a 1 1\n");
    rig_hush(&rig);
    rig_data(&rig, 1, herd_slice(line, sizeof line));
    CHECK_STR(rig.said.data, "");
    /* What it says now is nobody's business. */
    rig_data(&rig, 1, HERD_LIT("\nfoo\n"));
    CHECK_STR(rig.said.data, "");
    script_act(&rig, "places #1 200 " TALK_JSON_1 "\n");
    CHECK(strstr(rig.sent.data, "\n\n? xxxx") != NULL);
    CHECK(strstr(rig.sent.data, "foo") == NULL);
    CHECK(!rig.open[1]);
    rig_end(&rig);
}

/* ---- time ---- */

static void a_started_line_must_end(void)
{
    SCRIPT_PLAY_ALONE("client-half-line-ms 1000\n", "open 1\n"
                                                    "wait 5000\n"
                                                    "1< foo\n"
                                                    "  1> ? foo\n"
                                                    "wait 5000\n"
                                                    "1< f\\c\n"
                                                    "wait 999\n"
                                                    "1< o\\c\n"
                                                    "wait 1\n"
                                                    "  close 1\n");
}

/* Each line has its own time, even when no read ends with a whole line. */
static void a_started_line_has_its_own_time(void)
{
    SCRIPT_PLAY_ALONE("client-half-line-ms 1000\n", "open 1\n"
                                                    "1< f\\c\n"
                                                    "wait 600\n"
                                                    "1< oo\\nb\\c\n"
                                                    "  1> ? foo\n"
                                                    "wait 600\n"
                                                    "1< ar\\nb\\c\n"
                                                    "  1> ? bar\n"
                                                    "wait 999\n"
                                                    "wait 1\n"
                                                    "  close 1\n");
}

static void an_idle_client_is_closed(void)
{
    SCRIPT_PLAY_ALONE("client-idle-ms 1000\n", "open 1\n"
                                               "open 2\n"
                                               "wait 900\n"
                                               "1< foo\n"
                                               "  1> ? foo\n"
                                               "wait 100\n"
                                               "  close 2\n"
                                               "wait 900\n"
                                               "  close 1\n");
}

static void a_quiet_line_counts(void)
{
    SCRIPT_PLAY_ALONE("client-idle-line-ms 100\n", "open 1\n"
                                                   "1< fo\\c\n"
                                                   "wait 99\n"
                                                   "1< o\\c\n"
                                                   "wait 99\n"
                                                   "wait 1\n"
                                                   "  1> ? foo\n"
                                                   "wait 500\n"
                                                   "1< \\nba\\c\n"
                                                   "  1> ? \n"
                                                   "1< r\n"
                                                   "  1> ? bar\n"
                                                   "wait 500\n");
}

static void deadlines_are_told(void)
{
    struct rig rig;
    rig_start(&rig, TALK_ALONE "client-idle-line-ms 100\nclient-idle-ms 2000\n", "Clark");
    int64_t start = rig.mono.ns / HERD_NS_PER_MS;
    CHECK(herd_mono_is_never(herd_deadline(rig.core)));
    rig_open(&rig, 1, HERD_ROLE_CLIENT, -1);
    CHECK_INT(herd_deadline(rig.core).ns / HERD_NS_PER_MS - start, 2000);
    rig_data(&rig, 1, HERD_LIT("foo"));
    CHECK_INT(herd_deadline(rig.core).ns / HERD_NS_PER_MS - start, 100);
    script_act(&rig, "wait 100\n");
    CHECK_INT(herd_deadline(rig.core).ns / HERD_NS_PER_MS - start, 2100);
    rig_end(&rig);
}

/* ---- one reply only ---- */

static void one_shot_closes_after_a_reply(void)
{
    SCRIPT_PLAY_ALONE("client-one-shot yes\n",
                      "open 1\n"
                      "1< IAMAT a +0+0 " TALK_NOW "\\nfoo\n"
                      "  1> AT Clark +0.000000000 a +0+0 " TALK_NOW "\n"
                      "  close 1\n"
                      "open 2\n"
                      "2< foo\n"
                      "  2> ? foo\n"
                      "  close 2\n"
                      "open 3\n"
                      "3< WHATSAT a 1 1\\nfoo\n"
                      "  fetch #1 location=0,0&radius=1000\n"
                      "3< bar\n"
                      "eof 3\n"
                      "places #1 200 " TALK_JSON_12 "\n"
                      "  3> AT Clark +0.000000000 a +0+0 " TALK_NOW "\\n" TALK_JSON_1
                      "\\n\n"
                      "  close 3\n");
}

/* ---- what is refused ---- */

static void new_clients_may_be_too_many(void)
{
    struct rig rig;
    rig_start(&rig, TALK_ALONE "clients-max 1\n", "Clark");
    SCRIPT_PLAY(&rig, "open 1\n"
                      "1< IAMAT a +0+0 1621464828\n"
                      "  1> AT Clark +0.223371889 a +0+0 1621464828\n"
                      "1< IAMAT b +0+0 " TALK_NOW "\n"
                      "  1> ? IAMAT b +0+0 " TALK_NOW "\n"
                      "1< IAMAT a +0+0 " TALK_NOW "\n"
                      "  1> AT Clark +0.000000000 a +0+0 " TALK_NOW "\n");
    CHECK_INT(RIG_STAT(&rig, reports_refused_full), 1);
    rig_end(&rig);
}

static void a_time_may_be_too_far_ahead(void)
{
    struct rig rig;
    rig_start(&rig, TALK_ALONE "client-skew-max-ms 1000\n", "Clark");
    SCRIPT_PLAY(&rig, "open 1\n"
                      "1< IAMAT a +0+0 1621464829.223371889\n"
                      "  1> AT Clark -1.000000000 a +0+0 1621464829.223371889\n"
                      "1< IAMAT a +0+0 1621464829.223371890\n"
                      "  1> ? IAMAT a +0+0 1621464829.223371890\n"
                      "1< IAMAT a +0+0 9223372036.854775807\n"
                      "  1> ? IAMAT a +0+0 9223372036.854775807\n"
                      "1< IAMAT b +0+0 0\n"
                      "  1> AT Clark +1621464828.223371889 b +0+0 0\n");
    CHECK_INT(RIG_STAT(&rig, reports_refused_skew), 2);
    rig_end(&rig);
}

/* ---- waiting ---- */

#define A_AND_B "open 1\n1< IAMAT a +0+0 " TALK_NOW "\\nIAMAT b +1+1 " TALK_NOW "\n"

/* The answers to some lookups, in order. */
static void answer(struct rig *rig, int first, int last)
{
    for (int number = first; number <= last; number++) {
        char line[80];
        snprintf(line, sizeof line, "places #%d 200 " TALK_JSON_1 "\n", number);
        script_act(rig, line);
    }
}

static size_t count(const char *text, const char *what)
{
    size_t n = 0;
    while ((text = strstr(text, what)) != NULL) {
        n++;
        text += strlen(what);
    }
    return n;
}

static void many_queries_pause_the_client(void)
{
    struct rig rig;
    rig_start(&rig, TALK_ALONE "lookups-max 100\n", "Clark");
    script_act(&rig, A_AND_B "1< " TALK_ASK_64 "foo\\nWHATSAT a 50 1\\nba\\c\n");
    CHECK(strstr(rig.said.data, "  pause 1\n") != NULL);
    CHECK_INT((int64_t)count(rig.said.data, "  fetch "), 64);
    rig_hush(&rig);
    /* Half a line in a pause is not the client's fault. What still comes is kept. */
    SCRIPT_PLAY(&rig, "1< r\\nbaz\\c\n"
                      "wait 9999\n"
                      "eof 1\n");
    rig_hush(&rig);
    answer(&rig, 2, 64);
    CHECK_STR(rig.said.data, "");
    answer(&rig, 1, 1);
    CHECK(strstr(rig.said.data, "\n  resume 1\n") != NULL);
    CHECK_INT((int64_t)count(rig.sent.data, "\n\n"), 64);
    /* Behind the pause a further lookup, and then the end of the stream. */
    CHECK(strstr(rig.sent.data, "? foo\n") != NULL);
    CHECK(rig.open[1]);
    rig_hush(&rig);
    SCRIPT_PLAY(&rig, "places #65 200 " TALK_JSON_5 "\n"
                      "  1> AT Clark +0.000000000 a +0+0 " TALK_NOW "\\n" TALK_JSON_5
                      "\\n\\n? bar\\n? baz\n"
                      "  close 1\n");
    rig_end(&rig);
}

static void lines_in_turn_fill_the_pause_again(void)
{
    struct rig rig;
    rig_start(&rig, TALK_ALONE "lookups-max 1\nlookups-waiting-max 100\n", "Clark");
    script_act(&rig, A_AND_B "1< " TALK_ASK_64 TALK_ASK_8("a", "4") "\\c\n");
    for (int i = 1; i <= 72; i++) {
        char line[80];
        /* The stash is in use for as long as commands wait in it. */
        bool paused = i < 72 - 64 + 1;
        rig_hush(&rig);
        snprintf(line, sizeof line, "places #%d 200 " TALK_JSON_1 "\n", i);
        script_act(&rig, line);
        CHECK_INT((int64_t)count(rig.said.data, "  1> AT"), 1);
        CHECK_INT(strstr(rig.said.data, "resume") != NULL, i == 72 - 64 + 1);
        CHECK(!paused || strstr(rig.said.data, "resume") == NULL);
    }
    CHECK(rig.open[1]);
    rig_end(&rig);
}

/* Nothing is left but the replies. */
static void a_paused_client_may_end(void)
{
    struct rig rig;
    rig_start(&rig, TALK_ALONE, "Clark");
    script_act(&rig, A_AND_B "1< " TALK_ASK_64 "\\c\neof 1\n");
    CHECK_INT((int64_t)count(rig.said.data, "  fetch "), 64);
    answer(&rig, 1, 63);
    CHECK(rig.open[1]);
    answer(&rig, 64, 64);
    CHECK_INT((int64_t)count(rig.sent.data, "\n\n"), 64);
    CHECK(!rig.open[1]);
    rig_end(&rig);
}

static void much_held_output_pauses_the_client(void)
{
    struct rig rig;
    char line[1025];
    memset(line, 'x', sizeof line);
    line[1024] = '\n';
    rig_start(&rig, TALK_ALONE "output-high 4096\n", "Clark");
    script_act(&rig, "open 1\n1< IAMAT a +0+0 " TALK_NOW "\\nWHATSAT a 1 1\n");
    rig_hush(&rig);
    for (int i = 0; i < 3; i++)
        rig_data(&rig, 1, herd_slice(line, sizeof line));
    CHECK_STR(rig.said.data, "");
    rig_data(&rig, 1, herd_slice(line, sizeof line));
    CHECK_STR(rig.said.data, "  pause 1\n");
    rig_data(&rig, 1, HERD_LIT("foo\n"));
    rig_hush(&rig);
    answer(&rig, 1, 1);
    CHECK_INT((int64_t)count(rig.sent.data, "? xxxx"), 0);
    CHECK(strstr(rig.said.data, "\n  drain 1\n") != NULL);
    script_act(&rig, "drained 1\n");
    CHECK_INT((int64_t)count(rig.sent.data, "? xxxx"), 4);
    CHECK_INT((int64_t)count(rig.sent.data, "? foo\n"), 1);
    CHECK(strstr(rig.said.data, "\n  resume 1\n") != NULL);
    rig_end(&rig);
}

static void a_stash_has_an_end(void)
{
    struct rig rig;
    static char bytes[65536];
    memset(bytes, 'x', sizeof bytes);
    rig_start(&rig, TALK_ALONE "output-high 4096\noutput-max 65536\nclient-line-max 64\n",
              "Clark");
    script_act(&rig, A_AND_B "1< " TALK_ASK_64 "\\c\n");
    rig_data(&rig, 1, herd_slice(bytes, sizeof bytes));
    CHECK(rig.open[1]);
    rig_data(&rig, 1, herd_slice(bytes, 1));
    CHECK(!rig.open[1]);
    rig_end(&rig);
}

/* Behind a pause stands a line that is too long. */
static void a_stash_may_hold_nonsense(void)
{
    struct rig rig;
    static char bytes[100];
    memset(bytes, 'x', sizeof bytes);
    rig_start(&rig, TALK_ALONE "client-line-max 64\n", "Clark");
    script_act(&rig, A_AND_B "1< " TALK_ASK_64 "\\c\n");
    rig_data(&rig, 1, herd_slice(bytes, sizeof bytes));
    answer(&rig, 1, 63);
    CHECK(rig.open[1]);
    answer(&rig, 64, 64);
    CHECK_INT((int64_t)count(rig.sent.data, "? xxxx"), 1);
    CHECK(!rig.open[1]);
    rig_end(&rig);
}

const struct check_test test_client_limits[] = {
    {"a_line_may_be_too_long", a_line_may_be_too_long},
    {"a_long_line_waits_for_queries", a_long_line_waits_for_queries},
    {"a_started_line_must_end", a_started_line_must_end},
    {"a_started_line_has_its_own_time", a_started_line_has_its_own_time},
    {"an_idle_client_is_closed", an_idle_client_is_closed},
    {"a_quiet_line_counts", a_quiet_line_counts},
    {"deadlines_are_told", deadlines_are_told},
    {"one_shot_closes_after_a_reply", one_shot_closes_after_a_reply},
    {"new_clients_may_be_too_many", new_clients_may_be_too_many},
    {"a_time_may_be_too_far_ahead", a_time_may_be_too_far_ahead},
    {"many_queries_pause_the_client", many_queries_pause_the_client},
    {"lines_in_turn_fill_the_pause_again", lines_in_turn_fill_the_pause_again},
    {"a_paused_client_may_end", a_paused_client_may_end},
    {"much_held_output_pauses_the_client", much_held_output_pauses_the_client},
    {"a_stash_has_an_end", a_stash_has_an_end},
    {"a_stash_may_hold_nonsense", a_stash_may_hold_nonsense},
    {NULL, NULL},
};
