/* SPDX-License-Identifier: ISC */
/* The life of the module, and client queries: attaching them to requests, and the list of
 * finished ones. */
#include "places_internal.h"

#include "herd/err.h"

#include <assert.h>
#include <string.h>

enum {
    KEPT_MAX = 4096,          /* results that are kept ... */
    KEPT_BYTES_MAX = 1 << 24, /* ... and the bytes of their texts */
};

/* ---- life ---- */

static int init_parts(struct herd_places *places)
{
    const struct herd_places_setup *setup = &places->setup;
    const struct herd_conf *conf = setup->conf;
    uint32_t running_max = herd_provider_running_max(
        places->provider, herd_slice_str(conf->places_url), (uint32_t)conf->lookups_max);
    struct herd_requests_setup requests = {.mem = setup->mem,
                                           .running_max = running_max,
                                           .waiting_max =
                                               (uint32_t)conf->lookups_waiting_max +
                                               (uint32_t)conf->lookups_max - running_max,
                                           .timeout_ms = conf->places_timeout_ms,
                                           .keep_ms = conf->places_cache_ms,
                                           .kept_max = KEPT_MAX,
                                           .kept_bytes_max = KEPT_BYTES_MAX};
    struct herd_budget_setup budget = {.mem = setup->mem,
                                       .day_max = conf->places_budget_day,
                                       .minute_max = conf->places_budget_minute};
    memcpy(requests.hash_key, setup->hash_key, sizeof requests.hash_key);
    memcpy(budget.hash_key, setup->hash_key, sizeof budget.hash_key);
    int rc = herd_requests_init(&places->requests, &requests);
    return rc == HERD_OK ? herd_budget_init(&places->budget, &budget) : rc;
}

int herd_places_new(struct herd_places **fresh, const struct herd_places_setup *setup)
{
    struct herd_places *places = herd_mem_zalloc(setup->mem, sizeof *places);
    *fresh = NULL;
    if (places == NULL)
        return HERD_ENOMEM;
    places->setup = *setup;
    herd_list_init(&places->finished);
    places->provider =
        herd_places_provider_find(herd_slice_str(setup->conf->places_provider));
    int rc = init_parts(places);
    if (rc == HERD_OK)
        *fresh = places;
    else
        herd_places_free(places);
    return rc;
}

void herd_places_free(struct herd_places *places)
{
    if (places == NULL)
        return;
    assert(herd_list_first(&places->finished) == NULL);
    herd_requests_free(&places->requests);
    herd_budget_free(&places->budget);
    herd_mem_free(places->setup.mem, places, sizeof *places);
}

/* ---- finished queries ---- */

static struct herd_places_result *hold(struct herd_places_result *result)
{
    return result != NULL ? herd_places_result_hold(result) : NULL;
}

void herd_places_finish(struct herd_places *places, struct herd_places_query *query,
                        struct herd_places_result *result)
{
    assert(query->request == NULL && !query->finished);
    query->result = hold(result);
    query->finished = true;
    herd_list_push_back(&places->finished, &query->in_list);
}

static void take_out(struct herd_places_query *query)
{
    herd_list_remove(&query->in_list);
    query->finished = false;
}

struct herd_places_query *herd_places_next_finished(struct herd_places *places)
{
    struct herd_places_query *query =
        herd_places_query_of(herd_list_first(&places->finished));
    if (query != NULL)
        take_out(query);
    return query;
}

void herd_places_forget(struct herd_places *places, struct herd_point point)
{
    herd_requests_forget(&places->requests, point);
}

bool herd_places_is_quiet(const struct herd_places *places)
{
    return places->requests.waiting.count == 0 && herd_list_is_empty(&places->finished);
}

/* ---- queries ---- */

/* Adds a request for the query. Returns false when that ran out of memory, or was refused:
 * then query->result says so. */
