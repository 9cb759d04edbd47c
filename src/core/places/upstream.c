/* Flights: what is asked of Places, when, and what becomes of the answers.
 *
 * A question that no other is under way for must pass the budgets and the breaker; it then
 * waits for its turn, and passes them again when it comes, since much may have changed. */
#include "decimal.h"
#include "herd/err.h"
#include "trim.h"
#define HERD_IN_client /* until Places is a module of its own */
#include "client/client.h"

#include <inttypes.h>
#include <stdio.h>

/* ---- refusals ---- */

static void refuse(struct herd_refusal_text *refusal, struct herd_slice status,
                   uint64_t *counter, const char *why)
{
    refusal->status = status;
    refusal->counter = counter;
    snprintf(refusal->why, sizeof refusal->why, "%s", why);
}

static void refuse_broken(struct herd_clients *clients, struct herd_refusal_text *refusal)
{
    int64_t ms = herd_breaker_retry_ms(&clients->breaker, clients->context->mono);
    refuse(refusal, HERD_LIT("UNKNOWN_ERROR"), &clients->context->stats.lookups_broken,
           "The Places server failed several times; it is being tried again now.");
    if (ms > 0)
        snprintf(refusal->why, sizeof refusal->why,
                 "The Places server failed several times; it will be tried again in "
                 "%" PRId64 " s.",
                 (ms + 999) / 1000);
}

/* Whether the next request must not be made. */
static bool is_refused(struct herd_clients *clients, struct herd_refusal_text *refusal)
{
    if (!herd_budget_day_left(&clients->budget, clients->context->mono,
                              clients->context->wall))
        refuse(refusal, HERD_LIT("OVER_QUERY_LIMIT"),
               &clients->context->stats.lookups_over_budget,
               "This server may ask no more today; its budget begins anew at 00:00 UTC.");
    else if (!herd_breaker_allows(&clients->breaker, clients->context->mono))
        refuse_broken(clients, refusal);
    else
        return false;
    return true;
}

/* ---- asking ---- */

int herd_upstream_ask(struct herd_clients *clients, struct herd_lookup *lookup,
                      const struct herd_places_key *key, uint64_t who,
                      struct herd_refusal_text *refusal)
{
    int rc = HERD_EFULL;
    if (!herd_budget_minute_left(&clients->budget, who, clients->context->mono)) {
        refuse(refusal, HERD_LIT("OVER_QUERY_LIMIT"),
               &clients->context->stats.lookups_over_budget,
               "Your address has asked too often; try again in a minute.");
    } else if (!is_refused(clients, refusal)) {
        rc = herd_lookups_add(&clients->lookups, lookup, key, clients->context->mono);
        if (rc == HERD_OK)
            herd_budget_minute_take(&clients->budget, who, clients->context->mono);
        refuse(refusal, HERD_LIT("OVER_QUERY_LIMIT"),
               &clients->context->stats.lookups_refused,
               "This server has too many lookups waiting; try again later.");
    }
    *refusal->counter += rc == HERD_EFULL;
    return rc;
}

static struct herd_places_ask ask_of(const struct herd_clients *clients,
                                     const struct herd_flight *flight)
{
    return (struct herd_places_ask){.point = flight->key.point,
                                    .radius_km = flight->key.radius_km,
                                    .enterprise = flight->key.enterprise,
                                    .timeout_ms =
                                        clients->context->setup.conf->places_timeout_ms};
}

/* Without memory for the action it just runs into its deadline. */
static void fly(struct herd_clients *clients, struct herd_flight *flight)
{
    char bytes[HERD_PROVIDER_ASK];
    struct herd_places_ask ask = ask_of(clients, flight);
    size_t len = clients->provider->print(&ask, bytes);
    herd_lookups_fly(&clients->lookups, flight, clients->context->mono);
    flight->probe = herd_breaker_begin(&clients->breaker);
    herd_budget_day_take(&clients->budget);
    clients->context->stats.lookups_started++;
    struct herd_action action = {.kind = HERD_DO_FETCH, .lookup = flight->id};
    if (clients->context->setup.conf->log_traffic)
        herd_log_copy(clients->context, HERD_TOPIC_PLACES, 0, '>', herd_slice(bytes, len));
    (void)herd_out_add_copy(&clients->context->out, &action, herd_slice(bytes, len));
}

/* ---- the end of a flight ---- */

