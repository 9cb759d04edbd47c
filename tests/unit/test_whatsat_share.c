/* WHATSAT: questions that share a request, an answer, or a budget. */
#include "check.h"
#include "script.h"
#include "whatsat.h"

#include <stdio.h>

/* An error that is not the end of what is sent. */
#define LATE_AND                                                                           \
    "{\\n   \"error_message\" : \"The Places server did not answer in time.\",\\n"         \
    "   \"html_attributions\" : [],\\n   \"results\" : [],\\n"                             \
    "   \"status\" : \"UNKNOWN_ERROR\"\\n}\\n\\n"

#define DAY_OVER                                                                           \
    TALK_ERROR("OVER_QUERY_LIMIT",                                                         \
               "This server may ask no more today; its budget begins anew at 00:00 UTC.")
#define MINUTE_OVER                                                                        \
    TALK_ERROR("OVER_QUERY_LIMIT",                                                         \
               "Your address has asked too often; try again in a minute.")

/* A server that knows where client `a` is; connections 1, 2 and 3 are clients. */
static void start(struct rig *rig, const char *options)
{
    rig_start_with(rig, TALK_ALONE, options);
    script_act(rig, A_SAYS "open 2\nopen 3\n");
}

/* ---- joining ---- */

/* Each gets as much of the answer as it asked for. */
static void the_same_question_is_asked_once(void)
{
    struct rig rig;
    start(&rig, "");
    SCRIPT_PLAY(&rig,
                "1< WHATSAT a 1 2\\nWHATSAT a 1 1\n"
                "  fetch #1 " ASKS_1 "\n"
                "2< WHATSAT a 1 20\n"
                "3< WHATSAT a 2 20\n"
                "  fetch #2 " ASKS_2 "\n"
                "places #1 200 " TALK_JSON_123 "\n" TO_1 TALK_JSON_12 "\\n\\n" A_AT
                "\\n" TALK_JSON_1 END TO_2 TALK_JSON_123 END "places #2 200 " TALK_JSON_4
                "\n" TO_3 TALK_JSON_4 END "1< WHATSAT a 1 1\n"
                "  fetch #3 " ASKS_1 "\n");
    CHECK_INT(RIG_STAT(&rig, queries), 5);
    CHECK_INT(RIG_STAT(&rig, requests_started), 3);
    CHECK_INT(RIG_STAT(&rig, queries_joined), 2);
    CHECK_INT(RIG_STAT(&rig, queries_answered), 4);
    CHECK_INT(RIG_STAT(&rig, answers_found), 2);
    rig_end(&rig);
}

/* Another client at the same place is the same question; the reply is its own. */
static void places_count_and_not_names(void)
{
    struct rig rig;
    start(&rig, "");
    script_act(&rig, "1< IAMAT b +00.0-0 " TALK_NOW "\n");
    SCRIPT_PLAY(&rig,
                "1< WHATSAT a 1 1\n"
                "  fetch #1 " ASKS_1 "\n"
                "2< WHATSAT b 1 1\n"
                "places #1 200 " TALK_JSON_1 "\n" TO_1 TALK_JSON_1 END
                "  2> AT Clark +0.000000000 b +00.0-0 " TALK_NOW "\\n" TALK_JSON_1 END);
    rig_end(&rig);
}

static void one_that_waits_can_be_joined(void)
{
    struct rig rig;
    start(&rig, "lookups-max 1\nlookups-waiting-max 1\n");
    SCRIPT_PLAY(&rig,
                "1< WHATSAT a 1 1\n"
                "  fetch #1 " ASKS_1 "\n"
                "2< WHATSAT a 2 1\n"
                "3< WHATSAT a 2 2\\nWHATSAT a 3 1\n"
                "places #1 200 " TALK_JSON_1 "\n" TO_1 TALK_JSON_1 END "  fetch #2 " ASKS_2
                "\n"
                "places #2 200 " TALK_JSON_12 "\n" TO_2 TALK_JSON_1 END TO_3 TALK_JSON_12
                "\\n\\n" A_AT "\\n" TALK_BUSY);
    rig_end(&rig);
}

