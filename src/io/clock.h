/* SPDX-License-Identifier: ISC */
/* The system's clocks. No other module reads them; reading cannot fail. */
#ifndef IO_CLOCK_H
#define IO_CLOCK_H

#include "herd/instant.h"

#include <time.h>

/* The monotonic clock: nanoseconds since an arbitrary instant; never goes back. */
struct herd_mono io_clock_mono(void);

/* The wall clock: nanoseconds since 1970, UTC. Stays at the end of its range, in the year
 * 2262, instead of wrapping. */
struct herd_wall io_clock_wall(void);

/* In nanoseconds. A time outside their range becomes INT64_MIN or INT64_MAX. */
int64_t io_clock_ns(const struct timespec *t);

#endif
