#include "ratelimit.h"

#include <assert.h>

void herd_ratelimit_init(struct herd_ratelimit *throttle, int64_t pause_ms, int64_t burst)
{
    assert(pause_ms > 0 && burst > 0);
    *throttle = (struct herd_ratelimit){.pause_ms = pause_ms, .burst = burst};
}

bool herd_ratelimit_pass(struct herd_ratelimit *throttle, struct herd_mono now,
                         uint64_t *left_out)
{
    int64_t ahead_ms = (throttle->burst - 1) * throttle->pause_ms;
    if (!herd_mono_reached(herd_mono_add_ms(now, ahead_ms), throttle->paid_at)) {
        throttle->left_out++;
        return false;
    }
    if (herd_mono_reached(now, throttle->paid_at))
        throttle->paid_at = now;
    throttle->paid_at = herd_mono_add_ms(throttle->paid_at, throttle->pause_ms);
    *left_out = throttle->left_out;
    throttle->left_out = 0;
    return true;
}