/* A client that goes away disturbs nobody; with the last one the request goes too. */
static void clients_may_leave(void)
{
    struct rig rig;
    start(&rig, "lookups-max 1\n");
    SCRIPT_PLAY(&rig, "1< WHATSAT a 1 1\n"
                      "  fetch #1 " ASKS_1 "\n"
                      "2< WHATSAT a 1 1\n"
                      "3< WHATSAT a 1 2\n"
                      "closed 1 reset\n"
                      "closed 3 reset\n"
                      "places #1 200 " TALK_JSON_12 "\n" TO_2 TALK_JSON_1 END "open 4\n"
                      "2< WHATSAT a 2 1\n"
                      "  fetch #2 " ASKS_2 "\n"
                      "4< WHATSAT a 2 1\\nWHATSAT a 3 1\n"
                      "closed 2 reset\n"
                      "closed 4 reset\n"
                      "  cancel #2\n"
                      "places #2 200 " TALK_JSON_12 "\n");
    CHECK_INT((int64_t)herd_core_conn_count(rig.core), 0);
    CHECK(herd_mono_is_never(herd_deadline(rig.core)));
    rig_end(&rig);
}

/* Each has its own deadline; the request goes on for those who still wait. */
static void each_has_its_own_deadline(void)
{
    struct rig rig;
    start(&rig, "places-timeout-ms 1000\n");
    SCRIPT_PLAY(&rig, "1< WHATSAT a 1 1\n"
                      "  fetch #1 " ASKS_1 "\n"
                      "pass 600\n"
                      "2< WHATSAT a 1 1\n"
                      "pass 300\n"
                      "3< WHATSAT a 1 1\n"
                      "wait 100\n" TO_1 TALK_LATE "wait 599\n"
                      "wait 1\n" TO_2 TALK_LATE "places #1 200 " TALK_JSON_1
                      "\n" TO_3 TALK_JSON_1 END);
    CHECK_INT(RIG_STAT(&rig, queries_timed_out), 2);
    CHECK(herd_mono_is_never(herd_deadline(rig.core)));
    rig_end(&rig);
}

/* The first of those that wait leaves; the request keeps its place, and its time is that of
 * the next. */
static void a_request_outlives_its_first_query(void)
{
    struct rig rig;
    start(&rig, "places-timeout-ms 1000\nlookups-max 1\n");
    SCRIPT_PLAY(&rig,
                "1< WHATSAT a 1 1\n"
                "  fetch #1 " ASKS_1 "\n"
                "2< WHATSAT a 2 1\n"
                "pass 500\n"
                "3< WHATSAT a 2 1\n"
                "wait 500\n"
                "  cancel #1\n" TO_1 TALK_LATE TO_2 TALK_LATE "  fetch #2 " ASKS_2 "\n"
                "places #2 200 " TALK_JSON_1 "\n" TO_3 TALK_JSON_1 END);
    rig_end(&rig);
}

/* ---- what is kept ---- */

