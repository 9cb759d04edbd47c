/* SPDX-License-Identifier: ISC */
#include "breaker.h"

#include <assert.h>

bool herd_breaker_allows(const struct herd_breaker *breaker, struct herd_mono now)
{
    return breaker->state == HERD_BREAKER_CLOSED ||
           (breaker->state == HERD_BREAKER_OPEN &&
            herd_mono_reached(now, breaker->retry_at));
}

bool herd_breaker_begin(struct herd_breaker *breaker)
{
    assert(breaker->state != HERD_BREAKER_PROBING);
    if (breaker->state == HERD_BREAKER_CLOSED)
        return false;
    breaker->state = HERD_BREAKER_PROBING;
    return true;
}

/* Half of the pause is random, so that the servers of a herd, which use the same provider,
 * do not all probe it at once. */
static void pause_for(struct herd_breaker *breaker, struct herd_mono now, uint64_t random)
{
    int64_t half_ms = breaker->pause_ms / 2;
    int64_t jitter_ms = (int64_t)(random % ((uint64_t)half_ms + 1));
    breaker->state = HERD_BREAKER_OPEN;
    breaker->asked = false;
    breaker->retry_at = herd_mono_add_ms(now, half_ms + jitter_ms);
}

static void fail_closed(struct herd_breaker *breaker, struct herd_mono now, uint64_t random)
{
    breaker->failures++;
    if (breaker->failures < HERD_BREAKER_FAILURES)
        return;
    breaker->pause_ms = HERD_BREAKER_PAUSE_MIN_MS;
    pause_for(breaker, now, random);
}

static void fail_probe(struct herd_breaker *breaker, struct herd_mono now, uint64_t random)
{
    breaker->pause_ms *= 2;
    if (breaker->pause_ms < HERD_BREAKER_PAUSE_MIN_MS)
        breaker->pause_ms = HERD_BREAKER_PAUSE_MIN_MS;
    if (breaker->pause_ms > HERD_BREAKER_PAUSE_MAX_MS)
        breaker->pause_ms = HERD_BREAKER_PAUSE_MAX_MS;
    pause_for(breaker, now, random);
}

void herd_breaker_end(struct herd_breaker *breaker, enum herd_breaker_end end, bool probe,
                      struct herd_mono now, uint64_t random)
{
    bool is_probe = probe && breaker->state == HERD_BREAKER_PROBING;
    if (end == HERD_BREAKER_OK && (is_probe || !breaker->asked))
        *breaker = (struct herd_breaker){.state = HERD_BREAKER_CLOSED};
    else if (end == HERD_BREAKER_FAILED && breaker->state == HERD_BREAKER_CLOSED)
        fail_closed(breaker, now, random);
    else if (end == HERD_BREAKER_FAILED && is_probe)
        fail_probe(breaker, now, random);
    else if (is_probe)
        breaker->state = HERD_BREAKER_OPEN;
}

/* No jitter: the pause is the provider's own choice, and a shorter one would be another
 * offence. */
void herd_breaker_pause(struct herd_breaker *breaker, int64_t pause_ms,
                        struct herd_mono now)
{
    int64_t ms = pause_ms > 0 ? pause_ms : HERD_BREAKER_ASKED_MS;
    struct herd_mono until = herd_mono_add_ms(
        now, ms < HERD_BREAKER_ASKED_MAX_MS ? ms : HERD_BREAKER_ASKED_MAX_MS);
    bool longer =
        breaker->state != HERD_BREAKER_OPEN || herd_mono_reached(until, breaker->retry_at);
    if (longer)
        breaker->retry_at = until;
    breaker->state = HERD_BREAKER_OPEN;
    breaker->asked = true;
}

int64_t herd_breaker_retry_ms(const struct herd_breaker *breaker, struct herd_mono now)
{
    if (herd_breaker_allows(breaker, now) || breaker->state == HERD_BREAKER_PROBING)
        return 0;
    return (breaker->retry_at.ns - now.ns + HERD_NS_PER_MS - 1) / HERD_NS_PER_MS;
}

const char *herd_breaker_state_text(const struct herd_breaker *breaker)
{
    static const char *const texts[] = {[HERD_BREAKER_CLOSED] = "closed",
                                        [HERD_BREAKER_OPEN] = "open",
                                        [HERD_BREAKER_PROBING] = "probing"};
    return breaker->state == HERD_BREAKER_OPEN && breaker->asked ? "paused"
                                                                 : texts[breaker->state];
}
