/* SPDX-License-Identifier: ISC */
/* How an upstream request has ended, and what follows from that: whether it may be sent
 * once more, whether the provider wants a pause, and what clients are told. */
#ifndef HERD_CORE_PLACES_OUTCOME_H
#define HERD_CORE_PLACES_OUTCOME_H

#ifndef HERD_IN_places
#error "private to src/core/places: include places/places.h"
#endif

#include "result.h"

struct herd_outcome {
    int http_status;        /* 0: no reply came */
    int64_t retry_after_ms; /* 0: the reply does not say */
    enum herd_places_verdict verdict;
    int rc; /* of the result */
};

/* `result` is that of the reply; NULL: no reply came, or memory ran out. */
struct herd_outcome herd_outcome_of(const struct herd_places_reply *reply,
                                    const struct herd_places_result *result);

/* The provider says that there were too many requests, or that it is down, and until when.
 */
bool herd_outcome_wants_pause(const struct herd_outcome *outcome);

/* A second attempt may end in another way. */
bool herd_outcome_may_pass(const struct herd_outcome *outcome);

/* The words for people when there is no text to pass on; they live for ever. */
struct herd_slice herd_outcome_message(const struct herd_outcome *outcome);

#endif
