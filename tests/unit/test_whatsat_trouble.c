/* WHATSAT when Places fails: what is asked again, when it is left alone, who is told. */
#include "check.h"
#include "script.h"
#include "whatsat.h"

#include <stdio.h>
#include <stdlib.h>

#define NOW_TRIED                                                                          \
    TALK_ERROR("UNKNOWN_ERROR",                                                            \
               "The Places server failed several times; it is being tried again now.")
#define LATER                                                                              \
    TALK_ERROR("UNKNOWN_ERROR",                                                            \
               "The Places server failed several times; it will be tried again in 1 s.")
#define UNUSABLE TALK_ERROR("UNKNOWN_ERROR", NOT_JSON)

/* A server that knows where client `a` is; connections 1, 2 and 3 are clients. */
static void start(struct rig *rig, const char *options)
{
    rig_start_with(rig, TALK_ALONE, options);
    script_act(rig, A_SAYS "open 2\nopen 3\n");
}

/* ---- a second request ---- */

static void a_failure_is_tried_again(void)
{
    struct rig rig;
    start(&rig, "");
    SCRIPT_PLAY(&rig, "1< WHATSAT a 1 1\n"
                      "  fetch #1 " ASKS_1 "\n"
                      "2< WHATSAT a 1 1\n"
                      "places #1 0 reset\n"
                      "  fetch #2 " ASKS_1 "\n"
                      "places #1 200 " TALK_JSON_9 "\n"
                      "3< WHATSAT a 1 1\n"
                      "places #2 200 " TALK_JSON_1
                      "\n" TO_1 TALK_JSON_1 END TO_2 TALK_JSON_1 END TO_3 TALK_JSON_1 END);
    CHECK_INT(RIG_STAT(&rig, requests_started), 2);
    CHECK_INT(RIG_STAT(&rig, requests_retried), 1);
    CHECK_INT(RIG_STAT(&rig, answers_failed), 1);
    CHECK_INT(RIG_STAT(&rig, answers_found), 1);
    rig_end(&rig);
}

static void it_is_tried_only_twice(void)
{
    struct rig rig;
    start(&rig, "");
    SCRIPT_PLAY(&rig, "1< WHATSAT a 1 1\n"
                      "  fetch #1 " ASKS_1 "\n"
                      "places #1 200 nonsense\n"
                      "  fetch #2 " ASKS_1 "\n"
                      "places #2 0 reset\n" TO_1 TALK_UNREACHABLE "1< WHATSAT a 1 1\n"
                      "  fetch #3 " ASKS_1 "\n"
                      "places #3 503 nonsense\n"
                      "  fetch #4 " ASKS_1 "\n"
                      "places #4 200 nonsense\n" TO_1 UNUSABLE);
    CHECK_INT(RIG_STAT(&rig, requests_retried), 2);
    CHECK_INT(RIG_STAT(&rig, queries_failed), 2);
    rig_end(&rig);
}

/* An error of Google's own that may pass is passed on when it does not. */
static void its_own_words_are_passed_on(void)
{
    struct rig rig;
    start(&rig, "");
    SCRIPT_PLAY(&rig, "1< WHATSAT a 1 1\n"
                      "  fetch #1 " ASKS_1 "\n"
                      "places #1 200 {\"status\":\"UNKNOWN_ERROR\"}\n"
                      "  fetch #2 " ASKS_1 "\n"
                      "places #2 500 {\"status\":\"UNKNOWN_ERROR\"}\n" TO_1
                      "{\"status\":\"UNKNOWN_ERROR\"}" END);
    CHECK_INT(RIG_STAT(&rig, queries_answered), 1);
    rig_end(&rig);
}

