/* SPDX-License-Identifier: ISC */
/* Whether an upstream request may be made: the budgets and the breaker decide. */
#include "places_internal.h"

#include <inttypes.h>
#include <stdio.h>

void herd_places_refuse(struct herd_places_refusal *refusal, struct herd_slice status,
                        uint64_t *counter, const char *message)
{
    refusal->status = status;
    refusal->counter = counter;
    snprintf(refusal->message, sizeof refusal->message, "%s", message);
}

/* The provider asked for it, so it is the client's business too: it asked too often. */
static void refuse_paused(struct herd_places *places, struct herd_mono now,
                          struct herd_places_refusal *refusal)
{
    int64_t ms = herd_breaker_retry_ms(&places->breaker, now);
    herd_places_refuse(refusal, HERD_LIT("OVER_QUERY_LIMIT"),
                       &places->setup.stats->queries_refused_paused,
                       "The Places server asked for a pause; it is being tried again now.");
    if (ms > 0)
        snprintf(refusal->message, sizeof refusal->message,
                 "The Places server asked for a pause; it will be asked again in "
                 "%" PRId64 " s.",
                 (ms + 999) / 1000);
}

static void refuse_broken(struct herd_places *places, struct herd_mono now,
                          struct herd_places_refusal *refusal)
{
    int64_t ms = herd_breaker_retry_ms(&places->breaker, now);
    herd_places_refuse(
        refusal, HERD_LIT("UNKNOWN_ERROR"), &places->setup.stats->queries_refused_broken,
        "The Places server failed several times; it is being tried again now.");
    if (ms > 0)
        snprintf(refusal->message, sizeof refusal->message,
                 "The Places server failed several times; it will be tried again in "
                 "%" PRId64 " s.",
                 (ms + 999) / 1000);
}

bool herd_places_is_refused(struct herd_places *places, struct herd_mono now,
                            struct herd_wall wall, struct herd_places_refusal *refusal)
{
    if (!herd_budget_day_left(&places->budget, now, wall))
        herd_places_refuse(
            refusal, HERD_LIT("OVER_QUERY_LIMIT"),
            &places->setup.stats->queries_over_budget,
            "This server may ask no more today; its budget begins anew at 00:00 UTC.");
    else if (!herd_breaker_allows(&places->breaker, now) && places->breaker.asked)
        refuse_paused(places, now, refusal);
    else if (!herd_breaker_allows(&places->breaker, now))
        refuse_broken(places, now, refusal);
    else
        return false;
    return true;
}

struct herd_places_result *
herd_places_refusal_result(struct herd_places *places,
                           const struct herd_places_refusal *refusal)
{
    return herd_places_result_error(places->setup.mem, refusal->status,
                                    herd_slice_str(refusal->message));
}
