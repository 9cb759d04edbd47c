/* SPDX-License-Identifier: ISC */
/* The slots of the requests that run, and the ids of their HTTP requests. An id is never
 * used twice (but for the wrap of a 32-bit generation), so that a late reply to an ended
 * request does not meet the next one in the same slot. */
#ifndef HERD_CORE_PLACES_REQUEST_SLOTS_H
#define HERD_CORE_PLACES_REQUEST_SLOTS_H

#ifndef HERD_IN_places
#error "private to src/core/places: include places/places.h"
#endif

#include "request.h"

struct herd_request_slot {
    struct herd_places_request *request; /* NULL: free */
    uint32_t generation;
    uint32_t next_free; /* number of a slot, from 1 on; 0: none */
};

struct herd_request_slots {
    const struct herd_mem *mem; /* borrowed */
    struct herd_request_slot *slot;
    uint32_t max, count; /* all of them; those in use */
    uint32_t free;       /* as next_free */
};

/* `max` > 0 slots. Errors: HERD_ENOMEM. */
int herd_request_slots_init(struct herd_request_slots *slots, const struct herd_mem *mem,
                            uint32_t max);

/* Accepts those that failed to init, or all zero. */
void herd_request_slots_free(struct herd_request_slots *slots);

/* Gives the request a slot, of which one has to be free, and its id. */
void herd_request_slots_take(struct herd_request_slots *slots,
                             struct herd_places_request *request);

/* Frees its slot; its id becomes 0. */
void herd_request_slots_give_back(struct herd_request_slots *slots,
                                  struct herd_places_request *request);

/* The request that has that id; NULL: none has. */
struct herd_places_request *herd_request_slots_find(const struct herd_request_slots *slots,
                                                    uint64_t id);

#endif
