/* SPDX-License-Identifier: ISC */
/* The requests that wait for their turn, each on behalf of one address. Addresses take
 * turns, and of each the request that has waited for the longest time comes first. */
#ifndef HERD_CORE_PLACES_REQUEST_QUEUE_H
#define HERD_CORE_PLACES_REQUEST_QUEUE_H

#ifndef HERD_IN_places
#error "private to src/core/places: include places/places.h"
#endif

#include "request.h"

struct herd_request_queue {
    struct herd_shares shares; /* by address; of each the oldest first */
    uint32_t count;            /* requests */
};

/* `max` is about how many there may be; it only decides about speed. Errors: HERD_ENOMEM;
 * herd_request_queue_free is needed in any case. Must stay where it is in memory. */
int herd_request_queue_init(struct herd_request_queue *queue, const struct herd_mem *mem,
                            size_t max);

/* Nobody may wait. Accepts all zero. */
void herd_request_queue_free(struct herd_request_queue *queue);

/* The request waits on behalf of that address. Errors: HERD_ENOMEM, and nothing has
 * changed. */
int herd_request_queue_add(struct herd_request_queue *queue,
                           struct herd_places_request *request, uint64_t address_key);

/* If that address has fewer requests than the one for which this one waits, it waits for
 * that address from now on. Without memory everything stays as it is. */
void herd_request_queue_share(struct herd_request_queue *queue,
                              struct herd_places_request *request, uint64_t address_key);

/* The request whose turn it is; NULL: none waits. */
struct herd_places_request *herd_request_queue_next(const struct herd_request_queue *queue);

/* Its address had its turn: all others come first. */
void herd_request_queue_end_turn(struct herd_request_queue *queue,
                                 struct herd_places_request *request);

/* It waits no more. */
void herd_request_queue_remove(struct herd_request_queue *queue,
                               struct herd_places_request *request);

#endif
