/* SPDX-License-Identifier: ISC */
/* A circuit breaker: after some failures in a row no request is sent to the provider for a
 * while, and then one, the probe, which tests whether it works again. That spares the
 * provider, and the clients that would wait for it.
 *
 *     closed   -> open      HERD_BREAKER_FAILURES failures in a row
 *     open     -> probing   the pause is over, and a request begins: the probe
 *     probing  -> closed    the probe, or any other request, succeeds
 *     probing  -> open      the probe fails: the pause doubles
 *
 * Requests that were running when it opened may still fail: that makes no pause longer.
 */
#ifndef HERD_CORE_PLACES_BREAKER_H
#define HERD_CORE_PLACES_BREAKER_H

#ifndef HERD_IN_places
#error "private to src/core/places: include places/places.h"
#endif

#include "herd/instant.h"

#include <stdbool.h>
#include <stdint.h>

enum {
    HERD_BREAKER_FAILURES = 5,
    HERD_BREAKER_PAUSE_MIN_MS = 1000,
    HERD_BREAKER_PAUSE_MAX_MS = 15000,
};

enum herd_breaker_state { HERD_BREAKER_CLOSED, HERD_BREAKER_OPEN, HERD_BREAKER_PROBING };

/* All zero: closed. */
struct herd_breaker {
    enum herd_breaker_state state;
    uint32_t failures;         /* in a row, while closed */
    int64_t pause_ms;          /* the last one, without jitter */
    struct herd_mono retry_at; /* the pause ends, while open */
};

/* How a request has ended. */
enum herd_breaker_end {
    HERD_BREAKER_OK,     /* the provider works */
    HERD_BREAKER_FAILED, /* it does not, or limits requests */
    HERD_BREAKER_UNKNOWN /* it was cancelled before its reply came */
};

/* Whether a request may begin. */
bool herd_breaker_allows(const struct herd_breaker *breaker, struct herd_mono now);

/* A request that is allowed begins. Returns true when it is the probe. */
bool herd_breaker_begin(struct herd_breaker *breaker);

/* A request has ended; `probe` is what herd_breaker_begin returned for it. */
void herd_breaker_end(struct herd_breaker *breaker, enum herd_breaker_end end, bool probe,
                      struct herd_mono now, uint64_t random);

/* Milliseconds, rounded up, until a request may begin: 0 when one may, or probes. */
int64_t herd_breaker_retry_ms(const struct herd_breaker *breaker, struct herd_mono now);

/* "closed", "open", "probing". */
const char *herd_breaker_state_text(const struct herd_breaker *breaker);

#endif
