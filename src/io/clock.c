/* SPDX-License-Identifier: ISC */
#include "clock.h"

#include <time.h>

int64_t io_clock_ns(const struct timespec *t)
{
    const int64_t most_s = INT64_MAX / HERD_NS_PER_S;
    if (t->tv_sec >= most_s)
        return INT64_MAX;
    if (t->tv_sec < -most_s)
        return INT64_MIN;
    return (int64_t)t->tv_sec * HERD_NS_PER_S + (int64_t)t->tv_nsec;
}

/* A clock that a system has cannot fail, and systems with POSIX.1-2008 have both. */
static int64_t read_clock(clockid_t id)
{
    struct timespec t = {0};
    (void)clock_gettime(id, &t);
    return io_clock_ns(&t);
}

struct herd_mono io_clock_mono(void)
{
    return (struct herd_mono){read_clock(CLOCK_MONOTONIC)};
}

struct herd_wall io_clock_wall(void)
{
    return (struct herd_wall){read_clock(CLOCK_REALTIME)};
}
