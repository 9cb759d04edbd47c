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
 *
 * A provider may also ask for a pause (HTTP 429, Retry-After). Then it opens at once, for
 * as long as the provider wants; of several pauses the one that ends last counts, and only
 * the probe after it ends it, not a request that was sent before. */
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
    HERD_BREAKER_ASKED_MS = 30000, /* a pause that the provider wants, unless it says */
    HERD_BREAKER_ASKED_MAX_MS = 3600000, /* and the longest that it gets */
};

enum herd_breaker_state { HERD_BREAKER_CLOSED, HERD_BREAKER_OPEN, HERD_BREAKER_PROBING };

/* All zero: closed. */
struct herd_breaker {
    enum herd_breaker_state state;
    bool asked;                /* the provider asked for the pause; not while closed */
    uint32_t failures;         /* in a row, while closed */
    int64_t pause_ms;          /* the last one after failures, without jitter */
    struct herd_mono retry_at; /* the pause ends, while open */
};

/* How a request has ended. */
enum herd_breaker_end {
    HERD_BREAKER_OK,     /* the provider works */
    HERD_BREAKER_FAILED, /* it does not */
    HERD_BREAKER_UNKNOWN /* it was cancelled before its reply came */
};

/* Whether a request may begin. */
bool herd_breaker_allows(const struct herd_breaker *breaker, struct herd_mono now);

/* A request that is allowed begins. Returns true when it is the probe. */
bool herd_breaker_begin(struct herd_breaker *breaker);

/* A request has ended; `probe` is what herd_breaker_begin returned for it. */
void herd_breaker_end(struct herd_breaker *breaker, enum herd_breaker_end end, bool probe,
                      struct herd_mono now, uint64_t random);

/* Instead of herd_breaker_end: the reply asks for a pause of so many milliseconds; 0: it
 * does not say how long. */
void herd_breaker_pause(struct herd_breaker *breaker, int64_t pause_ms,
                        struct herd_mono now);

/* Milliseconds, rounded up, until a request may begin: 0 when one may, or probes. */
int64_t herd_breaker_retry_ms(const struct herd_breaker *breaker, struct herd_mono now);

/* "closed", "open", "paused" (open, because the provider asked for it), "probing". */
const char *herd_breaker_state_text(const struct herd_breaker *breaker);

#endif
