/* How long news takes: from a report at one server until another one knows of it. */
#ifndef BENCH_SPREAD_H
#define BENCH_SPREAD_H

#include "targets.h"

/* Measures every ordered pair of servers of the configuration and prints a report. Returns
 * an exit code; complains. */
int spread_run(struct targets *targets, const struct bench_options *options);

#endif
