/* So many at once, and then one in a while: for lines of the log that others can cause as
 * fast as they like. What is left out is counted, so that the next one can tell. */
#ifndef HERD_BASE_RATELIMIT_H
#define HERD_BASE_RATELIMIT_H

#include "herd/instant.h"

#include <stdbool.h>
#include <stdint.h>

struct herd_ratelimit {
    int64_t pause_ms;
    int64_t burst;
    struct herd_mono paid_at; /* when all that have passed have had their pause */
    uint64_t left_out;        /* since the last one that passed */
};

/* After a long silence `burst` (at least 1) pass at once; in the long run one each
 * `pause_ms`. */
void herd_ratelimit_init(struct herd_ratelimit *throttle, int64_t pause_ms, int64_t burst);

/* Whether one more passes. If so, *left_out is how many have not since the last that did;
 * if not, it is counted, and *left_out stays as it is. `now` never falls. */
bool herd_ratelimit_pass(struct herd_ratelimit *throttle, struct herd_mono now,
                         uint64_t *left_out);

#endif
