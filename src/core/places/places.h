/* SPDX-License-Identifier: ISC */
/* Places: queries a provider for the places near a point, on behalf of clients.
 *
 * A client query is one WHATSAT of one client. An upstream request is one HTTP request to
 * the provider; all queries for the same point and radius that arrive while it waits or
 * runs share it, and its answer may be kept for a while for later ones. A bounded number of
 * requests runs at once, the others wait, and addresses take turns; budgets and a circuit
 * breaker refuse some before that. A query has one deadline from its arrival on, waiting
 * included, and always ends with a result: the provider's answer, or an error of this
 * server in the same layout. How many queries there may be is for the owner to bound.
 *
 * The module knows no session and no action: its owner provides functions that send
 * requests (struct herd_places_calls), and collects finished queries with
 * herd_places_next_finished. */
#ifndef HERD_CORE_PLACES_PLACES_H
#define HERD_CORE_PLACES_PLACES_H

#include "herd/conf.h"
#include "herd/instant.h"
#include "herd/mem.h"
#include "herd/slice.h"
#include "herd/stats.h"
#include "list.h"
#include "protocol/geo.h"
#include "siphash.h"
#include "timerq.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct herd_places;
struct herd_places_request;
struct herd_places_result;

enum {
    HERD_PLACES_RESULTS_MAX = 20, /* results that a query may ask for */
};

/* Provided by the owner. None of these may call the module again. */
struct herd_places_calls {
    void *ctx; /* borrowed, outlives the module */
    /* Sends an upstream request: `bytes` is the query or body, borrowed for the call.
     * herd_places_on_reply reports its end. When memory runs out nothing need be done:
     * the request then times out. */
    void (*fetch)(void *ctx, uint64_t request_id, struct herd_slice bytes);
    /* No reply to that request is wanted any more. */
    void (*cancel)(void *ctx, uint64_t request_id);
    /* A line for the log, borrowed for the call. */
    void (*log)(void *ctx, struct herd_slice text);
    /* 64 random bits, for jitter. */
    uint64_t (*random)(void *ctx);
};

struct herd_places_setup {
    const struct herd_mem *mem;   /* borrowed, outlives the module */
    const struct herd_conf *conf; /* likewise: its options about Places */
    struct herd_stats *stats;     /* likewise: its counters of queries and requests */
    uint8_t hash_key[HERD_SIPHASH_KEY];
    const char *unavailable; /* why there are no queries, for clients; lives for ever.
                              * NULL: there are */
    struct herd_places_calls calls;
};

/* *fresh is to be freed by herd_places_free. Errors: HERD_ENOMEM, and then *fresh is NULL.
 */
int herd_places_new(struct herd_places **fresh, const struct herd_places_setup *setup);

/* No query may be left. Accepts NULL. */
void herd_places_free(struct herd_places *places);

/* ---- client queries ---- */

/* Embedded in the owner's own struct; all zero before herd_places_query, and it must stay
 * where it is in memory until it is finished or cancelled. */
struct herd_places_query {
    struct herd_places_request *request; /* that it waits for; NULL: none */
    struct herd_list_node in_list;       /* of its request, or of those that are finished */
    struct herd_timer timer;             /* armed while it waits for a request */
    bool finished;                       /* not yet handed out by next_finished */
    /* Set when the query is finished: a reference that its owner has to release; NULL:
     * memory ran out. */
    struct herd_places_result *result;
    void *owner; /* the caller's own */
};

/* Queries the places within `radius_km` of `point`, for the client whose address has that
 * key.
 * Returns true when the query is finished at once; false when it waits: then
 * herd_places_next_finished hands it out later, unless herd_places_cancel comes first.
 * Requests are sent by herd_places_start_ready only. */
bool herd_places_query(struct herd_places *places, struct herd_places_query *query,
                       struct herd_point point, uint32_t radius_km, uint64_t address_key,
                       struct herd_mono now, struct herd_wall wall);

/* The result is not wanted any more. Accepts a query that is finished, handed out, or was
 * never started; a result that was handed out stays the caller's. */
void herd_places_cancel(struct herd_places *places, struct herd_places_query *query,
                        struct herd_mono now);

/* Ends a query that waits with OVER_QUERY_LIMIT, since others need its place:
 * herd_places_next_finished hands it out. */
void herd_places_refuse_query(struct herd_places *places, struct herd_places_query *query,
                              struct herd_mono now);

/* Takes out the query that has been finished for the longest time; NULL: none is. */
struct herd_places_query *herd_places_next_finished(struct herd_places *places);

/* The key under which the budget counts a client's address, given as text without its
 * port. All addresses of an IPv6 network of 64 bits have one key. */
uint64_t herd_places_address_key(const struct herd_places *places,
                                 struct herd_slice address);

/* ---- results ---- */

/* One more reference; they are not counted across threads. */
struct herd_places_result *herd_places_result_hold(struct herd_places_result *result);

/* Frees the result with its last reference. Accepts NULL. */
void herd_places_result_release(struct herd_places_result *result);

/* Whether the provider wrote it; otherwise it is an error of this server. */
bool herd_places_result_is_answer(const struct herd_places_result *result);

/* The JSON text with at most `bound` (up to HERD_PLACES_RESULTS_MAX) elements in its
 * `results`, in two parts. It has neither empty lines nor a newline at its end. The slices
 * live as long as the result. */
void herd_places_result_cut(const struct herd_places_result *result, uint32_t bound,
                            struct herd_slice part[2]);

/* A new result with one reference: an error of this server in Google's layout. `status` is
 * one of Google's; `message` is for people, gets escaped, and may be empty. NULL: out of
 * memory. */
struct herd_places_result *herd_places_result_error(const struct herd_mem *mem,
                                                    struct herd_slice status,
                                                    struct herd_slice message);

/* A location is to be forgotten: no result for that point is kept, or will be of a request
 * that was made before. */
void herd_places_forget(struct herd_places *places, struct herd_point point);

/* ---- upstream requests ---- */

/* How a request has ended. */
struct herd_places_reply {
    int http_status;        /* 0: no reply came, and the rest means nothing */
    int64_t retry_after_ms; /* how long not to ask again, as it says; 0: it does not */
    struct herd_slice body; /* borrowed for the call */
};

/* Does nothing when that request is gone. */
void herd_places_on_reply(struct herd_places *places, uint64_t request_id,
                          const struct herd_places_reply *reply, struct herd_mono now,
                          struct herd_wall wall);

/* Whether no request waits to be sent and no query is finished: then neither
 * herd_places_start_ready nor herd_places_next_finished has anything to do, and ending a
 * client does not change that. */
bool herd_places_is_quiet(const struct herd_places *places);

/* Sends the requests that wait, as far as there is room for them to run. Returns true when
 * queries are finished, because their request was refused or for another reason. */
bool herd_places_start_ready(struct herd_places *places, struct herd_mono now,
                             struct herd_wall wall);

/* ---- time ---- */

/* Ends queries whose time is over, and forgets answers that were kept for long enough. */
void herd_places_tick(struct herd_places *places, struct herd_mono now);

/* When herd_places_tick next has something to do; HERD_NEVER: never. */
struct herd_mono herd_places_deadline(const struct herd_places *places);

/* ---- status ---- */

struct herd_places_status {
    const char *provider;      /* its name; lives for ever */
    const char *breaker;       /* "closed", "open", "paused", "probing"; lives for ever */
    int64_t retry_ms;          /* until a request may be made; 0: one may be, or probes */
    uint32_t running, waiting; /* requests */
};

struct herd_places_status herd_places_status(const struct herd_places *places,
                                             struct herd_mono now);

#endif
