/* SPDX-License-Identifier: ISC */
/* A rate limit with bursts (the generic cell rate algorithm), for log lines that strangers
 * can cause as fast as they like. Suppressed events are counted, so that the next line that
 * is logged can tell their number. */
#ifndef HERD_BASE_RATELIMIT_H
#define HERD_BASE_RATELIMIT_H

#include "herd/instant.h"

#include <stdbool.h>
#include <stdint.h>

struct herd_ratelimit {
    int64_t interval_ms;
    int64_t burst;
    struct herd_mono earned_at; /* when every event that passed has had its interval */
    uint64_t suppressed;        /* events since the last one that passed */
};

/* `interval_ms` and `burst` are 1 or more. After a long silence `burst` events pass at
 * once; in the long run one event passes in each interval. */
void herd_ratelimit_init(struct herd_ratelimit *limit, int64_t interval_ms, int64_t burst);

/* Counts one event, and returns whether it passes. If it does, *suppressed is the number of
 * events that did not pass since the last one that did; otherwise *suppressed stays as it
 * is. `now` never falls from call to call. */
bool herd_ratelimit_pass(struct herd_ratelimit *limit, struct herd_mono now,
                         uint64_t *suppressed);

#endif
