/* SPDX-License-Identifier: ISC */
/* Clients that are paused, since too much waits for them. */
#include "check.h"
#include "rig/script.h"
#include "rig/talk.h"

#include <stdio.h>

#define A_AND_B "open 1\n1< IAMAT a +0+0 " TALK_NOW "\\nIAMAT b +1+1 " TALK_NOW "\n"

/* The replies to some queries, in order. */
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
    /* After the pause another query, and then the end of the stream. */
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

static void much_pending_output_pauses_the_client(void)
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
static void a_stash_may_have_invalid_lines(void)
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

const struct check_test test_client_pause[] = {
    {"many_queries_pause_the_client", many_queries_pause_the_client},
    {"lines_in_turn_fill_the_pause_again", lines_in_turn_fill_the_pause_again},
    {"a_paused_client_may_end", a_paused_client_may_end},
    {"much_pending_output_pauses_the_client", much_pending_output_pauses_the_client},
    {"a_stash_has_an_end", a_stash_has_an_end},
    {"a_stash_may_have_invalid_lines", a_stash_may_have_invalid_lines},
    {NULL, NULL},
};
