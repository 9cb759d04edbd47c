#include "check.h"
#include "script.h"
#include "whatsat.h"

#include <stdio.h>
#include <stdlib.h>

/* A server that knows where client `a` is, who is connection 1. */
static void start(struct rig *rig, const char *options)
{
    rig_start_with(rig, TALK_ALONE, options);
    script_act(rig, A_SAYS);
}

static void play(const char *options, const char *script)
{
    struct rig rig;
    start(&rig, options);
    SCRIPT_PLAY(&rig, script);
    rig_end(&rig);
}

static void a_question_is_answered(void)
{
    struct rig rig;
    rig_start(&rig, TALK_ALONE, "Clark");
    SCRIPT_PLAY(&rig, "open 1\n"
                      "1< IAMAT " TALK_KIWI "\\nWHATSAT kiwi.cs.ucla.edu 10 5\n"
                      "  1> " TALK_KIWI_AT "\n"
                      "  fetch #1 " TALK_KIWI_ASKS "\n"
                      "places #1 200 {\\n\\n \"results\" : [ 1, 2 , 3,4,5.0 ,6 ],\\n\\n\\n"
                      "\"status\":\"OK\"}\\n\\n\n"
                      "  1> " TALK_KIWI_AT "\\n{\\n \"results\" : [ 1, 2 , 3,4,5.0 ],\\n"
                      "\"status\":\"OK\"}\\n\n");
    CHECK_INT(RIG_STAT(&rig, queries_answered), 1);
    CHECK_INT(RIG_STAT(&rig, queries), 1);
    rig_end(&rig);
}

static void replies_keep_their_order(void)
{
    play("", "1< WHATSAT a 1 1\\nfoo\\nWHATSAT a 2 2\\nbar\n"
             "  fetch #1 " ASKS_1 "\n"
             "  fetch #2 " ASKS_2 "\n"
             "1< IAMAT b +0+0 " TALK_NOW "\n"
             "places #2 200 " TALK_JSON_789 "\n"
             "places #1 200 " TALK_JSON_456 "\n"
             "  1> " A_AT "\\n" TALK_JSON_4 "\\n\\n? foo\\n" A_AT "\\n" TALK_JSON_78
             "\\n\\n? bar\\nAT Clark +0.000000000 b +0+0 " TALK_NOW "\n"
             "1< baz\n"
             "  1> ? baz\n");
}

/* The AT line is the one of the moment of the question. */
static void other_clients_go_on(void)
{
    play("", "open 2\n"
             "2< WHATSAT a 50 20\n"
             "  fetch #1 location=0,0&radius=50000\n"
             "1< IAMAT a +1+1 1621464829\\nWHATSAT a 0 0\n"
             "  1> AT Clark -0.776628111 a +1+1 1621464829\n"
             "  fetch #2 location=1,1&radius=0\n"
             "places #2 200 " TALK_JSON_1 "\n"
             "  1> AT Clark -0.776628111 a +1+1 1621464829\\n" TALK_JSON_0 "\\n\n"
             "places #1 200 " TALK_JSON_1 "\n"
             "  2> " A_AT "\\n" TALK_JSON_1 "\\n\n");
}

static void eof_waits_for_queries(void)
{
    play("", "1< WHATSAT a 1 1\\nWHATSAT a 2 1\\nfoo\\c\n"
             "  fetch #1 " ASKS_1 "\n"
             "  fetch #2 " ASKS_2 "\n"
             "eof 1\n"
             "places #1 200 " TALK_JSON_1 "\n"
             "  1> " A_AT "\\n" TALK_JSON_1 "\\n\n"
             "places #2 200 " TALK_JSON_1 "\n"
             "  1> " A_AT "\\n" TALK_JSON_1 "\\n\\n? foo\n"
             "  close 1\n");
}

