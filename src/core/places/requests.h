/* SPDX-License-Identifier: ISC */
/* The table of upstream requests. A request is in one of three states:
 *
 *     waiting   in the queue of an address; client queries are attached
 *     running   has an id and was sent; client queries are attached
 *     kept      was answered, and its result serves later queries; no query is
 *               attached
 *
 * There is at most one request for a key. Kept results all last equally long, so the
 * oldest is the first to go: when its time is over, or when a new one needs its room.
 * Queries do not extend the time of a result. */
#ifndef HERD_CORE_PLACES_REQUESTS_H
#define HERD_CORE_PLACES_REQUESTS_H

#ifndef HERD_IN_places
#error "private to src/core/places: include places/places.h"
#endif

#include "request.h"
#include "request_queue.h"
#include "request_slots.h"

struct herd_requests_setup {
    const struct herd_mem *mem; /* borrowed, outlives the table */
    uint8_t hash_key[HERD_SIPHASH_KEY];
    uint32_t running_max;  /* > 0 */
    uint32_t waiting_max;  /* about how many may wait; only decides about speed */
    int64_t timeout_ms;    /* > 0: of a query, from its arrival on */
    int64_t keep_ms;       /* 0: nothing is kept */
    size_t kept_max;       /* results */
    size_t kept_bytes_max; /* of all their texts */
};

struct herd_requests {
    struct herd_requests_setup setup;
    struct herd_places_request **table; /* all requests, by hash */
    size_t table_size;                  /* a power of two */
    struct herd_request_queue waiting;
    struct herd_request_slots running;
    struct herd_list kept; /* the oldest first */
    size_t kept_count, kept_bytes;
    struct herd_timerq timers; /* owners are queries */
};

/* Errors: HERD_ENOMEM. Must stay where it is in memory. */
int herd_requests_init(struct herd_requests *requests,
                       const struct herd_requests_setup *setup);

/* No request may wait or run. Accepts a table that failed to init, or all zero. */
void herd_requests_free(struct herd_requests *requests);

/* ---- finding and adding ---- */

/* The request with that key, in any state; NULL: there is none, or it was kept and its time
 * is over. */
struct herd_places_request *herd_requests_find(struct herd_requests *requests,
                                               const struct herd_places_key *key,
                                               struct herd_mono now);

/* A new request with a key that no other has, waiting on behalf of that address. A query
 * has to be attached to it at once. Errors, and then nothing has changed: HERD_ENOMEM. */
int herd_requests_add(struct herd_requests *requests, const struct herd_places_key *key,
                      uint64_t address_key, struct herd_places_request **request);

/* A query of that address is going to be attached to a waiting request: if the address has
 * fewer of them than the one for which the request has waited, it waits for this one from
 * now on. Without memory everything stays as it is. */
void herd_requests_wait_for(struct herd_requests *requests,
                            struct herd_places_request *request, uint64_t address_key);

/* ---- queries ---- */

/* The query, which is attached to no request, waits for this one, which is not kept. */
void herd_requests_attach(struct herd_requests *requests,
                          struct herd_places_request *request,
                          struct herd_places_query *query, struct herd_mono now);

/* Takes a query off its request, if it waits for one. Returns the request when no other
 * query waits for it: herd_requests_end or _keep is then due. */
struct herd_places_request *herd_requests_detach(struct herd_places_query *query);

/* ---- running ---- */

/* When one more may run, the request whose turn it is: addresses take turns, and of each
 * the request that has waited for the longest time comes first. Else NULL. */
struct herd_places_request *herd_requests_ready(const struct herd_requests *requests);

/* Starts a request that waits, when one more may run; starts one that runs once more, with
 * another id. */
void herd_requests_start(struct herd_requests *requests,
                         struct herd_places_request *request, struct herd_mono now);

/* The running request with that id; NULL: it has ended. */
struct herd_places_request *herd_requests_running(const struct herd_requests *requests,
                                                  uint64_t id);

/* ---- the end ---- */

/* Frees a request that waits or runs, and has no query. */
void herd_requests_end(struct herd_requests *requests, struct herd_places_request *request);

/* Keeps a running request without queries and its result (one more reference), in place of
 * the oldest when there are too many; ends it when it is too large or nothing is kept. */
void herd_requests_keep(struct herd_requests *requests, struct herd_places_request *request,
                        struct herd_places_result *result, struct herd_mono now);

/* A location is to be forgotten: nothing about that point is kept any more, neither what is
 * kept now nor the results of requests that wait or run. */
void herd_requests_forget(struct herd_requests *requests, struct herd_point point);

/* The one that was kept first; NULL: none is. */
struct herd_places_request *herd_requests_oldest_kept(const struct herd_requests *requests);

/* Frees the kept requests whose time is over. */
void herd_requests_expire(struct herd_requests *requests, struct herd_mono now);

/* When a query or a kept request next runs out; HERD_NEVER: none does. */
struct herd_mono herd_requests_deadline(const struct herd_requests *requests);

#endif
