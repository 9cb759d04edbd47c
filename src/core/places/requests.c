/* SPDX-License-Identifier: ISC */
#include "requests.h"

#include "herd/err.h"

#include <assert.h>

/* ---- life ---- */

static size_t table_size_for(const struct herd_requests_setup *setup)
{
    size_t size = 64;
    size_t requests_max = (size_t)setup->running_max + setup->waiting_max +
                          (setup->keep_ms > 0 ? setup->kept_max : 0);
    while (size < requests_max)
        size *= 2;
    return size;
}

int herd_requests_init(struct herd_requests *requests,
                       const struct herd_requests_setup *setup)
{
    assert(setup->running_max > 0 && setup->timeout_ms > 0);
    *requests = (struct herd_requests){.setup = *setup};
    requests->table_size = table_size_for(setup);
    herd_timerq_init(&requests->timers, setup->timeout_ms);
    herd_list_init(&requests->kept);
    requests->table = herd_mem_zalloc(setup->mem, requests->table_size * sizeof(void *));
    int rc = herd_request_slots_init(&requests->running, setup->mem, setup->running_max);
    int waiting_rc = herd_request_queue_init(
        &requests->waiting, setup->mem, (size_t)setup->running_max + setup->waiting_max);
    if (rc == HERD_OK && waiting_rc == HERD_OK && requests->table != NULL)
        return HERD_OK;
    herd_requests_free(requests);
    return HERD_ENOMEM;
}

/* ---- the table ---- */

static bool key_eq(const struct herd_places_key *a, const struct herd_places_key *b)
{
    return a->point.lat == b->point.lat && a->point.lng == b->point.lng &&
           a->radius_km == b->radius_km && a->enterprise == b->enterprise;
}

/* Clients choose their points, so the hash has a key. It never leaves this process, so it
 * may depend on the machine. */
static uint64_t hash_of(const struct herd_requests *requests,
                        const struct herd_places_key *key)
{
    int64_t words[3] = {key->point.lat, key->point.lng,
                        (int64_t)key->radius_km * 2 + key->enterprise};
    return herd_siphash(herd_slice((const char *)words, sizeof words),
                        requests->setup.hash_key);
}

static struct herd_places_request **chain_of(const struct herd_requests *requests,
                                             uint64_t hash)
{
    return &requests->table[hash & (requests->table_size - 1)];
}

static void remove_from_table(struct herd_requests *requests,
                              struct herd_places_request *request)
{
    struct herd_places_request **at = chain_of(requests, request->hash);
    while (*at != request)
        at = &(*at)->same_hash;
    *at = request->same_hash;
}

/* ---- leaving a state ---- */

static void leave_state(struct herd_requests *requests, struct herd_places_request *request)
{
    switch (request->state) {
    case HERD_REQUEST_WAITING:
        herd_request_queue_remove(&requests->waiting, request);
        break;
    case HERD_REQUEST_RUNNING:
        herd_request_slots_give_back(&requests->running, request);
        break;
    case HERD_REQUEST_KEPT:
        herd_list_remove(&request->in_kept);
        requests->kept_count--;
        requests->kept_bytes -= request->result->text.len;
        herd_places_result_release(request->result);
        break;
    }
}

void herd_requests_end(struct herd_requests *requests, struct herd_places_request *request)
{
    assert(herd_list_is_empty(&request->queries));
    leave_state(requests, request);
    remove_from_table(requests, request);
    herd_mem_free(requests->setup.mem, request, sizeof *request);
}

void herd_requests_free(struct herd_requests *requests)
{
    const struct herd_mem *mem = requests->setup.mem;
    struct herd_places_request *oldest;
    while ((oldest = herd_requests_oldest_kept(requests)) != NULL)
        herd_requests_end(requests, oldest);
    herd_request_slots_free(&requests->running);
    herd_request_queue_free(&requests->waiting);
    if (requests->table != NULL)
        herd_mem_free(mem, requests->table, requests->table_size * sizeof(void *));
    requests->table = NULL;
}

/* ---- finding and adding ---- */

struct herd_places_request *herd_requests_find(struct herd_requests *requests,
                                               const struct herd_places_key *key,
                                               struct herd_mono now)
{
    struct herd_places_request *request = *chain_of(requests, hash_of(requests, key));
    while (request != NULL && !key_eq(&request->key, key))
        request = request->same_hash;
    if (request == NULL || request->state != HERD_REQUEST_KEPT ||
        !herd_mono_reached(now, request->keep_until))
        return request;
    herd_requests_end(requests, request);
    return NULL;
}