static void places_may_not_be_ready(void)
{
    struct rig rig;
    struct herd_core_setup setup;
    rig_prepare(&rig, TALK_ALONE, "Clark", &setup);
    setup.places_ready = false;
    setup.places_why = "No \"key\".";
    rig_build(&rig, &setup);
    script_act(&rig, A_SAYS);
    SCRIPT_PLAY(&rig, "1< WHATSAT a 1 1\\nfoo\n"
                      "  1> " A_AT "\\n{\\n   \"error_message\" : \"No \\\"key\\\".\",\\n"
                      "   \"html_attributions\" : [],\\n   \"results\" : [],\\n"
                      "   \"status\" : \"REQUEST_DENIED\"\\n}\\n\\n? foo\n"
                      "places #1 200 {}\n");
    CHECK_INT(RIG_STAT(&rig, requests_started), 0);
    rig_end(&rig);
}

static void a_full_queue_refuses(void)
{
    struct rig rig;
    start(&rig, "lookups-max 1\nlookups-waiting-max 1\n");
    SCRIPT_PLAY(&rig, "1< WHATSAT a 1 1\\nWHATSAT a 2 1\n"
                      "  fetch #1 " ASKS_1 "\n"
                      "open 2\n"
                      "2< WHATSAT a 3 1\n"
                      "  2> " A_AT "\\n" TALK_BUSY);
    SCRIPT_PLAY(&rig, "places #1 200 " TALK_JSON_1 "\n"
                      "  1> " A_AT "\\n" TALK_JSON_1 "\\n\n"
                      "  fetch #2 location=0,0&radius=2000\n"
                      "2< WHATSAT a 3 1\n"
                      "places #2 200 " TALK_JSON_2 "\n"
                      "  1> " A_AT "\\n" TALK_JSON_2 "\\n\n"
                      "  fetch #3 location=0,0&radius=3000\n");
    CHECK_INT(RIG_STAT(&rig, queries_refused), 1);
    rig_end(&rig);
}

/* A refusal that must not overtake an earlier answer. */
static void a_refusal_keeps_the_order(void)
{
    play("lookups-max 1\nlookups-waiting-max 0\n",
         "1< WHATSAT a 1 1\\nWHATSAT a 2 1\n"
         "  fetch #1 " ASKS_1 "\n"
         "places #1 200 " TALK_JSON_1 "\n"
         "  1> " A_AT "\\n" TALK_JSON_1 "\\n\\n" A_AT "\\n" TALK_BUSY);
}

static void a_query_may_take_too_long(void)
{
    struct rig rig;
    start(&rig, "places-timeout-ms 1000\nlookups-max 1\n");
    SCRIPT_PLAY(&rig, "1< WHATSAT a 1 1\n"
                      "  fetch #1 " ASKS_1 "\n"
                      "pass 500\n"
                      "open 2\n"
                      "2< WHATSAT a 2 1\n"
                      "wait 499\n"
                      "wait 1\n"
                      "  cancel #1\n"
                      "  1> " A_AT "\\n" TALK_LATE "  fetch #2 " ASKS_2 "\n");
    SCRIPT_PLAY(&rig, "places #1 200 " TALK_JSON_9 "\n"
                      "wait 500\n"
                      "  cancel #2\n"
                      "  2> " A_AT "\\n" TALK_LATE);
    CHECK_INT(RIG_STAT(&rig, queries_timed_out), 2);
    CHECK(herd_mono_is_never(herd_deadline(rig.core)));
    rig_end(&rig);
}

/* What has waited for too long is not asked any more. */
static void a_query_may_wait_too_long(void)
{
    struct rig rig;
    start(&rig, "places-timeout-ms 1000\nlookups-max 1\n");
    SCRIPT_PLAY(&rig, "1< WHATSAT a 1 1\n"
                      "  fetch #1 " ASKS_1 "\n"
                      "open 2\n"
                      "2< WHATSAT a 2 1\n"
                      "pass 1\n"
                      "open 3\n"
                      "3< WHATSAT a 3 1\n"
                      "wait 999\n"
                      "  cancel #1\n"
                      "  1> " A_AT "\\n" TALK_LATE "  2> " A_AT "\\n" TALK_LATE
                      "  fetch #2 location=0,0&radius=3000\n");
    CHECK_INT(RIG_STAT(&rig, requests_started), 2);
    rig_end(&rig);
}

