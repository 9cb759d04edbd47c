/* SPDX-License-Identifier: ISC */
/* The HTTP exchanges of an upstream request: when it is sent, the verdict on its reply,
 * whether it is sent once more, and how it ends. */
#include "outcome.h"
#include "places_internal.h"

#include "herd/err.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { LOG_MAX = 160 };

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

/* Reports the outcome to the breaker, and to the log when the breaker's state changes. */
static void end_attempt(struct herd_places *places,
                        const struct herd_places_request *request,
                        enum herd_breaker_end end, struct herd_mono now)
{
    const struct herd_places_calls *calls = &places->setup.calls;
    const char *name = places->provider->name;
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

/* The reply asks for a pause. One line of the log for each of them, although many requests
 * may be told the same. */
static void pause_requests(struct herd_places *places,
                           const struct herd_places_reply *reply, struct herd_mono now)
{
    const struct herd_places_calls *calls = &places->setup.calls;
    struct herd_breaker *breaker = &places->breaker;
    bool paused = breaker->state == HERD_BREAKER_OPEN && breaker->asked;
    char text[LOG_MAX];
    herd_breaker_pause(breaker, reply->retry_after_ms, now);
    if (paused)
        return;
    places->setup.stats->provider_pauses++;
    snprintf(text, sizeof text,
             "places: %s asks for a pause (HTTP %d); no request is sent to it for %" PRId64
             " ms",
             places->provider->name, reply->http_status,
             herd_breaker_retry_ms(breaker, now));
    calls->log(calls->ctx, herd_slice_str(text));
}

/* A request that has no reply after a third of places-timeout-ms has failed. */
void herd_places_abandon(struct herd_places *places, struct herd_places_request *request,
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

/* Returns their number. */
static uint64_t finish_all(struct herd_places *places, struct herd_places_request *request,
                           struct herd_places_result *result)
{
    uint64_t count = 0;
    struct herd_places_query *query;
    for (; (query = herd_request_first_query(request)) != NULL; count++) {
        (void)herd_requests_detach(query);
        herd_places_finish(places, query, result);
    }
    return count;
}

static void end_refused(struct herd_places *places, struct herd_places_request *request,
                        const struct herd_places_refusal *refusal)
{
    struct herd_places_result *result = herd_places_refusal_result(places, refusal);
    *refusal->counter += finish_all(places, request, result);
    herd_requests_end(&places->requests, request);
    herd_places_result_release(result);
}

/* A query whose deadline has passed gets no request any more: the next tick ends it. */
bool herd_places_start_ready(struct herd_places *places, struct herd_mono now,
                             struct herd_wall wall)
{
    struct herd_places_refusal refusal;
    struct herd_places_request *request;
    while ((request = herd_requests_ready(&places->requests)) != NULL &&
           !herd_mono_reached(now, herd_request_first_query(request)->timer.due)) {
        if (!herd_places_is_refused(places, now, wall, &refusal)) {
            start(places, request, now);
            continue;
        }
        end_refused(places, request, &refusal);
    }
    return !herd_list_is_empty(&places->finished);
}

/* ---- replies ---- */

/* Some programs put a byte order mark before UTF-8; JSON has none. */
static struct herd_slice without_bom(struct herd_slice body)
{
    struct herd_slice bom = HERD_LIT("\xef\xbb\xbf");
    bool marked = body.len >= bom.len && memcmp(body.data, bom.data, bom.len) == 0;
    return marked ? herd_slice_from(body, bom.len) : body;
}

/* The result of a reply, or NULL: no reply came, or memory ran out. */
static struct herd_places_result *translate(const struct herd_places *places,
                                            const struct herd_places_request *request,
                                            const struct herd_places_reply *reply)
{
    struct herd_places_answer answer = {reply->http_status, without_bom(reply->body),
                                        search_of(places, request)};
    size_t text_max = 2 * (size_t)places->setup.conf->places_body_max;
    struct herd_places_result *result =
        reply->http_status != 0 ? herd_places_result_new(places->setup.mem, text_max)
                                : NULL;
    if (result == NULL)
        return NULL;
    places->provider->translate(&answer, result);
    if (reply->http_status == 429 && result->verdict == HERD_PLACES_FAILED)
        result->verdict = HERD_PLACES_LIMITED;
    result->is_answer = result->text.len > 0;
    herd_places_result_fit(result);
    return result;
}

/* Whether there is room for one more answer, until all its replies have left; takes it.
 * Kept answers make room. One answer always fits. */
static bool hold(struct herd_places *places, struct herd_places_result *result)
{
    size_t most = (size_t)places->setup.conf->replies_memory_max / 4;
    size_t size = result->text.len;
    struct herd_requests *requests = &places->requests;
    struct herd_places_request *oldest;
    while (places->held_bytes > 0 && places->held_bytes + size > most &&
           (oldest = herd_requests_oldest_kept(requests)) != NULL)
        herd_requests_end(requests, oldest);
    if (places->held_bytes > 0 && places->held_bytes + size > most)
        return false;
    places->held_bytes += size;
    result->held = &places->held_bytes;
    return true;
}

/* Running out of memory is not a failure of the provider. */
static enum herd_breaker_end count(struct herd_places *places,
                                   const struct herd_outcome *outcome)
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
                      const struct herd_outcome *outcome, struct herd_mono now,
                      struct herd_wall wall)
{
    const struct herd_conf *conf = places->setup.conf;
    struct herd_places_refusal unused;
    struct herd_mono fair = herd_mono_add_ms(now, conf->places_timeout_ms / 3);
    return herd_outcome_may_pass(outcome) && conf->places_retry && !request->retried &&
           fair.ns <= herd_request_first_query(request)->timer.due.ns &&
           !herd_places_is_refused(places, now, wall, &unused);
}

/* The error that takes the place of a result without a text. */
static struct herd_places_result *error_of(const struct herd_places *places,
                                           const struct herd_outcome *outcome)
{
    struct herd_slice status = herd_provider_status(outcome->http_status);
    return herd_places_result_error(places->setup.mem, status,
                                    herd_outcome_message(outcome));
}

static struct herd_places_result *no_room(const struct herd_places *places)
{
    return herd_places_result_error(
        places->setup.mem, HERD_LIT("OVER_QUERY_LIMIT"),
        HERD_LIT("This server holds too many replies that clients do not read; try again "
                 "later."));
}

void herd_places_on_reply(struct herd_places *places, uint64_t request_id,
                          const struct herd_places_reply *reply, struct herd_mono now,
                          struct herd_wall wall)
{
    struct herd_places_request *request =
        herd_requests_running(&places->requests, request_id);
    if (request == NULL)
        return;
    struct herd_places_result *result = translate(places, request, reply);
    struct herd_outcome outcome = herd_outcome_of(reply, result);
    enum herd_breaker_end end = count(places, &outcome);
    if (herd_outcome_wants_pause(&outcome))
        pause_requests(places, reply, now);
    else
        end_attempt(places, request, end, now);
    if (may_retry(places, request, &outcome, now, wall)) {
        places->setup.stats->requests_retried++;
        request->retried = true;
        start(places, request, now);
        herd_places_result_release(result);
        return;
    }
    bool answered = result != NULL && result->is_answer;
    bool held = answered && hold(places, result);
    if (!held) {
        herd_places_result_release(result);
        places->setup.stats->answers_dropped += answered;
        result = answered ? no_room(places) : error_of(places, &outcome);
    }
    (void)finish_all(places, request, result);
    if (outcome.verdict == HERD_PLACES_FOUND && held)
        herd_requests_keep(&places->requests, request, result, now);
    else
        herd_requests_end(&places->requests, request);
    herd_places_result_release(result);
}
