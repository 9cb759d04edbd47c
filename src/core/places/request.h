/* SPDX-License-Identifier: ISC */
/* An upstream request, and the queries that wait for it. requests.h has the table of all.
 */
#ifndef HERD_CORE_PLACES_REQUEST_H
#define HERD_CORE_PLACES_REQUEST_H

#ifndef HERD_IN_places
#error "private to src/core/places: include places/places.h"
#endif

#include "list.h"
#include "places.h"
#include "result.h"
#include "shares.h"

/* Two queries with the same key get the same answer. */
struct herd_places_key {
    struct herd_point point;
    uint32_t radius_km;
    bool enterprise; /* places-fields */
};

enum herd_request_state { HERD_REQUEST_WAITING, HERD_REQUEST_RUNNING, HERD_REQUEST_KEPT };

/* Owned by the table. The fields after `hash` are free for the caller's use. */
struct herd_places_request {
    enum herd_request_state state;
    uint64_t id;              /* of the HTTP request, while it runs; else 0 */
    struct herd_list queries; /* attached, in order of arrival */
    struct herd_share *share; /* while it waits: of the address it waits for */
    struct herd_list_node in_share;
    struct herd_list_node in_kept;
    struct herd_places_request *same_hash;
    struct herd_places_result *result; /* a reference, while it is kept */
    struct herd_mono keep_until;
    struct herd_places_key key;
    uint64_t hash;
    struct herd_mono started_at; /* when it was last sent */
    bool probe;                  /* as herd_breaker_begin returned */
    bool retried;
    bool forgotten; /* its result is not to be kept */
};

/* The query that is in a list with this node; NULL for NULL. */
static inline struct herd_places_query *
herd_places_query_of(const struct herd_list_node *node)
{
    return herd_list_item(node, offsetof(struct herd_places_query, in_list));
}

/* The query that was attached first; NULL: there is none. */
static inline struct herd_places_query *
herd_request_first_query(const struct herd_places_request *request)
{
    return herd_places_query_of(herd_list_first(&request->queries));
}

#endif