/* Its turn comes when its time is just over. */
static void a_turn_may_come_too_late(void)
{
    play("places-timeout-ms 1000\nlookups-max 1\n", "1< WHATSAT a 1 1\n"
                                                    "  fetch #1 " ASKS_1 "\n"
                                                    "open 2\n"
                                                    "2< WHATSAT a 2 1\n"
                                                    "pass 1000\n"
                                                    "places #1 200 " TALK_JSON_1 "\n"
                                                    "  1> " A_AT "\\n" TALK_JSON_1 "\\n\n"
                                                    "tick\n"
                                                    "  2> " A_AT "\\n" TALK_LATE);
}

struct answer_case {
    const char *answer; /* status and body */
    const char *reply;  /* behind the AT line; NULL: UNKNOWN_ERROR with `why` */
    const char *why;
};

#define DEEP_8  "[[[[[[[["
#define DEEP_40 DEEP_8 DEEP_8 DEEP_8 DEEP_8 DEEP_8

static const struct answer_case answer_cases[] = {
    {"0 no route to host", NULL, "The Places server cannot be reached."},
    {"200 ", NULL, NOT_JSON},
    {"200 <html>", NULL, NOT_JSON},
    {"200 {\"results\":[}", NULL, NOT_JSON},
    {"200 {\"results\":" DEEP_40, NULL,
     "The reply of the Places server is nested too deeply or too long."},
    {"500 oops", NULL, TALK_HTTP_ERROR},
    {"403 {}", NULL, TALK_HTTP_ERROR},
    {"403 {\"status\":\"REQUEST_DENIED\"}", "{\"status\":\"REQUEST_DENIED\"}\\n\n", NULL},
    {"429 slow down", TALK_SLOW_DOWN, NULL},
};

static void bad_answers_are_explained(void)
{
    for (size_t i = 0; i < sizeof answer_cases / sizeof *answer_cases; i++) {
        const struct answer_case *c = &answer_cases[i];
        struct rig rig;
        char script[1024], want[512];
        CHECK_LABEL("%s", c->answer);
        snprintf(want, sizeof want,
                 "{\\n   \"error_message\" : \"%s\",\\n   \"html_attributions\" : [],\\n"
                 "   \"results\" : [],\\n   \"status\" : \"UNKNOWN_ERROR\"\\n}\\n\n",
                 c->why != NULL ? c->why : "");
        snprintf(script, sizeof script,
                 "1< WHATSAT a 1 1\n  fetch #1 " ASKS_1 "\nplaces #1 %s\n  1> " A_AT
                 "\\n%s",
                 c->answer, c->reply != NULL ? c->reply : want);
        start(&rig, "places-retry no\n");
        SCRIPT_PLAY(&rig, script);
        CHECK_INT(RIG_STAT(&rig, queries_answered) + RIG_STAT(&rig, queries_failed), 1);
        rig_end(&rig);
    }
}

enum { OUTPUT_MAX = 65536 };

/* An answer that makes the client's reply, its end left out, `size` bytes long. */
static void answer_of(struct rig *rig, size_t size)
{
    static char body[OUTPUT_MAX + 8];
    static const char head[] = "{\"results\":[],\"status\":\"OK\",\"x\":\"", tail[] = "\"}";
    size_t len = size - strlen(A_AT "\n");
    memset(body, 'x', len);
    memcpy(body, head, sizeof head - 1);
    memcpy(body + len - 2, tail, 2);
    rig_hush(rig);
    script_act(rig, "1< WHATSAT a 1 1\n");
    rig_step(rig, (struct herd_event){.kind = HERD_EV_PLACES,
                                      .lookup = rig->lookup[1],
                                      .status = 200,
                                      .bytes = herd_slice(body, len)});
    /* Such a reply waits until all that went before has gone. */
    script_act(rig, "drained 1\n");
}

