/* SPDX-License-Identifier: ISC */
#include "ratelimit.h"

#include <assert.h>

void herd_ratelimit_init(struct herd_ratelimit *limit, int64_t interval_ms, int64_t burst)
{
    assert(interval_ms > 0 && burst > 0);
    *limit = (struct herd_ratelimit){.interval_ms = interval_ms, .burst = burst};
}

bool herd_ratelimit_pass(struct herd_ratelimit *limit, struct herd_mono now,
                         uint64_t *suppressed)
{
    int64_t ahead_ms = (limit->burst - 1) * limit->interval_ms;
    if (!herd_mono_reached(herd_mono_add_ms(now, ahead_ms), limit->earned_at)) {
        limit->suppressed++;
        return false;
    }
    if (herd_mono_reached(now, limit->earned_at))
        limit->earned_at = now;
    limit->earned_at = herd_mono_add_ms(limit->earned_at, limit->interval_ms);
    *suppressed = limit->suppressed;
    limit->suppressed = 0;
    return true;
}