static void answers_may_be_kept(void)
{
    struct rig rig;
    start(&rig, "places-cache-ms 1000\n");
    SCRIPT_PLAY(&rig, "1< WHATSAT a 1 1\n"
                      "  fetch #1 " ASKS_1 "\n"
                      "places #1 200 " TALK_JSON_123 "\n" TO_1 TALK_JSON_1 END "pass 999\n"
                      "2< WHATSAT a 1 2\n" TO_2 TALK_JSON_12 END "2< WHATSAT a 2 2\n"
                      "  fetch #2 " ASKS_2 "\n"
                      "2< WHATSAT a 1 1\\nWHATSAT a 1 20\n"
                      "places #2 200 " TALK_JSON_456 "\n"
                      "  2> " A_AT "\\n{\"results\":[4,5],\"status\":\"OK\"}\\n\\n" A_AT
                      "\\n" TALK_JSON_1 "\\n\\n" A_AT "\\n" TALK_JSON_123 "\\n\n"
                      "pass 1\n"
                      "1< WHATSAT a 1 1\n"
                      "  fetch #3 " ASKS_1 "\n"
                      "places #3 200 " TALK_JSON_9 "\n" TO_1 TALK_JSON_9 END);
    CHECK_INT(RIG_STAT(&rig, queries_cached), 3);
    CHECK_INT(RIG_STAT(&rig, queries_answered), 6);
    /* Forgotten in time, not only when somebody asks. */
    CHECK_INT(herd_deadline(rig.core).ns, rig.mono.ns + 999 * HERD_NS_PER_MS);
    rig_pass_ms(&rig, 1000);
    size_t blocks = rig.mem.blocks;
    rig_tick(&rig);
    /* Twice a request, its result, and the text of that. */
    CHECK_INT((int64_t)(blocks - rig.mem.blocks), 6);
    CHECK(herd_mono_is_never(herd_deadline(rig.core)));
    rig_end(&rig);
}

/* Only what was found, and nothing without the option. */
static void errors_are_not_kept(void)
{
    static const char *const answers[] = {"{\"status\":\"REQUEST_DENIED\"}",
                                          "{\"status\":\"OVER_QUERY_LIMIT\"}",
                                          "{\"status\":\"UNKNOWN_ERROR\"}", TALK_JSON_1};
    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
        struct rig rig;
        char script[512];
        CHECK_LABEL("%s", answers[i]);
        start(&rig, i < 3 ? "places-cache-ms 1000\nplaces-retry no\n" : "");
        snprintf(script, sizeof script,
                 "1< WHATSAT a 1 1\n"
                 "  fetch #1 " ASKS_1 "\n"
                 "places #1 200 %s\n"
                 "  1> " A_AT "\\n%s\\n\n"
                 "1< WHATSAT a 1 1\n"
                 "  fetch #2 " ASKS_1 "\n",
                 answers[i], answers[i]);
        SCRIPT_PLAY(&rig, script);
        CHECK_INT(RIG_STAT(&rig, answers_refused), i == 0);
        CHECK_INT(RIG_STAT(&rig, answers_limited), i == 1);
        CHECK_INT(RIG_STAT(&rig, answers_failed), i == 2);
        CHECK_INT(RIG_STAT(&rig, answers_found), i == 3);
        rig_end(&rig);
    }
}

/* ---- budgets ---- */

/* Joined and kept answers cost nothing. The last request of the day is used up while
 * others wait for their turn. */
static void a_day_has_an_end(void)
{
    struct rig rig;
    start(&rig, "places-budget-day 2\nplaces-cache-ms 30000\nlookups-max 1\n");
    SCRIPT_PLAY(&rig,
                "1< WHATSAT a 1 1\n"
                "  fetch #1 " ASKS_1 "\n"
                "2< WHATSAT a 1 1\\nWHATSAT a 2 1\\nWHATSAT a 3 1\n"
                "places #1 200 " TALK_JSON_1 "\n" TO_1 TALK_JSON_1 END TO_2 TALK_JSON_1 END
                "  fetch #2 " ASKS_2 "\n"
                "3< WHATSAT a 4 1\n" TO_3 DAY_OVER "3< WHATSAT a 2 1\\nWHATSAT a 1 1\n"
                "places #2 200 " TALK_JSON_2 "\n" TO_2 TALK_JSON_2 END TO_3 TALK_JSON_2
                "\\n\\n" A_AT "\\n" TALK_JSON_1 END TO_2 DAY_OVER);
    CHECK_INT(RIG_STAT(&rig, requests_started), 2);
    CHECK_INT(RIG_STAT(&rig, queries_over_budget), 2);
    /* It is 22:53:48, UTC. */
    rig_pass_ms(&rig, 66 * 60000);
    script_act(&rig, "1< WHATSAT a 5 1\n");
    CHECK_INT(RIG_STAT(&rig, requests_started), 2);
    rig_pass_ms(&rig, 60000);
    script_act(&rig, "1< WHATSAT a 5 1\n");
    CHECK_INT(RIG_STAT(&rig, requests_started), 3);
    rig_end(&rig);
}