/* Right up to the limit, the end of the reply included. */
static void a_reply_may_be_too_large(void)
{
    for (size_t size = OUTPUT_MAX - 4; size <= OUTPUT_MAX + 4; size++) {
        struct rig rig;
        CHECK_LABEL("%zu bytes", size);
        start(&rig, "output-max 65536\n");
        answer_of(&rig, size);
        CHECK(rig.open[1]);
        CHECK(rig.sent.len > 2 && rig.sent.data[rig.sent.len - 2] == '\n');
        if (size <= OUTPUT_MAX)
            CHECK_INT((int64_t)rig.sent.len, (int64_t)size + 2);
        else
            CHECK(strstr(rig.sent.data, "too large to pass on") != NULL);
        CHECK_INT(RIG_STAT(&rig, out_of_memory), 0);
        rig_end(&rig);
    }
}

static void a_client_may_go_while_it_waits(void)
{
    struct rig rig;
    start(&rig, "lookups-max 2\n");
    SCRIPT_PLAY(&rig, "1< WHATSAT a 1 1\\nWHATSAT a 2 1\\nWHATSAT a 3 1\\nfoo\n"
                      "  fetch #1 location=0,0&radius=1000\n"
                      "  fetch #2 location=0,0&radius=2000\n"
                      "open 2\n"
                      "2< WHATSAT a 4 1\n"
                      "places #2 200 " TALK_JSON_1 "\n"
                      "  fetch #3 location=0,0&radius=3000\n"
                      "closed 1 reset\n"
                      "  cancel #1\n"
                      "  cancel #3\n"
                      "  fetch #4 location=0,0&radius=4000\n"
                      "places #3 200 " TALK_JSON_1 "\n"
                      "places #99 200 " TALK_JSON_1 "\n"
                      "places #4 200 " TALK_JSON_1 "\n"
                      "  2> " A_AT "\\n" TALK_JSON_1 "\\n\n");
    CHECK_INT((int64_t)herd_core_conn_count(rig.core), 1);
    rig_end(&rig);
}

static void queries_are_logged(void)
{
    struct rig rig;
    start(&rig, "");
    rig.logs = true;
    SCRIPT_PLAY(&rig, "1< WHATSAT a 1 1\\nfoo\n"
                      "  log client 1 < WHATSAT a 1 1\\c\n"
                      "  log client 1 < foo\\c\n"
                      "  log places 0 > " ASKS_1 "\\c\n"
                      "  fetch #1 " ASKS_1 "\n"
                      "places #1 200 " TALK_JSON_0 "\n"
                      "  log places 0 < HTTP 200, 28 bytes\\c\n"
                      "  1> " A_AT "\\n" TALK_JSON_0 "\\n\\n? foo\n"
                      "  log client 1 > " A_AT "\\n" TALK_JSON_0 "\\n\n"
                      "  log client 1 > ? foo\n"
                      "places #1 0 reset\n"
                      "  log places 0 < reset\\c\n");
    rig_end(&rig);
    start(&rig, "log-traffic no\n");
    rig.logs = true;
    SCRIPT_PLAY(&rig, "1< WHATSAT a 1 1\n"
                      "  fetch #1 " ASKS_1 "\n"
                      "places #1 200 " TALK_JSON_0 "\n"
                      "  1> " A_AT "\\n" TALK_JSON_0 "\\n\n");
    rig_end(&rig);
}

const struct check_test test_whatsat[] = {
    {"a_question_is_answered", a_question_is_answered},
    {"replies_keep_their_order", replies_keep_their_order},
    {"other_clients_go_on", other_clients_go_on},
    {"eof_waits_for_queries", eof_waits_for_queries},
    {"places_may_not_be_ready", places_may_not_be_ready},
    {"a_full_queue_refuses", a_full_queue_refuses},
    {"a_refusal_keeps_the_order", a_refusal_keeps_the_order},
    {"a_query_may_take_too_long", a_query_may_take_too_long},
    {"a_query_may_wait_too_long", a_query_may_wait_too_long},
    {"a_turn_may_come_too_late", a_turn_may_come_too_late},
    {"bad_answers_are_explained", bad_answers_are_explained},
    {"a_reply_may_be_too_large", a_reply_may_be_too_large},
    {"a_client_may_go_while_it_waits", a_client_may_go_while_it_waits},
    {"queries_are_logged", queries_are_logged},
    {NULL, NULL},
};
