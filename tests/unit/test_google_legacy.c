/* SPDX-License-Identifier: ISC */
#include "answer.h"
#include "check.h"

#include "herd/err.h"

#define PAGE(status)                                                                       \
    "{\n   \"html_attributions\" : [],\n   \"results\" : [ { \"name\" : \"A\" } ],\n   "   \
    "\"status\" : \"" status "\"\n}"
static const struct herd_places_provider *legacy(void)
{
    return herd_places_provider_find(HERD_LIT("google-legacy"));
}

/* The body itself comes out, without its last newline. */
#define SAME(status, http, verdict)                                                        \
    {                                                                                      \
        PAGE(status) "\n", http, verdict, HERD_OK, PAGE(status)                            \
    }

static void judges(void)
{
    static const struct answer_case cases[] = {
        SAME("OK", 200, HERD_PLACES_FOUND),
        SAME("ZERO_RESULTS", 200, HERD_PLACES_FOUND),
        SAME("INVALID_REQUEST", 200, HERD_PLACES_REFUSED),
        SAME("REQUEST_DENIED", 200, HERD_PLACES_REFUSED),
        SAME("NOT_FOUND", 200, HERD_PLACES_REFUSED),
        SAME("OVER_QUERY_LIMIT", 200, HERD_PLACES_LIMITED),
        SAME("OVER_DAILY_LIMIT", 200, HERD_PLACES_LIMITED),
        SAME("UNKNOWN_ERROR", 200, HERD_PLACES_FAILED),
        SAME("SOMETHING_NEW", 200, HERD_PLACES_FAILED),
        SAME("", 200, HERD_PLACES_FAILED),
        SAME("O\\u004b", 200, HERD_PLACES_FAILED),
        SAME("REQUEST_DENIED", 403, HERD_PLACES_REFUSED),
        SAME("REQUEST_DENIED", 429, HERD_PLACES_REFUSED),
        SAME("OVER_QUERY_LIMIT", 403, HERD_PLACES_LIMITED),
        SAME("UNKNOWN_ERROR", 500, HERD_PLACES_FAILED),
        SAME("UNKNOWN_ERROR", 429, HERD_PLACES_LIMITED),
        SAME("OK", 500, HERD_PLACES_FAILED),
        SAME("OK", 429, HERD_PLACES_LIMITED),
        {"{\"results\":[]}", 200, HERD_PLACES_FAILED, HERD_OK, "{\"results\":[]}"},
        {"{\"status\":\"OK\"}", 200, HERD_PLACES_FOUND, HERD_OK, "{\"status\":\"OK\"}"},
        {"{}", 200, HERD_PLACES_FAILED, HERD_EBAD, NULL},
        {"{\"results\":{}}", 200, HERD_PLACES_FAILED, HERD_EBAD, NULL},
        {"<html>", 200, HERD_PLACES_FAILED, HERD_EBAD, NULL},
        {"<html>", 503, HERD_PLACES_FAILED, HERD_EBAD, NULL},
        {"<html>", 403, HERD_PLACES_FAILED, HERD_EBAD, NULL},
        {"", 302, HERD_PLACES_FAILED, HERD_EBAD, NULL},
        {"<html>", 429, HERD_PLACES_LIMITED, HERD_OK, ANSWER_BUSY},
        {"", 429, HERD_PLACES_LIMITED, HERD_OK, ANSWER_BUSY},
    };
    answer_check(legacy(), cases, sizeof cases / sizeof cases[0]);
}

static void survives_hostile_bodies(void)
{
    struct herd_slice body = HERD_LIT(PAGE("OK") "\n");
    /* Newlines at the end may be missing or more; words may be others. */
    CHECK(answer_mangle(legacy(), body) > 100);
    CHECK(answer_retype(legacy(), body) > 10);
    answer_abuse(legacy());
}

const struct check_test test_google_legacy[] = {
    {"judges an answer", judges},
    {"survives hostile bodies", survives_hostile_bodies},
    {NULL, NULL},
};
