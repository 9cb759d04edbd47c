/* The only reader of the system's clocks, neither of which can fail. */
#ifndef IO_CLOCK_H
#define IO_CLOCK_H

#include "herd/instant.h"

struct herd_mono io_clock_mono(void);
struct herd_wall io_clock_wall(void);

#endif
