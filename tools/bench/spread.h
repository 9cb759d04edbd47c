/* SPDX-License-Identifier: ISC */
/* Propagation time: from a report to one server until another one knows it. */
#ifndef BENCH_SPREAD_H
#define BENCH_SPREAD_H

#include "targets.h"

/* Measures every ordered pair of servers of the configuration and prints a report. Returns
 * an exit code after printing an error. */
int spread_run(struct targets *targets, const struct bench_options *options);

#endif
