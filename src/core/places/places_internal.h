/* SPDX-License-Identifier: ISC */
/* What places.c, exchange.c and refusal.c share: the struct behind places.h.
 *
 * A query that finds no request with its key must pass the budgets and the breaker; its
 * request then waits for its turn, and passes them again when it starts, since they may
 * have changed. */
#ifndef HERD_CORE_PLACES_PLACES_INTERNAL_H
#define HERD_CORE_PLACES_PLACES_INTERNAL_H

#ifndef HERD_IN_places
#error "private to src/core/places: include places/places.h"
#endif

#include "breaker.h"
#include "budget.h"
#include "provider.h"
#include "requests.h"

struct herd_places {
    struct herd_places_setup setup;
    const struct herd_places_provider *provider;
    struct herd_requests requests;
    struct herd_budget budget;
    struct herd_breaker breaker;
    struct herd_list finished; /* queries, the oldest first */
    size_t
        held_bytes; /* of the texts of answers, until the last of their replies has left */
};

/* ---- places.c ---- */

/* Appends a query that is attached to no request to the finished ones. `result` is
 * borrowed; NULL: memory ran out. */
void herd_places_finish(struct herd_places *places, struct herd_places_query *query,
                        struct herd_places_result *result);

/* ---- refusal.c ---- */

enum { HERD_PLACES_MESSAGE_MAX = 128 }; /* bytes, NUL included */

/* Why a request is not made. */
struct herd_places_refusal {
    struct herd_slice status; /* Google's word for it */
    char message[HERD_PLACES_MESSAGE_MAX];
    uint64_t *counter; /* of queries that were refused for this reason */
};

/* Fills in a refusal. */
void herd_places_refuse(struct herd_places_refusal *refusal, struct herd_slice status,
                        uint64_t *counter, const char *message);

/* Whether the next request must not be made, because the day's budget is used up or because
 * the breaker is open; then *refusal says why. */
bool herd_places_is_refused(struct herd_places *places, struct herd_mono now,
                            struct herd_wall wall, struct herd_places_refusal *refusal);

/* The error that queries get; NULL: out of memory. */
struct herd_places_result *
herd_places_refusal_result(struct herd_places *places,
                           const struct herd_places_refusal *refusal);

/* ---- exchange.c ---- */

/* Ends a request that no query waits for any more, because their time is over (`late`) or
 * because their clients have gone; cancels it when it runs. */
void herd_places_abandon(struct herd_places *places, struct herd_places_request *request,
                         bool late, struct herd_mono now);

#endif