static void end_request(struct herd_clients *clients, const struct herd_flight *flight,
                        enum herd_breaker_end end)
{
    enum herd_breaker_state before = clients->breaker.state;
    herd_breaker_end(&clients->breaker, end, flight->probe, clients->context->mono,
                     herd_random(clients->context));
    if (clients->breaker.state == HERD_BREAKER_OPEN && before != HERD_BREAKER_OPEN &&
        end == HERD_BREAKER_FAILED)
        herd_logf(clients->context, 0,
                  "places: %s failed; it is left alone for %" PRId64 " ms",
                  clients->provider->name,
                  herd_breaker_retry_ms(&clients->breaker, clients->context->mono));
    else if (clients->breaker.state == HERD_BREAKER_CLOSED && before != HERD_BREAKER_CLOSED)
        herd_logf(clients->context, 0, "places: %s is well again", clients->provider->name);
}

/* Nobody waits for it any more, because of their time (`late`) or because they have gone.
 * A request that was given a fair time and has not been answered counts as failed. */
static void abandon(struct herd_clients *clients, struct herd_flight *flight, bool late)
{
    struct herd_action action = {.kind = HERD_DO_CANCEL, .lookup = flight->id};
    int64_t fair_ms = clients->context->setup.conf->places_timeout_ms / 3;
    if (flight->id != 0) {
        bool failed = late && herd_mono_reached(clients->context->mono,
                                                herd_mono_add_ms(flight->since, fair_ms));
        clients->context->stats.places_failed += failed;
        end_request(clients, flight, failed ? HERD_BREAKER_FAILED : HERD_BREAKER_UNKNOWN);
        (void)herd_out_add(&clients->context->out, &action);
    }
    herd_lookups_end(&clients->lookups, flight);
}

void herd_upstream_leave(struct herd_clients *clients, struct herd_lookup *lookup)
{
    struct herd_flight *flight = herd_lookups_leave(lookup);
    if (flight != NULL)
        abandon(clients, flight, false);
}

static void fail_all(struct herd_clients *clients, struct herd_flight *flight,
                     struct herd_slice status, struct herd_slice why, uint64_t *counter)
{
    while (flight->first != NULL) {
        struct herd_lookup *lookup = flight->first;
        (void)herd_lookups_leave(lookup);
        herd_whatsat_fail(clients, lookup, status, why);
        *counter += 1;
    }
    herd_lookups_end(&clients->lookups, flight);
}

/* ---- departure ---- */

/* What has waited too long is not asked any more: the next tick answers it. */
bool herd_clients_start_requests(struct herd_clients *clients)
{
    struct herd_refusal_text refusal;
    struct herd_flight *flight;
    while ((flight = herd_lookups_next(&clients->lookups)) != NULL &&
           !herd_mono_reached(clients->context->mono, flight->first->timer.due)) {
        if (is_refused(clients, &refusal))
            fail_all(clients, flight, refusal.status, herd_slice_str(refusal.why),
                     refusal.counter);
        else
            fly(clients, flight);
    }
    return clients->ready != NULL;
}

/* ---- answers ---- */

static void log_answer(struct herd_clients *clients, const struct herd_event *event)
{
    char text[64];
    if (!clients->context->setup.conf->log_traffic)
        return;
    if (event->status == 0) {
        herd_log(clients->context, HERD_TOPIC_PLACES, 0, '<', event->bytes);
        return;
    }
    memcpy(text, "HTTP ", 5);
    size_t len = 5 + herd_uint_print((uint64_t)event->status, text + 5);
    memcpy(text + len, ", ", 2);
    len += 2;
    len += herd_uint_print(event->bytes.len, text + len);
    memcpy(text + len, " bytes", 6);
    herd_log_copy(clients->context, HERD_TOPIC_PLACES, 0, '<', herd_slice(text, len + 6));
}

/* An answer in Google's layout, or the reason why there is none. */
struct answer {
    enum herd_places_verdict verdict;
    struct herd_slice text;
    int rc;
    int status; /* of HTTP; 0: none came */
};

static struct answer translate(struct herd_clients *clients,
                               const struct herd_flight *flight,
                               const struct herd_event *event, struct herd_buf *room)
{
    struct herd_places_answer raw = {event->status, event->bytes, ask_of(clients, flight)};
    struct answer answer = {
        .verdict = HERD_PLACES_FAILED, .text = {"", 0}, .status = event->status};
    if (event->status != 0)
        answer.verdict = clients->provider->translate(&raw, room, &answer.text, &answer.rc);
    if (event->status == 429 && answer.verdict == HERD_PLACES_FAILED)
        answer.verdict = HERD_PLACES_LIMITED;
    return answer;
}

