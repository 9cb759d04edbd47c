/* SPDX-License-Identifier: ISC */
/* Two clocks as two types, so that the compiler refuses to mix them.
 *
 * herd_mono is for deadlines: nanoseconds since some point in the past, never set back.
 * herd_wall is for people and replies: nanoseconds since 1970-01-01T00:00:00Z (POSIX
 * time), and may jump. The core never reads a clock: both arrive with each event. */
#ifndef HERD_INSTANT_H
#define HERD_INSTANT_H

#include <stdbool.h>
#include <stdint.h>

#define HERD_NS_PER_S  INT64_C(1000000000)
#define HERD_NS_PER_MS INT64_C(1000000)

struct herd_mono {
    int64_t ns;
};

struct herd_wall {
    int64_t ns;
};

/* Later than every instant of a clock: "no deadline". */
#define HERD_NEVER ((struct herd_mono){INT64_MAX})

static inline bool herd_mono_is_never(struct herd_mono t)
{
    return t.ns == INT64_MAX;
}

/* `t` plus `ms` (0 or more) milliseconds; saturates at HERD_NEVER instead of overflowing.
 */
static inline struct herd_mono herd_mono_add_ms(struct herd_mono t, int64_t ms)
{
    if (ms > (INT64_MAX - t.ns) / HERD_NS_PER_MS)
        return HERD_NEVER;
    return (struct herd_mono){t.ns + ms * HERD_NS_PER_MS};
}

static inline struct herd_mono herd_mono_min(struct herd_mono a, struct herd_mono b)
{
    return a.ns < b.ns ? a : b;
}

static inline bool herd_mono_reached(struct herd_mono now, struct herd_mono deadline)
{
    return now.ns >= deadline.ns;
}

#endif
