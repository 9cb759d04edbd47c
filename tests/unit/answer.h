/* SPDX-License-Identifier: ISC */
/* Runs a provider's `translate` on replies, good and bad, and has cJSON judge what comes
 * out. */
#ifndef TESTS_UNIT_ANSWER_H
#define TESTS_UNIT_ANSWER_H

#include "places/provider.h"

#include <cjson/cJSON.h>

/* What all answers here were searched for: around 10,20, one kilometre. */
#define ANSWER_SEARCH                                                                      \
    ((struct herd_places_search){                                                          \
        .point = {10 * HERD_GEO_UNIT, 20 * HERD_GEO_UNIT},                                 \
        .radius_km = 1,                                                                    \
        .timeout_ms = 10000,                                                               \
    })

/* A failure's text; the message is "", or an ANSWER_MESSAGE. */
#define ANSWER_ERROR(message, status)                                                      \
    "{\n" message "   \"html_attributions\" : [],\n   \"results\" : [],\n"                 \
    "   \"status\" : \"" status "\"\n}"
#define ANSWER_MESSAGE(text) "   \"error_message\" : \"" text "\",\n"

/* That of too many requests, when there is no other. */
#define ANSWER_BUSY                                                                        \
    ANSWER_ERROR(ANSWER_MESSAGE("The Places server answered with an HTTP error."),         \
                 "OVER_QUERY_LIMIT")

struct answer_case {
    const char *body;
    int http;
    enum herd_places_verdict verdict;
    int rc;
    const char *want; /* the text; NULL: empty */
};

/* Checks each, the body at the edge of what may be read. */
void answer_check(const struct herd_places_provider *provider,
                  const struct answer_case *cases, size_t count);

/* Cuts a result, and checks that this leaves what cJSON finds in it, and no empty line. */
void answer_check_cut(const struct herd_places_result *result, uint32_t bound);

/* The same for the result of a body in Google's layout. */
void answer_check_cut_body(struct herd_slice body, uint32_t bound);

/* Translates the body, and checks that what comes out is either a whole text in Google's
 * layout, that is cut as cJSON would cut it, or nothing and an error. Returns the
 * text parsed, to be deleted, or NULL. */
cJSON *answer_read(const struct herd_places_provider *provider, int http,
                   struct herd_slice body);

/* The same for each prefix of the body, and for the body with each of its bytes replaced,
 * left out and doubled. Returns how many gave a text. */
size_t answer_mangle(const struct herd_places_provider *provider, struct herd_slice body);

/* The same with each allocation failing, and with each limit of `out` that is too low. */
void answer_starve(const struct herd_places_provider *provider, struct herd_slice body);

/* The same for what no service should send: HTML, nothing, NUL, depth, four megabytes. */
void answer_abuse(const struct herd_places_provider *provider);

/* The same for all values of members and elements, one after the other: each is replaced by
 * values of every type. */
size_t answer_retype(const struct herd_places_provider *provider, struct herd_slice body);

#endif
