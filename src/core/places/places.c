/* What is asked of Places, when, and what becomes of the answers.
 *
 * A query that finds no request with its key must pass the budgets and the breaker; its
 * request then waits for its turn, and passes them again when that comes, since much may
 * have changed. */
#include "places_internal.h"

#include "herd/err.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum {
    KEPT_MAX = 4096,          /* results that are kept ... */
    KEPT_BYTES_MAX = 1 << 24, /* ... and the bytes of their texts */
    MESSAGE_MAX = 128,
    LOG_MAX = 160,
};

/* ---- life ---- */

static int init_parts(struct herd_places *places)
{
    const struct herd_places_setup *setup = &places->setup;
    const struct herd_conf *conf = setup->conf;
    struct herd_requests_setup requests = {.mem = setup->mem,
                                           .running_max = (uint32_t)conf->lookups_max,
                                           .waiting_max =
                                               (uint32_t)conf->lookups_waiting_max,
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
    assert(places->first_finished == NULL);
    herd_requests_free(&places->requests);
    herd_budget_free(&places->budget);
    herd_mem_free(places->setup.mem, places, sizeof *places);
}

/* ---- finished queries ---- */

static struct herd_places_result *hold(struct herd_places_result *result)
{
    return result != NULL ? herd_places_result_hold(result) : NULL;
}

/* The query is attached to no request; `result` is borrowed, and NULL when memory ran out.
 */
static void finish(struct herd_places *places, struct herd_places_query *query,
                   struct herd_places_result *result)
{
    assert(query->request == NULL && !query->finished);
    query->result = hold(result);
    query->finished = true;
    query->prev = places->last_finished;
    query->next = NULL;
    *(query->prev != NULL ? &query->prev->next : &places->first_finished) = query;
    places->last_finished = query;
}

static void take_out(struct herd_places *places, struct herd_places_query *query)
{
    struct herd_places_query *prev = query->prev, *next = query->next;
    *(prev != NULL ? &prev->next : &places->first_finished) = next;
    *(next != NULL ? &next->prev : &places->last_finished) = prev;
    query->prev = NULL;
    query->next = NULL;
    query->finished = false;
}

struct herd_places_query *herd_places_next_finished(struct herd_places *places)
{
    struct herd_places_query *query = places->first_finished;
    if (query != NULL)
        take_out(places, query);
    return query;
}

/* Returns how many they were. */
static uint64_t finish_all(struct herd_places *places, struct herd_places_request *request,
                           struct herd_places_result *result)
{
    uint64_t count = 0;
    for (; request->first != NULL; count++) {
        struct herd_places_query *query = request->first;
        (void)herd_requests_detach(query);
        finish(places, query, result);
    }
    return count;
}

/* ---- refusals ---- */

/* Why a request is not made. */
struct refusal {
    struct herd_slice status; /* Google's word for it */
    char message[MESSAGE_MAX];
    uint64_t *counter;
};

static void refuse(struct refusal *refusal, struct herd_slice status, uint64_t *counter,
                   const char *message)
{
    refusal->status = status;
    refusal->counter = counter;
    snprintf(refusal->message, sizeof refusal->message, "%s", message);
}

static void refuse_broken(struct herd_places *places, struct herd_mono now,
                          struct refusal *refusal)
{
    int64_t ms = herd_breaker_retry_ms(&places->breaker, now);
    refuse(refusal, HERD_LIT("UNKNOWN_ERROR"), &places->setup.stats->queries_refused_broken,
           "The Places server failed several times; it is being tried again now.");
    if (ms > 0)
        snprintf(refusal->message, sizeof refusal->message,
                 "The Places server failed several times; it will be tried again in "
                 "%" PRId64 " s.",
                 (ms + 999) / 1000);
}

/* Whether the next request must not be made. */
static bool is_refused(struct herd_places *places, struct herd_mono now,
                       struct herd_wall wall, struct refusal *refusal)
{
    if (!herd_budget_day_left(&places->budget, now, wall))
        refuse(refusal, HERD_LIT("OVER_QUERY_LIMIT"),
               &places->setup.stats->queries_over_budget,
               "This server may ask no more today; its budget begins anew at 00:00 UTC.");
    else if (!herd_breaker_allows(&places->breaker, now))
        refuse_broken(places, now, refusal);
    else
        return false;
    return true;
}

static struct herd_places_result *refusal_result(struct herd_places *places,
                                                 const struct refusal *refusal)
{
    return herd_places_result_error(places->setup.mem, refusal->status,
                                    herd_slice_str(refusal->message));
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
    struct refusal refusal;
    int rc = HERD_EFULL;
    if (!herd_budget_minute_left(&places->budget, address_key, now)) {
        refuse(&refusal, HERD_LIT("OVER_QUERY_LIMIT"), &stats->queries_over_budget,
               "Your address has asked too often; try again in a minute.");
    } else if (!is_refused(places, now, wall, &refusal)) {
        rc = herd_requests_add(&places->requests, key, &request);
        refuse(&refusal, HERD_LIT("OVER_QUERY_LIMIT"), &stats->queries_refused,
               "This server has too many lookups waiting; try again later.");
    }
    if (rc == HERD_OK) {
        herd_budget_minute_take(&places->budget, address_key, now);
        herd_requests_attach(&places->requests, request, query, now);
    } else if (rc == HERD_EFULL) {
        *refusal.counter += 1;
        query->result = refusal_result(places, &refusal);
    }
    return rc == HERD_OK;
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
    herd_requests_attach(&places->requests, request, query, now);
    return false;
}

uint64_t herd_places_address_key(const struct herd_places *places,
                                 struct herd_slice address)
{
    return herd_budget_address_key(&places->budget, address);
}

/* ---- the beginning and the end of a request ---- */

static struct herd_places_search search_of(const struct herd_places *places,
                                           const struct herd_places_request *request)
{
    return (struct herd_places_search){.point = request->key.point,
                                       .radius_km = request->key.radius_km,
                                       .enterprise = request->key.enterprise,
                                       .timeout_ms = places->setup.conf->places_timeout_ms};
}

static void start(struct herd_places *places, struct herd_places_request *request,
                  struct herd_mono now)
{
    const struct herd_places_calls *calls = &places->setup.calls;
    char bytes[HERD_PROVIDER_REQUEST_MAX];
    struct herd_places_search search = search_of(places, request);
    size_t len = places->provider->print(&search, bytes);
    herd_requests_start(&places->requests, request, now);
    request->probe = herd_breaker_begin(&places->breaker);
    herd_budget_day_take(&places->budget);
    places->setup.stats->requests_started++;
    calls->fetch(calls->ctx, request->id, herd_slice(bytes, len));
}

/* Tells the breaker, and the log when its state changes. */
static void end_attempt(struct herd_places *places,
                        const struct herd_places_request *request,
                        enum herd_breaker_end end, struct herd_mono now)
{
    const struct herd_places_calls *calls = &places->setup.calls;
    const char *name = places->provider->contract.name;
    enum herd_breaker_state before = places->breaker.state;
    char text[LOG_MAX];
    herd_breaker_end(&places->breaker, end, request->probe, now, calls->random(calls->ctx));
    if (places->breaker.state == HERD_BREAKER_OPEN && before != HERD_BREAKER_OPEN &&
        end == HERD_BREAKER_FAILED)
        snprintf(text, sizeof text,
                 "places: %s failed; no request is sent to it for %" PRId64 " ms", name,
                 herd_breaker_retry_ms(&places->breaker, now));
    else if (places->breaker.state == HERD_BREAKER_CLOSED && before != HERD_BREAKER_CLOSED)
        snprintf(text, sizeof text, "places: %s works again", name);
    else
        return;
    calls->log(calls->ctx, herd_slice_str(text));
}

/* No query waits for it any more, because their time is over (`late`) or because their
 * clients have gone. A request that was given a fair time and has no reply has failed. */
static void abandon(struct herd_places *places, struct herd_places_request *request,
                    bool late, struct herd_mono now)
{
    const struct herd_places_calls *calls = &places->setup.calls;
    int64_t fair_ms = places->setup.conf->places_timeout_ms / 3;
    if (request->state == HERD_REQUEST_RUNNING) {
        bool failed =
            late && herd_mono_reached(now, herd_mono_add_ms(request->started_at, fair_ms));
        places->setup.stats->answers_failed += failed;
        end_attempt(places, request, failed ? HERD_BREAKER_FAILED : HERD_BREAKER_UNKNOWN,
                    now);
        calls->cancel(calls->ctx, request->id);
    }
    herd_requests_end(&places->requests, request);
}

void herd_places_cancel(struct herd_places *places, struct herd_places_query *query,
                        struct herd_mono now)
{
    struct herd_places_request *request = herd_requests_detach(query);
    if (request != NULL)
        abandon(places, request, false, now);
    if (!query->finished)
        return;
    take_out(places, query);
    herd_places_result_release(query->result);
    query->result = NULL;
}

/* A query that has waited for too long is not asked any more: the next tick ends it. */
bool herd_places_start_ready(struct herd_places *places, struct herd_mono now,
                             struct herd_wall wall)
{
    struct refusal refusal;
    struct herd_places_request *request;
    while ((request = herd_requests_ready(&places->requests)) != NULL &&
           !herd_mono_reached(now, request->first->timer.due)) {
        if (!is_refused(places, now, wall, &refusal)) {
            start(places, request, now);
            continue;
        }
        struct herd_places_result *result = refusal_result(places, &refusal);
        *refusal.counter += finish_all(places, request, result);
        herd_requests_end(&places->requests, request);
        herd_places_result_release(result);
    }
    return places->first_finished != NULL;
}

/* ---- replies ---- */

/* The result of a reply, or NULL: no reply came, or memory ran out. */
static struct herd_places_result *translate(const struct herd_places *places,
                                            const struct herd_places_request *request,
                                            int http_status, struct herd_slice body)
{
    struct herd_places_answer answer = {http_status, body, search_of(places, request)};
    size_t text_max = 2 * (size_t)places->setup.conf->places_body_max;
    struct herd_places_result *result =
        http_status != 0 ? herd_places_result_new(places->setup.mem, text_max) : NULL;
    if (result == NULL)
        return NULL;
    places->provider->translate(&answer, result);
    if (http_status == 429 && result->verdict == HERD_PLACES_FAILED)
        result->verdict = HERD_PLACES_LIMITED;
    result->is_answer = result->text.len > 0;
    herd_places_result_fit(result);
    return result;
}

/* What became of a request. */
struct outcome {
    int http_status; /* 0: no reply came */
    enum herd_places_verdict verdict;
    int rc; /* of the result */
};

static struct outcome outcome_of(int http_status, const struct herd_places_result *result)
{
    if (result != NULL)
        return (struct outcome){http_status, result->verdict, result->rc};
    return (struct outcome){http_status, HERD_PLACES_FAILED,
                            http_status != 0 ? HERD_ENOMEM : HERD_OK};
}

/* Memory that we run out of is no fault of the service. */
static enum herd_breaker_end count(struct herd_places *places,
                                   const struct outcome *outcome)
{
    struct herd_stats *stats = places->setup.stats;
    uint64_t *const counters[] = {[HERD_PLACES_FOUND] = &stats->answers_found,
                                  [HERD_PLACES_REFUSED] = &stats->answers_refused,
                                  [HERD_PLACES_LIMITED] = &stats->answers_limited,
                                  [HERD_PLACES_FAILED] = &stats->answers_failed};
    if (outcome->rc == HERD_ENOMEM) {
        stats->out_of_memory++;
        return HERD_BREAKER_UNKNOWN;
    }
    *counters[outcome->verdict] += 1;
    return outcome->verdict == HERD_PLACES_FOUND || outcome->verdict == HERD_PLACES_REFUSED
               ? HERD_BREAKER_OK
               : HERD_BREAKER_FAILED;
}

/* A second attempt must have a chance to be answered in time. */
static bool may_retry(struct herd_places *places, const struct herd_places_request *request,
                      const struct outcome *outcome, struct herd_mono now,
                      struct herd_wall wall)
{
    const struct herd_conf *conf = places->setup.conf;
    struct refusal unused;
    struct herd_mono fair = herd_mono_add_ms(now, conf->places_timeout_ms / 3);
    return outcome->verdict == HERD_PLACES_FAILED && outcome->rc != HERD_ENOMEM &&
           conf->places_retry && !request->retried &&
           fair.ns <= request->first->timer.due.ns &&
           !is_refused(places, now, wall, &unused);
}

static struct herd_slice message_of(const struct outcome *outcome)
{
    if (outcome->http_status == 0)
        return HERD_LIT("The Places server cannot be reached.");
    if (outcome->rc == HERD_ENOMEM)
        return HERD_LIT("This server is out of memory.");
    if (outcome->http_status != 200)
        return HERD_LIT("The Places server answered with an HTTP error.");
    switch (outcome->rc) {
    case HERD_EFULL:
        return HERD_LIT("The reply of the Places server is too large to pass on.");
    case HERD_ERANGE:
        return HERD_LIT("The reply of the Places server is nested too deeply or too long.");
    default:
        return HERD_LIT(
            "The reply of the Places server is not the JSON that was expected.");
    }
}

/* The error that takes the place of a result without a text. */
static struct herd_places_result *error_of(const struct herd_places *places,
                                           const struct outcome *outcome)
{
    struct herd_slice status = outcome->verdict == HERD_PLACES_LIMITED
                                   ? HERD_LIT("OVER_QUERY_LIMIT")
                                   : HERD_LIT("UNKNOWN_ERROR");
    return herd_places_result_error(places->setup.mem, status, message_of(outcome));
}

void herd_places_on_reply(struct herd_places *places, uint64_t request_id, int http_status,
                          struct herd_slice body, struct herd_mono now,
                          struct herd_wall wall)
{
    struct herd_places_request *request =
        herd_requests_running(&places->requests, request_id);
    if (request == NULL)
        return;
    struct herd_places_result *result = translate(places, request, http_status, body);
    struct outcome outcome = outcome_of(http_status, result);
    end_attempt(places, request, count(places, &outcome), now);
    if (may_retry(places, request, &outcome, now, wall)) {
        places->setup.stats->requests_retried++;
        request->retried = true;
        start(places, request, now);
        herd_places_result_release(result);
        return;
    }
    if (result == NULL || !result->is_answer) {
        herd_places_result_release(result);
        result = error_of(places, &outcome);
    }
    (void)finish_all(places, request, result);
    if (outcome.verdict == HERD_PLACES_FOUND && result != NULL)
        herd_requests_keep(&places->requests, request, result, now);
    else
        herd_requests_end(&places->requests, request);
    herd_places_result_release(result);
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
            abandon(places, request, true, now);
        if (result == NULL)
            result = herd_places_result_error(
                places->setup.mem, HERD_LIT("UNKNOWN_ERROR"),
                HERD_LIT("The Places server did not answer in time."));
        finish(places, query, result);
    }
    herd_places_result_release(result);
    herd_requests_expire(&places->requests, now);
}

struct herd_mono herd_places_deadline(const struct herd_places *places)
{
    return herd_requests_deadline(&places->requests);
}

/* ---- looking in ---- */

struct herd_places_status herd_places_status(const struct herd_places *places,
                                             struct herd_mono now)
{
    return (struct herd_places_status){.provider = places->provider->contract.name,
                                       .breaker = herd_breaker_state_text(&places->breaker),
                                       .retry_ms =
                                           herd_breaker_retry_ms(&places->breaker, now),
                                       .running = places->requests.running_count,
                                       .waiting = places->requests.waiting_count};
}
