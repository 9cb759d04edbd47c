/* SPDX-License-Identifier: ISC */
/* What conversations about WHATSAT (fixtures/core/whatsat) cannot show: sizes, memory, and
 * rows of queries. */
#include "check.h"
#include "rig/script.h"
#include "whatsat.h"

#include <stdio.h>
#include <stdlib.h>

/* A server that knows where client `a` is, who is connection 1. */
static void start(struct rig *rig, const char *options)
{
    rig_start_with(rig, TALK_ALONE, options);
    script_act(rig, A_SAYS);
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
    rig_places(rig, 1, 200, herd_slice(body, len));
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

static void cached_answers_are_freed(void)
{
    struct rig rig;
    start(&rig, "places-cache-ms 1000\n");
    script_act(&rig, "open 2\n");
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

/* An answer that says no is an answer; "too often" is none, and once is enough. */
static void verdicts_count_differently(void)
{
    static const struct {
        const char *answer;
        int requests; /* of 20 queries */
    } cases[] = {
        {"200 " TALK_JSON_0, 20},
        {"200 {\"status\":\"REQUEST_DENIED\"}", 20},
        {"429 {\"status\":\"REQUEST_DENIED\"}", 1},
        {"200 {\"status\":\"OVER_QUERY_LIMIT\"}", 1},
        {"200 {\"status\":\"OVER_DAILY_LIMIT\"}", 1},
        {"200 {\"status\":\"UNKNOWN_ERROR\"}", 5},
        {"429 nonsense", 1},
        {"404 nonsense", 5},
        {"503/1 nonsense", 1},
        {"503 nonsense", 5},
        {"0 reset", 5},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct rig rig;
        char line[80];
        CHECK_LABEL("%s", cases[i].answer);
        start(&rig, "places-retry no\n");
        script_act(&rig, "open 2\nopen 3\n");
        for (int n = 1; n <= 20; n++) {
            snprintf(line, sizeof line, "1< WHATSAT a %d 1\nplaces #%d %s\n", n, n,
                     cases[i].answer);
            script_act(&rig, line);
        }
        CHECK_INT(RIG_STAT(&rig, requests_started), cases[i].requests);
        rig_end(&rig);
    }
}

/* One that waited long had no fair time to be answered in. */
static void a_short_request_does_not_count(void)
{
    struct rig rig;
    start(&rig, "places-timeout-ms 900\nlookups-max 1\n");
    script_act(&rig, "open 2\nopen 3\n");
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
static void clients_that_leave_count_as_no_failure(void)
{
    struct rig rig;
    start(&rig, "places-timeout-ms 900\n");
    script_act(&rig, "open 2\nopen 3\n");
    for (int i = 0; i < 10; i++)
        script_act(&rig, "open 5\n5< WHATSAT a 1 1\npass 899\nclosed 5 reset\n");
    CHECK_INT(RIG_STAT(&rig, requests_started), 10);
    CHECK_INT(RIG_STAT(&rig, answers_failed), 0);
    CHECK(script_status_has(&rig, "places google-legacy closed 0"));
    rig_end(&rig);
}

const struct check_test test_whatsat[] = {
    {"a_reply_may_be_too_large", a_reply_may_be_too_large},
    {"cached_answers_are_freed", cached_answers_are_freed},
    {"verdicts_count_differently", verdicts_count_differently},
    {"a_short_request_does_not_count", a_short_request_does_not_count},
    {"clients_that_leave_count_as_no_failure", clients_that_leave_count_as_no_failure},
    {NULL, NULL},
};
