/* SPDX-License-Identifier: ISC */
#include "clock.h"

#include <time.h>

/* A clock that a system has cannot fail, and systems with POSIX.1-2008 have both. */
static int64_t read_clock(clockid_t id)
{
    struct timespec t = {0};
    (void)clock_gettime(id, &t);
    return (int64_t)t.tv_sec * HERD_NS_PER_S + (int64_t)t.tv_nsec;
}

struct herd_mono io_clock_mono(void)
{
    return (struct herd_mono){read_clock(CLOCK_MONOTONIC)};
}

struct herd_wall io_clock_wall(void)
{
    return (struct herd_wall){read_clock(CLOCK_REALTIME)};
}