int herd_requests_add(struct herd_requests *requests, const struct herd_places_key *key,
                      uint64_t address_key, struct herd_places_request **request)
{
    const struct herd_mem *mem = requests->setup.mem;
    struct herd_places_request *fresh = herd_mem_zalloc(mem, sizeof *fresh);
    if (fresh == NULL)
        return HERD_ENOMEM;
    if (herd_request_queue_add(&requests->waiting, fresh, address_key) != HERD_OK) {
        herd_mem_free(mem, fresh, sizeof *fresh);
        return HERD_ENOMEM;
    }
    fresh->key = *key;
    fresh->hash = hash_of(requests, key);
    struct herd_places_request **chain = chain_of(requests, fresh->hash);
    fresh->same_hash = *chain;
    *chain = fresh;
    fresh->state = HERD_REQUEST_WAITING;
    herd_list_init(&fresh->queries);
    *request = fresh;
    return HERD_OK;
}

void herd_requests_wait_for(struct herd_requests *requests,
                            struct herd_places_request *request, uint64_t address_key)
{
    assert(request->state == HERD_REQUEST_WAITING);
    herd_request_queue_share(&requests->waiting, request, address_key);
}

/* ---- queries ---- */

void herd_requests_attach(struct herd_requests *requests,
                          struct herd_places_request *request,
                          struct herd_places_query *query, struct herd_mono now)
{
    assert(query->request == NULL && request->state != HERD_REQUEST_KEPT);
    query->request = request;
    herd_list_push_back(&request->queries, &query->in_list);
    query->timer.owner = query;
    herd_timer_arm(&requests->timers, &query->timer, now);
}

struct herd_places_request *herd_requests_detach(struct herd_places_query *query)
{
    struct herd_places_request *request = query->request;
    if (request == NULL)
        return NULL;
    herd_timer_disarm(&query->timer);
    herd_list_remove(&query->in_list);
    query->request = NULL;
    return herd_list_is_empty(&request->queries) ? request : NULL;
}

/* ---- running ---- */

struct herd_places_request *herd_requests_ready(const struct herd_requests *requests)
{
    if (requests->running.count >= requests->setup.running_max)
        return NULL;
    return herd_request_queue_next(&requests->waiting);
}

void herd_requests_start(struct herd_requests *requests,
                         struct herd_places_request *request, struct herd_mono now)
{
    assert(request->state != HERD_REQUEST_KEPT);
    if (request->state == HERD_REQUEST_WAITING)
        herd_request_queue_end_turn(&requests->waiting, request);
    leave_state(requests, request);
    request->state = HERD_REQUEST_RUNNING;
    herd_request_slots_take(&requests->running, request);
    request->started_at = now;
}

struct herd_places_request *herd_requests_running(const struct herd_requests *requests,
                                                  uint64_t id)
{
    return herd_request_slots_find(&requests->running, id);
}

/* ---- kept results ---- */

struct herd_places_request *herd_requests_oldest_kept(const struct herd_requests *requests)
{
    return herd_list_item(herd_list_first(&requests->kept),
                          offsetof(struct herd_places_request, in_kept));
}

void herd_requests_keep(struct herd_requests *requests, struct herd_places_request *request,
                        struct herd_places_result *result, struct herd_mono now)
{
    const struct herd_requests_setup *setup = &requests->setup;
    size_t size = result->text.len;
    assert(herd_list_is_empty(&request->queries) && request->state == HERD_REQUEST_RUNNING);
    if (setup->keep_ms == 0 || setup->kept_max == 0 || size > setup->kept_bytes_max ||
        request->forgotten) {
        herd_requests_end(requests, request);
        return;
    }
    while (requests->kept_count >= setup->kept_max ||
           requests->kept_bytes > setup->kept_bytes_max - size)
        herd_requests_end(requests, herd_requests_oldest_kept(requests));
    leave_state(requests, request);
    request->state = HERD_REQUEST_KEPT;
    request->result = herd_places_result_hold(result);
    request->keep_until = herd_mono_add_ms(now, setup->keep_ms);
    herd_list_push_back(&requests->kept, &request->in_kept);
    requests->kept_count++;
    requests->kept_bytes += size;
}

void herd_requests_forget(struct herd_requests *requests, struct herd_point point)
{
    for (size_t i = 0; i < requests->table_size && requests->setup.keep_ms > 0; i++) {
        struct herd_places_request *next, *request = requests->table[i];
        for (; request != NULL; request = next) {
            next = request->same_hash;
            if (request->key.point.lat != point.lat || request->key.point.lng != point.lng)
                continue;
            request->forgotten = true;
            if (request->state == HERD_REQUEST_KEPT)
                herd_requests_end(requests, request);
        }
    }
}

void herd_requests_expire(struct herd_requests *requests, struct herd_mono now)
{
    struct herd_places_request *oldest;
    while ((oldest = herd_requests_oldest_kept(requests)) != NULL &&
           herd_mono_reached(now, oldest->keep_until))
        herd_requests_end(requests, oldest);
}

struct herd_mono herd_requests_deadline(const struct herd_requests *requests)
{
    struct herd_mono at = herd_timerq_deadline(&requests->timers);
    const struct herd_places_request *oldest = herd_requests_oldest_kept(requests);
    return oldest != NULL ? herd_mono_min(at, oldest->keep_until) : at;
}
