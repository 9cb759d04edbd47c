/* SPDX-License-Identifier: ISC */
/* The system's clocks. No other module reads them; reading cannot fail. */
#ifndef IO_CLOCK_H
#define IO_CLOCK_H

#include "herd/instant.h"

/* The monotonic clock: nanoseconds since an arbitrary instant; never goes back. */
struct herd_mono io_clock_mono(void);

/* The wall clock: nanoseconds since 1970, UTC. */
struct herd_wall io_clock_wall(void);

#endif
