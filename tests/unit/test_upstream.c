/* SPDX-License-Identifier: ISC */
/* WHATSAT with a provider of the test's own: its verdicts, its text, and its errors. */
#include "check.h"
#include "rig/script.h"
#include "whatsat.h"

#include "core_internal.h"
#include "herd/err.h"
#include "places/places_internal.h"

#include <stdlib.h>

/* ---- the provider: an answer is a verdict, an error code, and text ---- */

static size_t print(const struct herd_places_search *search, char *out)
{
    int len = snprintf(out, HERD_PROVIDER_REQUEST_MAX, "%d %d km, %s, %d ms",
                       (int)search->point.lat, (int)search->radius_km,
                       search->enterprise ? "enterprise" : "pro", (int)search->timeout_ms);
    return (size_t)len;
}

/* "F-3 text": the verdict's letter, the code, and a text that it copies. */
static void translate(const struct herd_places_answer *answer,
                      struct herd_places_result *result)
{
    static const char verdicts[] = "ORLF";
    char words[256];
    char *end;
    struct herd_slice status;
    CHECK(answer->body.len > 3 && answer->body.len < sizeof words);
    memcpy(words, answer->body.data, answer->body.len);
    words[answer->body.len] = '\0';
    int rc = (int)strtol(words + 1, &end, 10);
    CHECK_INT((int64_t)result->text.len, 0);
    if (rc != HERD_OK)
        herd_places_result_fail(result, rc);
    else if (herd_places_result_copy(result, herd_slice_str(end + 1), &status) == HERD_OK)
        result->verdict = (enum herd_places_verdict)(strchr(verdicts, words[0]) - verdicts);
}

static const struct herd_places_provider provider = {
    .name = "mine", .print = print, .translate = translate};

/* A server that knows where client `a` is; connections 1 and 2 are clients. */
static void start(struct rig *rig, const char *options)
{
    rig_start_with(rig, TALK_ALONE "places-provider google-new\n", options);
    rig->core->places->provider = &provider;
    script_act(rig, A_SAYS "open 2\n");
}

/* ---- tests ---- */

/* One text for all who wait, each cut to its bound. */
static void a_translation_is_shared(void)
{
    struct rig rig;
    start(&rig, "places-fields enterprise\nplaces-cache-ms 30000\n");
    SCRIPT_PLAY(&rig, "1< WHATSAT a 7 1\n"
                      "  fetch #1 0 7 km, enterprise, 10000 ms\n"
                      "2< WHATSAT a 7 3\n"
                      "places #1 200 O0 " TALK_JSON_123 "\n" TO_1 TALK_JSON_1
                      "\\n\n" TO_2 TALK_JSON_123 "\\n\n"
                      "2< WHATSAT a 7 2\n" TO_2 TALK_JSON_12 "\\n\n");
    CHECK(script_status_has(&rig, "places mine closed 0"));
    rig_end(&rig);
}

static void errors_are_explained(void)
{
    static const struct {
        const char *answer, *reply;
    } cases[] = {
        {"200 F-2 x",
         TALK_ERROR("UNKNOWN_ERROR",
                    "The reply of the Places server is too large to pass on.")},
        {"200 F-5 x",
         TALK_ERROR("UNKNOWN_ERROR",
                    "The reply of the Places server is nested too deeply or too long.")},
        {"200 F-4 x",
         TALK_ERROR("UNKNOWN_ERROR",
                    "The reply of the Places server is not the JSON that was expected.")},
        {"200 F-1 x", TALK_ERROR("UNKNOWN_ERROR", "This server is out of memory.")},
        {"500 F-1 x", TALK_ERROR("UNKNOWN_ERROR", "This server is out of memory.")},
        {"500 F-4 x", TALK_ERROR("UNKNOWN_ERROR", TALK_HTTP_ERROR)},
        {"429 F-4 x", TALK_SLOW_DOWN},
        {"403 R0 {\"status\":\"x\"}", "{\"status\":\"x\"}\\n\n"},
        {"429 L0 {\"status\":\"y\"}", "{\"status\":\"y\"}\\n\n"},
        {"500 F0 {\"status\":\"z\"}", "{\"status\":\"z\"}\\n\n"},
        /* What no client could read is not handed to one. */
        {"200 O0 nonsense",
         TALK_ERROR("UNKNOWN_ERROR",
                    "The reply of the Places server is not the JSON that was expected.")},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct rig rig;
        char script[512];
        CHECK_LABEL("%s", cases[i].answer);
        start(&rig, "places-retry no\n");
        snprintf(script, sizeof script,
                 "1< WHATSAT a 7 1\n"
                 "  fetch #1 0 7 km, pro, 10000 ms\n"
                 "places #1 %s\n" TO_1 "%s",
                 cases[i].answer, cases[i].reply);
        SCRIPT_PLAY(&rig, script);
        rig_end(&rig);
    }
}

/* Running out of memory is not a failure of the provider, and is not retried. */
static void out_of_memory_is_no_failure_of_the_provider(void)
{
    struct rig rig;
    start(&rig, "");
    for (int i = 1; i <= 10; i++) {
        char line[64];
        snprintf(line, sizeof line, "1< WHATSAT a 7 1\nplaces #%d 200 F-1 x\n", i);
        script_act(&rig, line);
    }
    CHECK_INT(RIG_STAT(&rig, requests_started), 10);
    CHECK_INT(RIG_STAT(&rig, requests_retried), 0);
    CHECK_INT(RIG_STAT(&rig, answers_failed), 0);
    CHECK_INT(RIG_STAT(&rig, out_of_memory), 10);
    CHECK(script_status_has(&rig, "places mine closed 0"));
    rig_end(&rig);
}

const struct check_test test_upstream[] = {
    {"a_translation_is_shared", a_translation_is_shared},
    {"errors_are_explained", errors_are_explained},
    {"out_of_memory_is_no_failure_of_the_provider",
     out_of_memory_is_no_failure_of_the_provider},
    {NULL, NULL},
};
