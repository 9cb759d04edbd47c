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
    requests->slots =
        herd_mem_zalloc(setup->mem, setup->running_max * sizeof *requests->slots);
    requests->table = herd_mem_zalloc(setup->mem, requests->table_size * sizeof(void *));
    int rc = herd_shares_init(&requests->waiting, setup->mem,
                              (size_t)setup->running_max + setup->waiting_max);
    if (rc != HERD_OK || requests->slots == NULL || requests->table == NULL) {
        herd_requests_free(requests);
        return HERD_ENOMEM;
    }
    for (uint32_t i = 0; i < setup->running_max; i++)
        requests->slots[i].next_free = i + 1 < setup->running_max ? i + 2 : 0;
    requests->free_slot = 1;
    return HERD_OK;
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

static void append(struct herd_request_list *list, struct herd_places_request *request)
{
    request->prev = list->last;
    request->next = NULL;
    *(list->last != NULL ? &list->last->next : &list->first) = request;
    list->last = request;
}

static void unlink_from(struct herd_request_list *list, struct herd_places_request *request)
{
    struct herd_places_request *prev = request->prev, *next = request->next;
    *(prev != NULL ? &prev->next : &list->first) = next;
    *(next != NULL ? &next->prev : &list->last) = prev;
    request->prev = NULL;
    request->next = NULL;
}

/* ---- slots ---- */

/* An id is the slot's generation and the slot's number, so that a late reply to an ended
 * request never meets the next one in the same slot. Numbers start at 1, so that no id is
 * 0 when a generation wraps around. */
static uint32_t number_of(uint64_t id)
{
    return (uint32_t)id;
}

static void take_slot(struct herd_requests *requests, struct herd_places_request *request)
{
    uint32_t number = requests->free_slot;
    assert(number != 0);
    struct herd_request_slot *slot = &requests->slots[number - 1];
    requests->free_slot = slot->next_free;
    requests->running_count++;
    slot->request = request;
    request->id = (uint64_t)++slot->generation << 32 | number;
}

static void return_slot(struct herd_requests *requests, struct herd_places_request *request)
{
    assert(requests->slots != NULL && request->id != 0);
    struct herd_request_slot *slot = &requests->slots[number_of(request->id) - 1];
    slot->request = NULL;
    slot->next_free = requests->free_slot;
    requests->free_slot = number_of(request->id);
    requests->running_count--;
    request->id = 0;
}

/* ---- waiting ---- */

static int take_share(struct herd_requests *requests, struct herd_places_request *request,
                      uint64_t address_key)
{
    request->share = herd_shares_take(&requests->waiting, address_key);
    if (request->share == NULL)
        return HERD_ENOMEM;
    herd_list_push_back(&request->share->things[0], &request->in_share);
    return HERD_OK;
}

static void give_share_back(struct herd_requests *requests,
                            struct herd_places_request *request)
{
    herd_list_remove(&request->in_share);
    herd_shares_give_back(&requests->waiting, request->share);
    request->share = NULL;
}

void herd_requests_wait_for(struct herd_requests *requests,
                            struct herd_places_request *request, uint64_t address_key)
{
    struct herd_share *share = request->share;
    assert(request->state == HERD_REQUEST_WAITING);
    if (herd_shares_count(&requests->waiting, address_key) + 1 >= share->count)
        return;
    herd_list_remove(&request->in_share);
    if (take_share(requests, request, address_key) == HERD_OK) {
        herd_shares_give_back(&requests->waiting, share);
        return;
    }
    request->share = share;
    herd_list_push_back(&share->things[0], &request->in_share);
}

static struct herd_places_request *request_of(const struct herd_list_node *node)
{
    return herd_list_item(node, offsetof(struct herd_places_request, in_share));
}

/* ---- leaving a state ---- */

static void leave_state(struct herd_requests *requests, struct herd_places_request *request)
{
    switch (request->state) {
    case HERD_REQUEST_WAITING:
        give_share_back(requests, request);
        requests->waiting_count--;
        break;
    case HERD_REQUEST_RUNNING: return_slot(requests, request); break;
    case HERD_REQUEST_KEPT:
        unlink_from(&requests->kept, request);
        requests->kept_count--;
        requests->kept_bytes -= request->result->text.len;
        herd_places_result_release(request->result);
        break;
    }
}

void herd_requests_end(struct herd_requests *requests, struct herd_places_request *request)
{
    assert(request->first == NULL);
    leave_state(requests, request);
    remove_from_table(requests, request);
    herd_mem_free(requests->setup.mem, request, sizeof *request);
}