static bool add_request(struct herd_places *places, struct herd_places_query *query,
                        const struct herd_places_key *key, uint64_t address_key,
                        struct herd_mono now, struct herd_wall wall)
{
    struct herd_stats *stats = places->setup.stats;
    struct herd_places_request *request;
    struct herd_places_refusal refusal;
    bool refused = true;
    if (!herd_budget_minute_left(&places->budget, address_key, now)) {
        herd_places_refuse(&refusal, HERD_LIT("OVER_QUERY_LIMIT"),
                           &stats->queries_over_budget,
                           "Your address has asked too often; try again in a minute.");
    } else {
        refused = herd_places_is_refused(places, now, wall, &refusal);
    }
    if (refused) {
        *refusal.counter += 1;
        query->result = herd_places_refusal_result(places, &refusal);
        return false;
    }
    if (herd_requests_add(&places->requests, key, address_key, &request) != HERD_OK)
        return false;
    herd_budget_minute_take(&places->budget, address_key, now);
    herd_requests_attach(&places->requests, request, query, now);
    return true;
}

bool herd_places_query(struct herd_places *places, struct herd_places_query *query,
                       struct herd_point point, uint32_t radius_km, uint64_t address_key,
                       struct herd_mono now, struct herd_wall wall)
{
    const struct herd_places_setup *setup = &places->setup;
    struct herd_places_key key = {
        .point = point,
        .radius_km = radius_km,
        .enterprise = strcmp(setup->conf->places_fields, "enterprise") == 0};
    if (setup->unavailable != NULL) {
        query->result = herd_places_result_error(setup->mem, HERD_LIT("REQUEST_DENIED"),
                                                 herd_slice_str(setup->unavailable));
        return true;
    }
    struct herd_places_request *request = herd_requests_find(&places->requests, &key, now);
    if (request == NULL)
        return !add_request(places, query, &key, address_key, now, wall);
    if (request->state == HERD_REQUEST_KEPT) {
        setup->stats->queries_cached++;
        query->result = herd_places_result_hold(request->result);
        return true;
    }
    setup->stats->queries_joined++;
    if (request->state == HERD_REQUEST_WAITING)
        herd_requests_wait_for(&places->requests, request, address_key);
    herd_requests_attach(&places->requests, request, query, now);
    return false;
}

void herd_places_refuse_query(struct herd_places *places, struct herd_places_query *query,
                              struct herd_mono now)
{
    struct herd_places_refusal refusal;
    struct herd_places_request *request = herd_requests_detach(query);
    if (request != NULL)
        herd_places_abandon(places, request, false, now);
    herd_places_refuse(&refusal, HERD_LIT("OVER_QUERY_LIMIT"),
                       &places->setup.stats->queries_refused,
                       "This server has too many lookups waiting; try again later.");
    *refusal.counter += 1;
    struct herd_places_result *result = herd_places_refusal_result(places, &refusal);
    herd_places_finish(places, query, result);
    herd_places_result_release(result);
}

uint64_t herd_places_address_key(const struct herd_places *places,
                                 struct herd_slice address)
{
    return herd_budget_address_key(&places->budget, address);
}

void herd_places_cancel(struct herd_places *places, struct herd_places_query *query,
                        struct herd_mono now)
{
    struct herd_places_request *request = herd_requests_detach(query);
    if (request != NULL)
        herd_places_abandon(places, request, false, now);
    if (!query->finished)
        return;
    take_out(query);
    herd_places_result_release(query->result);
    query->result = NULL;
}

/* ---- time ---- */

void herd_places_tick(struct herd_places *places, struct herd_mono now)
{
    struct herd_places_result *result = NULL;
    struct herd_places_query *query;
    while ((query = herd_timerq_expired(&places->requests.timers, now)) != NULL) {
        struct herd_places_request *request = herd_requests_detach(query);
        places->setup.stats->queries_timed_out++;
        if (request != NULL)
            herd_places_abandon(places, request, true, now);
        if (result == NULL)
            result = herd_places_result_error(
                places->setup.mem, HERD_LIT("UNKNOWN_ERROR"),
                HERD_LIT("The Places server did not answer in time."));
        herd_places_finish(places, query, result);
    }
    herd_places_result_release(result);
    herd_requests_expire(&places->requests, now);
}

struct herd_mono herd_places_deadline(const struct herd_places *places)
{
    return herd_requests_deadline(&places->requests);
}

/* ---- status ---- */

struct herd_places_status herd_places_status(const struct herd_places *places,
                                             struct herd_mono now)
{
    return (struct herd_places_status){.provider = places->provider->name,
                                       .breaker = herd_breaker_state_text(&places->breaker),
                                       .retry_ms =
                                           herd_breaker_retry_ms(&places->breaker, now),
                                       .running = places->requests.running.count,
                                       .waiting = places->requests.waiting.count};
}