/* A question that is at fault, or a server that wants to be left alone. */
static void some_answers_are_final(void)
{
    static const struct {
        const char *options, *answer;
    } cases[] = {
        {"", "200 {\"status\":\"REQUEST_DENIED\"}"},
        {"", "200 {\"status\":\"OVER_QUERY_LIMIT\"}"},
        {"", "429 nonsense"},
        {"places-retry no\n", "0 reset"},
        {"places-retry no\n", "200 {\"status\":\"UNKNOWN_ERROR\"}"},
        {"places-budget-day 1\n", "0 reset"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct rig rig;
        char script[128];
        CHECK_LABEL("%s%s", cases[i].options, cases[i].answer);
        start(&rig, cases[i].options);
        snprintf(script, sizeof script, "1< WHATSAT a 1 1\nplaces #1 %s\n",
                 cases[i].answer);
        script_act(&rig, script);
        CHECK_INT(RIG_STAT(&rig, requests_started), 1);
        CHECK_INT(RIG_STAT(&rig, requests_retried), 0);
        CHECK_INT(RIG_STAT(&rig, queries_answered) + RIG_STAT(&rig, queries_failed), 1);
        CHECK_INT(RIG_STAT(&rig, queries_over_budget), 0);
        rig_end(&rig);
    }
}

/* A third of the time must be left to the first that waits. */
static void time_must_be_left(void)
{
    struct rig rig;
    start(&rig, "places-timeout-ms 900\n");
    SCRIPT_PLAY(&rig, "1< WHATSAT a 1 1\n"
                      "  fetch #1 " ASKS_1 "\n"
                      "pass 600\n"
                      "2< WHATSAT a 2 1\n"
                      "  fetch #2 " ASKS_2 "\n"
                      "places #1 0 reset\n"
                      "  fetch #3 " ASKS_1 "\n"
                      "pass 100\n"
                      "3< WHATSAT a 2 1\n"
                      "wait 200\n"
                      "  cancel #3\n" TO_1 TALK_LATE "pass 301\n"
                      "places #2 0 reset\n" TO_2 TALK_UNREACHABLE TO_3 TALK_UNREACHABLE
                      "2< WHATSAT a 2 1\n"
                      "  fetch #4 " ASKS_2 "\n"
                      "pass 500\n"
                      "3< WHATSAT a 2 1\n"
                      "pass 200\n"
                      "closed 2 reset\n"
                      "places #4 0 reset\n"
                      "  fetch #5 " ASKS_2 "\n");
    rig_end(&rig);
}

/* ---- the breaker ---- */

/* Five questions that fail, one after the other. */
static void fail_five(struct rig *rig)
{
    for (int i = 0; i < 5; i++) {
        char line[80];
        size_t number = rig->lookup_count + 1;
        snprintf(line, sizeof line, "1< WHATSAT a %d 1\nplaces #%zu 0 down\n", 10 + i,
                 number);
        script_act(rig, line);
    }
}

static void it_is_left_alone_for_a_while(void)
{
    struct rig rig;
    start(&rig, "places-retry no\nplaces-cache-ms 30000\n");
    script_act(&rig, "1< WHATSAT a 50 20\nplaces #1 200 " TALK_JSON_78 "\n");
    CHECK(script_status_has(&rig, "places google-legacy closed 0"));
    rig.logs = true;
    fail_five(&rig);
    CHECK(strstr(rig.said.data, "log herd 0 - places: google-legacy failed; no request "
                                "is sent to it for ") != NULL);
    rig.logs = false;
    SCRIPT_PLAY(&rig, "1< WHATSAT a 1 1\n" TO_1 LATER "2< WHATSAT a 1 1\n" TO_2 LATER
                      "2< WHATSAT a 50 2\n" TO_2 TALK_JSON_78 END);
    CHECK_INT(RIG_STAT(&rig, queries_refused_broken), 2);
    CHECK_INT(RIG_STAT(&rig, answers_failed), 5);
    rig_pass_ms(&rig, 1000);
    CHECK(script_status_has(&rig, "places google-legacy open 0"));
    /* One finds out, and who asks the same finds out with it. */
    SCRIPT_PLAY(&rig, "1< WHATSAT a 1 1\n"
                      "  fetch #7 " ASKS_1 "\n"
                      "2< WHATSAT a 2 1\n" TO_2 NOW_TRIED "3< WHATSAT a 1 1\n");
    CHECK(script_status_has(&rig, "places google-legacy probing 0"));
    SCRIPT_PLAY(&rig, "places #7 500 nonsense\n"
                      "  1> " A_AT
                      "\\n" TALK_ERROR("UNKNOWN_ERROR",
                                       TALK_HTTP_ERROR) "  3> " A_AT
                                                        "\\n" TALK_ERROR("UNKNOWN_ERROR",
                                                                         TALK_HTTP_ERROR));
    rig_pass_ms(&rig, 999);
    script_act(&rig, "1< WHATSAT a 1 1\n");
    CHECK_INT(RIG_STAT(&rig, requests_started), 7);
    rig_pass_ms(&rig, 1001);
    rig.logs = true;
    SCRIPT_PLAY(&rig,
                "2< WHATSAT a 1 1\n"
                "  log client 2 < WHATSAT a 1 1\\c\n"
                "  log places 0 > " ASKS_1 "\\c\n"
                "  fetch #8 " ASKS_1 "\n"
                "places #8 200 " TALK_JSON_1 "\n"
                "  log places 0 < HTTP 200, 29 bytes\\c\n"
                "  log herd 0 - places: google-legacy works again\\c\n" TO_2 TALK_JSON_1 END
                "  log client 2 > " A_AT "\\n" TALK_JSON_1 END);
    CHECK(script_status_has(&rig, "places google-legacy closed 0"));
    rig_end(&rig);
}

/* An answer that says no is an answer; "too often" is not. */
static void verdicts_count_differently(void)
{
    static const struct {
        const char *answer;
        bool opens;
    } cases[] = {
        {"200 " TALK_JSON_0, false},
        {"200 {\"status\":\"REQUEST_DENIED\"}", false},
        {"429 {\"status\":\"REQUEST_DENIED\"}", false},
        {"200 {\"status\":\"OVER_QUERY_LIMIT\"}", true},
        {"200 {\"status\":\"UNKNOWN_ERROR\"}", true},
        {"429 nonsense", true},
        {"404 nonsense", true},
        {"0 reset", true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct rig rig;
        char line[80];
        CHECK_LABEL("%s", cases[i].answer);
        start(&rig, "places-retry no\n");
        for (int n = 1; n <= 20 && RIG_STAT(&rig, queries_refused_broken) == 0; n++) {
            snprintf(line, sizeof line, "1< WHATSAT a %d 1\nplaces #%d %s\n", n, n,
                     cases[i].answer);
            script_act(&rig, line);
        }
        CHECK_INT(RIG_STAT(&rig, requests_started), cases[i].opens ? 5 : 20);
        rig_end(&rig);
    }
}

/* Five lookups of which each is tried a second time while that may help. */
static void retries_count_too(void)
{
    struct rig rig;
    start(&rig, "");
    SCRIPT_PLAY(&rig,
                "1< WHATSAT a 1 1\\nWHATSAT a 2 1\\nWHATSAT a 3 1\n"
                "  fetch #1 " ASKS_1 "\n"
                "  fetch #2 " ASKS_2 "\n"
                "  fetch #3 " ASKS_3 "\n"
                "places #1 0 down\n"
                "  fetch #4 " ASKS_1 "\n"
                "places #2 0 down\n"
                "  fetch #5 " ASKS_2 "\n"
                "places #4 0 down\n" TO_1 TALK_UNREACHABLE
                "places #5 0 down\n" TO_1 TALK_UNREACHABLE
                "places #3 0 down\n" TO_1 TALK_UNREACHABLE "2< WHATSAT a 1 1\n" TO_2 LATER);
    rig_end(&rig);
}

/* What waited for its turn when it opened. */
static void who_waits_is_told(void)
{
    struct rig rig;
    start(&rig, "places-retry no\nlookups-max 5\n");
    script_act(&rig, "1< WHATSAT a 11 1\\nWHATSAT a 12 1\\nWHATSAT a 13 1\\n"
                     "WHATSAT a 14 1\\nWHATSAT a 15 1\n2< WHATSAT a 1 1\n"
                     "3< WHATSAT a 2 1\\nWHATSAT a 1 1\n"
                     "places #1 0 down\nplaces #2 0 down\n");
    CHECK_INT(RIG_STAT(&rig, requests_started), 7);
    SCRIPT_PLAY(&rig, "2< WHATSAT a 3 1\n"
                      "places #3 0 down\n" TO_1 TALK_UNREACHABLE "  fetch #8 " ASKS_3 "\n"
                      "2< WHATSAT a 4 1\n"
                      "places #4 0 down\n" TO_1 TALK_UNREACHABLE
                      "  fetch #9 location=0,0&radius=4000\n"
                      "3< WHATSAT a 5 1\\nWHATSAT a 4 1\n"
                      "places #5 0 down\n" TO_1 TALK_UNREACHABLE
                      "places #6 200 " TALK_JSON_1 "\n" TO_2 TALK_JSON_1 END);
    CHECK_INT(RIG_STAT(&rig, queries_refused_broken), 1);
    CHECK(script_status_has(&rig, "places google-legacy closed 0"));
    rig_end(&rig);
}

/* A server that hangs: lookups end by their own time. */
static void silence_counts_as_failure(void)
{
    struct rig rig;
    start(&rig, "places-timeout-ms 900\n");
    for (int i = 0; i < 5; i++) {
        CHECK_INT(RIG_STAT(&rig, queries_refused_broken), 0);
        script_act(&rig, "1< WHATSAT a 1 1\nwait 900\n");
    }
    CHECK_INT(RIG_STAT(&rig, answers_failed), 5);
    rig_hush(&rig);
    SCRIPT_PLAY(&rig, "1< WHATSAT a 1 1\n" TO_1 LATER);
    rig_end(&rig);
}

/* One that waited long had no fair time to be answered in. */
static void a_short_request_does_not_count(void)
{
    struct rig rig;
    start(&rig, "places-timeout-ms 900\nlookups-max 1\n");
    for (int i = 1; i < 20; i += 2) {
        char line[128];
        snprintf(line, sizeof line,
                 "1< WHATSAT a 1 1\n2< WHATSAT a 2 1\npass 601\nplaces "
                 "#%d 200 " TALK_JSON_1 "\nwait 299\n",
                 i);
        script_act(&rig, line);
    }
    CHECK_INT(RIG_STAT(&rig, queries_timed_out), 10);
    CHECK_INT(RIG_STAT(&rig, queries_refused_broken), 0);
    CHECK_INT(RIG_STAT(&rig, answers_failed), 0);
    rig_end(&rig);
}

/* Clients that run out of patience are no witnesses, however long they waited. */
static void who_leaves_tells_nothing(void)
{
    struct rig rig;
    start(&rig, "places-timeout-ms 900\n");
    for (int i = 0; i < 10; i++)
        script_act(&rig, "open 5\n5< WHATSAT a 1 1\npass 899\nclosed 5 reset\n");
    CHECK_INT(RIG_STAT(&rig, requests_started), 10);
    CHECK_INT(RIG_STAT(&rig, answers_failed), 0);
    CHECK(script_status_has(&rig, "places google-legacy closed 0"));
    rig_end(&rig);
}

/* Who asked has gone: the next one may find out. */
static void a_probe_may_be_given_up(void)
{
    struct rig rig;
    start(&rig, "places-retry no\n");
    fail_five(&rig);
    rig_pass_ms(&rig, 1000);
    SCRIPT_PLAY(&rig, "2< WHATSAT a 1 1\n"
                      "  fetch #6 " ASKS_1 "\n"
                      "closed 2 reset\n"
                      "  cancel #6\n"
                      "3< WHATSAT a 2 1\n"
                      "  fetch #7 " ASKS_2 "\n"
                      "1< WHATSAT a 3 1\n" TO_1 NOW_TRIED);
    rig_end(&rig);
}

/* ---- what is held ---- */

/* A body whose replies are `size` bytes long or a little more. */
static void answer(struct rig *rig, size_t number, size_t size)
{
    static const char head[] = "{\"results\":[],\"status\":\"OK\",\"x\":\"", tail[] = "\"}";
    char *body = malloc(size);
    REQUIRE(body != NULL);
    memset(body, 'x', size);
    memcpy(body, head, sizeof head - 1);
    memcpy(body + size - 2, tail, 2);
    rig_step(rig, (struct herd_event){.kind = HERD_EV_PLACES,
                                      .lookup = rig->lookup[number],
                                      .status = 200,
                                      .bytes = herd_slice(body, size)});
    free(body);
}

static size_t count(const struct rig *rig, const char *what)
{
    size_t n = 0;
    for (const char *at = rig->sent.data; (at = strstr(at, what)) != NULL; at++)
        n++;
    return n;
}

/* 64 replies, of which the first comes last: never more on its way than output-high. */
static void what_is_held_leaves_in_portions(void)
{
    enum { SIZE = 1500, HIGH = 4096 };
    struct rig rig;
    start(&rig, "output-high 4096\noutput-max 65536\n");
    script_act(&rig, "1< IAMAT b +1+1 " TALK_NOW "\n1< " TALK_ASK_64 "\\c\n");
    for (size_t i = 64; i >= 2; i--)
        answer(&rig, i, SIZE);
    rig_hush(&rig);
    script_act(&rig, "1< foo\\nbar\n");
    answer(&rig, 1, SIZE);
    size_t portions = 0, most = 0, before = 0;
    while (strstr(rig.said.data, "  drain 1\n") != NULL && portions < 100) {
        portions++;
        most = rig.sent.len - before > most ? rig.sent.len - before : most;
        before = rig.sent.len;
        rig_text_clear(&rig.said);
        /* It may ask for more meanwhile: that is read when its turn has come. */
        script_act(&rig, portions == 3 ? "1< baz\ndrained 1\n" : "drained 1\n");
    }
    CHECK(portions >= 30 && portions < 100);
    CHECK(most <= HIGH && most > SIZE);
    CHECK_INT((int64_t)count(&rig, "\n\n"), 64);
    CHECK_INT((int64_t)count(&rig, "? foo\n? bar\n? baz\n"), 1);
    CHECK(rig.open[1]);
    rig_end(&rig);
}

/* One that is larger than a portion goes alone. */
static void a_large_reply_goes_alone(void)
{
    struct rig rig;
    start(&rig, "output-high 4096\noutput-max 65536\n");
    script_act(&rig, "2< WHATSAT a 1 1\\nWHATSAT a 2 1\\nfoo\n");
    rig_hush(&rig);
    answer(&rig, 2, 60000);
    size_t sends = rig.sends;
    answer(&rig, 1, 60000);
    CHECK_INT((int64_t)(rig.sends - sends), 1);
    script_act(&rig, "eof 2\n");
    CHECK(rig.open[2]);
    script_act(&rig, "drained 2\n");
    CHECK_INT((int64_t)(rig.sends - sends), 2);
    CHECK(rig.open[2]);
    rig_hush(&rig);
    SCRIPT_PLAY(&rig, "drained 2\n"
                      "  2> ? foo\n"
                      "  close 2\n");
    rig_end(&rig);
}

static void a_client_may_go_while_it_drains(void)
{
    struct rig rig;
    start(&rig, "output-high 4096\n");
    script_act(&rig, "2< WHATSAT a 1 1\\nWHATSAT a 2 1\\nWHATSAT a 3 1\n");
    answer(&rig, 2, 3000);
    answer(&rig, 1, 3000);
    CHECK(strstr(rig.said.data, "  drain 2\n") != NULL);
    rig_hush(&rig);
    SCRIPT_PLAY(&rig, "places #3 200 " TALK_JSON_1 "\n"
                      "closed 2 reset\n");
    CHECK_INT((int64_t)herd_core_conn_count(rig.core), 2);
    rig_end(&rig);
}

const struct check_test test_whatsat_trouble[] = {
    {"a_failure_is_tried_again", a_failure_is_tried_again},
    {"it_is_tried_only_twice", it_is_tried_only_twice},
    {"its_own_words_are_passed_on", its_own_words_are_passed_on},
    {"some_answers_are_final", some_answers_are_final},
    {"time_must_be_left", time_must_be_left},
    {"it_is_left_alone_for_a_while", it_is_left_alone_for_a_while},
    {"verdicts_count_differently", verdicts_count_differently},
    {"retries_count_too", retries_count_too},
    {"who_waits_is_told", who_waits_is_told},
    {"silence_counts_as_failure", silence_counts_as_failure},
    {"a_short_request_does_not_count", a_short_request_does_not_count},
    {"who_leaves_tells_nothing", who_leaves_tells_nothing},
    {"a_probe_may_be_given_up", a_probe_may_be_given_up},
    {"what_is_held_leaves_in_portions", what_is_held_leaves_in_portions},
    {"a_large_reply_goes_alone", a_large_reply_goes_alone},
    {"a_client_may_go_while_it_drains", a_client_may_go_while_it_drains},
    {NULL, NULL},
};