/* Our own want of memory is no fault of the service. */
static enum herd_breaker_end judge(struct herd_clients *clients,
                                   const struct answer *answer)
{
    struct herd_stats *stats = &clients->context->stats;
    uint64_t *const counters[] = {[HERD_PLACES_FOUND] = &stats->places_found,
                                  [HERD_PLACES_REFUSED] = &stats->places_refused,
                                  [HERD_PLACES_LIMITED] = &stats->places_limited,
                                  [HERD_PLACES_FAILED] = &stats->places_failed};
    if (answer->rc == HERD_ENOMEM) {
        stats->out_of_memory++;
        return HERD_BREAKER_UNKNOWN;
    }
    *counters[answer->verdict] += 1;
    return answer->verdict == HERD_PLACES_FOUND || answer->verdict == HERD_PLACES_REFUSED
               ? HERD_BREAKER_WELL
               : HERD_BREAKER_FAILED;
}

/* A second request must have a chance to be answered in time. */
static bool may_retry(struct herd_clients *clients, const struct herd_flight *flight,
                      const struct answer *answer)
{
    const struct herd_conf *conf = clients->context->setup.conf;
    struct herd_refusal_text unused;
    struct herd_mono fair =
        herd_mono_add_ms(clients->context->mono, conf->places_timeout_ms / 3);
    return answer->verdict == HERD_PLACES_FAILED && answer->rc != HERD_ENOMEM &&
           conf->places_retry && !flight->retried &&
           fair.ns <= flight->first->timer.due.ns && !is_refused(clients, &unused);
}

static struct herd_slice why_none(const struct answer *answer)
{
    if (answer->status == 0)
        return HERD_LIT("The Places server cannot be reached.");
    if (answer->rc == HERD_ENOMEM)
        return HERD_LIT("This server is out of memory.");
    if (answer->status != 200)
        return HERD_LIT("The Places server answered with an HTTP error.");
    switch (answer->rc) {
    case HERD_EFULL:
        return HERD_LIT("The reply of the Places server is too large to pass on.");
    case HERD_ERANGE:
        return HERD_LIT("The reply of the Places server is nested too deeply or too long.");
    default:
        return HERD_LIT(
            "The reply of the Places server is not the JSON that was expected.");
    }
}

static void answer_all(struct herd_clients *clients, struct herd_flight *flight,
                       const struct answer *answer)
{
    uint64_t unused = 0;
    if (answer->text.len == 0) {
        struct herd_slice status = answer->verdict == HERD_PLACES_LIMITED
                                       ? HERD_LIT("OVER_QUERY_LIMIT")
                                       : HERD_LIT("UNKNOWN_ERROR");
        fail_all(clients, flight, status, why_none(answer), &unused);
        return;
    }
    while (flight->first != NULL) {
        struct herd_lookup *lookup = flight->first;
        (void)herd_lookups_leave(lookup);
        herd_whatsat_answer(clients, lookup, answer->text);
    }
    herd_lookups_end(&clients->lookups, flight);
}

/* Without a copy of the text, unless the provider has to make one or it is kept. */
void herd_clients_on_places(struct herd_clients *clients, const struct herd_event *event)
{
    struct herd_flight *flight = herd_lookups_find(&clients->lookups, event->lookup);
    struct herd_buf room;
    log_answer(clients, event);
    if (flight == NULL)
        return;
    herd_buf_init(&room, clients->context->setup.mem,
                  2 * (size_t)clients->context->setup.conf->places_body_max);
    struct answer answer = translate(clients, flight, event, &room);
    end_request(clients, flight, judge(clients, &answer));
    if (may_retry(clients, flight, &answer)) {
        clients->context->stats.lookups_retried++;
        flight->retried = true;
        fly(clients, flight);
    } else {
        if (answer.verdict == HERD_PLACES_FOUND)
            herd_cache_put(&clients->cache, &flight->key, answer.text,
                           clients->context->mono);
        answer_all(clients, flight, &answer);
    }
    herd_buf_free(&room);
}

/* ---- time ---- */

void herd_upstream_timers(struct herd_clients *clients)
{
    struct herd_lookup *lookup;
    while ((lookup = herd_timerq_expired(&clients->lookups.timers,
                                         clients->context->mono)) != NULL) {
        struct herd_flight *flight = herd_lookups_leave(lookup);
        clients->context->stats.lookups_timed_out++;
        if (flight != NULL)
            abandon(clients, flight, true);
        herd_whatsat_fail(clients, lookup, HERD_LIT("UNKNOWN_ERROR"),
                          HERD_LIT("The Places server did not answer in time."));
    }
    herd_cache_expire(&clients->cache, clients->context->mono);
}