static void an_address_has_its_minute(void)
{
    struct rig rig;
    start(&rig, "places-budget-minute 2\n");
    SCRIPT_PLAY(&rig,
                "1< WHATSAT a 1 1\n"
                "  fetch #1 " ASKS_1 "\n"
                "2< WHATSAT a 1 1\\nWHATSAT a 2 1\n"
                "  fetch #2 " ASKS_2 "\n"
                "3< WHATSAT a 3 1\n" TO_3 MINUTE_OVER "open 4 from 192.0.2.7\n"
                "4< WHATSAT a 3 1\n"
                "  fetch #3 " ASKS_3 "\n"
                "3< WHATSAT a 3 1\n"
                "places #3 200 " TALK_JSON_1 "\n" TO_4 TALK_JSON_1 END TO_3 TALK_JSON_1 END
                "open 5 from 2001:db8::1\n"
                "open 6 from 2001:db8::2\n"
                "5< WHATSAT a 5 1\n"
                "  fetch #4 " ASKS_5 "\n"
                "6< WHATSAT a 6 1\\nWHATSAT a 7 1\n"
                "  fetch #5 " ASKS_6 "\n"
                "closed 6 x\n"
                "  cancel #5\n"
                "5< WHATSAT a 7 1\n"
                "wait 10000\n"
                "  cancel #1\n"
                "  cancel #2\n"
                "  cancel #4\n" TO_1 TALK_LATE TO_2 LATE_AND A_AT "\\n" TALK_LATE
                "  5> " A_AT "\\n" LATE_AND A_AT "\\n" MINUTE_OVER);
    rig_end(&rig);
}

/* What is refused for another reason is not counted. */
static void only_requests_are_counted(void)
{
    struct rig rig;
    start(&rig, "places-budget-minute 2\nlookups-max 1\nlookups-waiting-max 0\n");
    SCRIPT_PLAY(&rig,
                "1< WHATSAT a 1 1\n"
                "  fetch #1 " ASKS_1 "\n"
                "2< WHATSAT a 2 1\n" TO_2 TALK_BUSY "2< WHATSAT a 2 1\n" TO_2 TALK_BUSY
                "places #1 200 " TALK_JSON_1 "\n" TO_1 TALK_JSON_1 END "2< WHATSAT a 2 1\n"
                "  fetch #2 " ASKS_2 "\n"
                "places #2 200 " TALK_JSON_1 "\n" TO_2 TALK_JSON_1 END
                "2< WHATSAT a 2 1\n" TO_2 MINUTE_OVER);
    CHECK_INT(RIG_STAT(&rig, queries_over_budget), 1);
    CHECK_INT(RIG_STAT(&rig, queries_refused), 2);
    rig_end(&rig);
}

const struct check_test test_whatsat_share[] = {
    {"the_same_question_is_asked_once", the_same_question_is_asked_once},
    {"places_count_and_not_names", places_count_and_not_names},
    {"one_that_waits_can_be_joined", one_that_waits_can_be_joined},
    {"clients_may_leave", clients_may_leave},
    {"each_has_its_own_deadline", each_has_its_own_deadline},
    {"a_request_outlives_its_first_query", a_request_outlives_its_first_query},
    {"answers_may_be_kept", answers_may_be_kept},
    {"errors_are_not_kept", errors_are_not_kept},
    {"a_day_has_an_end", a_day_has_an_end},
    {"an_address_has_its_minute", an_address_has_its_minute},
    {"only_requests_are_counted", only_requests_are_counted},
    {NULL, NULL},
};