void herd_requests_free(struct herd_requests *requests)
{
    const struct herd_mem *mem = requests->setup.mem;
    assert(requests->running_count == 0 && requests->waiting_count == 0);
    while (requests->kept.first != NULL)
        herd_requests_end(requests, requests->kept.first);
    if (requests->slots != NULL)
        herd_mem_free(mem, requests->slots,
                      requests->setup.running_max * sizeof *requests->slots);
    if (requests->table != NULL)
        herd_mem_free(mem, requests->table, requests->table_size * sizeof(void *));
    herd_shares_free(&requests->waiting);
    requests->slots = NULL;
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

static bool is_full(const struct herd_requests *requests)
{
    const struct herd_requests_setup *setup = &requests->setup;
    uint64_t count = (uint64_t)requests->running_count + requests->waiting_count;
    return count >= (uint64_t)setup->running_max + setup->waiting_max;
}

int herd_requests_add(struct herd_requests *requests, const struct herd_places_key *key,
                      uint64_t address_key, struct herd_places_request **request)
{
    const struct herd_mem *mem = requests->setup.mem;
    if (is_full(requests))
        return HERD_EFULL;
    struct herd_places_request *fresh = herd_mem_zalloc(mem, sizeof *fresh);
    if (fresh == NULL)
        return HERD_ENOMEM;
    if (take_share(requests, fresh, address_key) != HERD_OK) {
        herd_mem_free(mem, fresh, sizeof *fresh);
        return HERD_ENOMEM;
    }
    fresh->key = *key;
    fresh->hash = hash_of(requests, key);
    struct herd_places_request **chain = chain_of(requests, fresh->hash);
    fresh->same_hash = *chain;
    *chain = fresh;
    fresh->state = HERD_REQUEST_WAITING;
    requests->waiting_count++;
    *request = fresh;
    return HERD_OK;
}

/* ---- queries ---- */

void herd_requests_attach(struct herd_requests *requests,
                          struct herd_places_request *request,
                          struct herd_places_query *query, struct herd_mono now)
{
    assert(query->request == NULL && request->state != HERD_REQUEST_KEPT);
    query->request = request;
    query->prev = request->last;
    query->next = NULL;
    *(request->last != NULL ? &request->last->next : &request->first) = query;
    request->last = query;
    query->timer.owner = query;
    herd_timer_arm(&requests->timers, &query->timer, now);
}

struct herd_places_request *herd_requests_detach(struct herd_places_query *query)
{
    struct herd_places_request *request = query->request;
    if (request == NULL)
        return NULL;
    herd_timer_disarm(&query->timer);
    *(query->prev != NULL ? &query->prev->next : &request->first) = query->next;
    *(query->next != NULL ? &query->next->prev : &request->last) = query->prev;
    query->request = NULL;
    query->prev = NULL;
    query->next = NULL;
    return request->first == NULL ? request : NULL;
}

/* ---- running ---- */

struct herd_places_request *herd_requests_ready(const struct herd_requests *requests)
{
    const struct herd_share *share = herd_shares_next(&requests->waiting);
    if (share == NULL || requests->running_count >= requests->setup.running_max)
        return NULL;
    return request_of(herd_list_first(&share->things[0]));
}

void herd_requests_start(struct herd_requests *requests,
                         struct herd_places_request *request, struct herd_mono now)
{
    assert(request->state != HERD_REQUEST_KEPT);
    if (request->share != NULL)
        herd_shares_end_turn(&requests->waiting, request->share);
    leave_state(requests, request);
    request->state = HERD_REQUEST_RUNNING;
    take_slot(requests, request);
    request->started_at = now;
}

struct herd_places_request *herd_requests_running(const struct herd_requests *requests,
                                                  uint64_t id)
{
    uint32_t number = number_of(id);
    if (number == 0 || number > requests->setup.running_max)
        return NULL;
    struct herd_places_request *request = requests->slots[number - 1].request;
    return request != NULL && request->id == id ? request : NULL;
}

/* ---- kept results ---- */

void herd_requests_keep(struct herd_requests *requests, struct herd_places_request *request,
                        struct herd_places_result *result, struct herd_mono now)
{
    const struct herd_requests_setup *setup = &requests->setup;
    size_t size = result->text.len;
    assert(request->first == NULL && request->state == HERD_REQUEST_RUNNING);
    if (setup->keep_ms == 0 || setup->kept_max == 0 || size > setup->kept_bytes_max) {
        herd_requests_end(requests, request);
        return;
    }
    while (requests->kept_count >= setup->kept_max ||
           requests->kept_bytes > setup->kept_bytes_max - size)
        herd_requests_end(requests, requests->kept.first);
    leave_state(requests, request);
    request->state = HERD_REQUEST_KEPT;
    request->result = herd_places_result_hold(result);
    request->keep_until = herd_mono_add_ms(now, setup->keep_ms);
    append(&requests->kept, request);
    requests->kept_count++;
    requests->kept_bytes += size;
}

void herd_requests_expire(struct herd_requests *requests, struct herd_mono now)
{
    while (requests->kept.first != NULL &&
           herd_mono_reached(now, requests->kept.first->keep_until))
        herd_requests_end(requests, requests->kept.first);
}

struct herd_mono herd_requests_deadline(const struct herd_requests *requests)
{
    struct herd_mono at = herd_timerq_deadline(&requests->timers);
    return requests->kept.first != NULL
               ? herd_mono_min(at, requests->kept.first->keep_until)
               : at;
}
