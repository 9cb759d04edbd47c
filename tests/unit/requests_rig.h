/* SPDX-License-Identifier: ISC */
/* A table of upstream requests, and a few queries. Query `i` asks within `i` kilometres. */
#ifndef TESTS_UNIT_REQUESTS_RIG_H
#define TESTS_UNIT_REQUESTS_RIG_H

#include "check.h"
#include "fail_mem.h"
#include "places/requests.h"

enum {
    REQUESTS_QUERIES = 8,
    REQUESTS_TIMEOUT_MS = 100,
    REQUESTS_KEEP_MS = 100,
    REQUESTS_KEPT = 4,
    REQUESTS_KEPT_BYTES = 20,
};

struct requests_rig {
    struct fail_mem mem;
    struct herd_requests requests;
    struct herd_places_query query[REQUESTS_QUERIES];
};

struct herd_mono requests_rig_ms(int64_t ms);
struct herd_places_key requests_rig_key(int i);

/* With memory that fails when it is told to. */
struct herd_requests_setup requests_rig_setup(struct requests_rig *f, uint32_t running_max,
                                              int64_t keep_ms);

/* Nothing is kept; or results are, for keep_ms. */
void requests_rig_open(struct requests_rig *f, uint32_t running_max);
void requests_rig_open_kept(struct requests_rig *f, uint32_t running_max, int64_t keep_ms);

/* All queries leave; no memory may be left. */
void requests_rig_close(struct requests_rig *f);

/* A new request for the query, or for one of another key. */
int requests_rig_add(struct requests_rig *f, int i, int64_t now_ms);
int requests_rig_add_key(struct requests_rig *f, struct herd_places_query *query,
                         const struct herd_places_key *key, int64_t now_ms);

/* Query `i` asks what query `other` asks, or for that key; false: there is no such
 * request. */
bool requests_rig_join(struct requests_rig *f, int i, int other, int64_t now_ms);
bool requests_rig_join_key(struct requests_rig *f, int i, const struct herd_places_key *key,
                           int64_t now_ms);

/* The query goes, and with it a request that has no other. */
void requests_rig_leave(struct requests_rig *f, int i);

/* Starts all that may run; returns how many. */
int requests_rig_start(struct requests_rig *f);

/* The id of the query's request, and the request that has an id. */
uint64_t requests_rig_id(const struct requests_rig *f, int i);
struct herd_places_request *requests_rig_running(struct requests_rig *f, uint64_t id);

#endif
