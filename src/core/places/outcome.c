/* SPDX-License-Identifier: ISC */
#include "outcome.h"

#include "herd/err.h"

struct herd_outcome herd_outcome_of(const struct herd_places_reply *reply,
                                    const struct herd_places_result *result)
{
    struct herd_outcome outcome = {.http_status = reply->http_status,
                                   .retry_after_ms = reply->retry_after_ms,
                                   .verdict = HERD_PLACES_FAILED,
                                   .rc = reply->http_status != 0 ? HERD_ENOMEM : HERD_OK};
    if (result != NULL) {
        outcome.verdict = result->verdict;
        outcome.rc = result->rc;
    }
    return outcome;
}

/* HTTP 429 is understood without memory for its words. */
bool herd_outcome_wants_pause(const struct herd_outcome *outcome)
{
    return outcome->http_status == 429 || outcome->verdict == HERD_PLACES_LIMITED ||
           (outcome->http_status >= 500 && outcome->retry_after_ms > 0);
}

/* Redirects and errors of the request would only come again; 408 is the server's own way to
 * say that it did not get the request. */
static bool is_final(int http_status)
{
    return http_status >= 300 && http_status < 500 && http_status != 408;
}

bool herd_outcome_may_pass(const struct herd_outcome *outcome)
{
    return outcome->verdict == HERD_PLACES_FAILED && outcome->rc != HERD_ENOMEM &&
           !is_final(outcome->http_status);
}

struct herd_slice herd_outcome_message(const struct herd_outcome *outcome)
{
    if (outcome->http_status == 0)
        return HERD_LIT("The Places server cannot be reached.");
    if (outcome->rc == HERD_ENOMEM)
        return HERD_LIT("This server is out of memory.");
    if (outcome->http_status != 200)
        return HERD_LIT("The Places server answered with an HTTP error.");
    switch (outcome->rc) {
    case HERD_EFULL:
        return HERD_LIT("The reply of the Places server is too large to pass on.");
    case HERD_ERANGE:
        return HERD_LIT("The reply of the Places server is nested too deeply or too long.");
    default:
        return HERD_LIT(
            "The reply of the Places server is not the JSON that was expected.");
    }
}
