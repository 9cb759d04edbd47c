/* SPDX-License-Identifier: ISC */
/* The report of a measurement, as text and as JSON. */
#ifndef BENCH_REPORT_H
#define BENCH_REPORT_H

#include "load.h"

/* The percentiles of reports, as shares of HISTOGRAM_WHOLE, and their names: p50, p90, ...
 */
enum { REPORT_SHARES = 6 };
extern const int report_shares[REPORT_SHARES];
extern const char *const report_share_names[REPORT_SHARES];

/* Print to standard output. */
void report_text(const struct bench_options *options, const struct targets *targets,
                 const struct outcome *outcome);
void report_json(const struct bench_options *options, const struct targets *targets,
                 const struct outcome *outcome);
void report_plot(enum plot plot, const struct histogram *latency);

/* Prints a text as JSON string, escaped. */
void report_json_text(const char *text);

/* Right replies/s. */
double report_rate(const struct outcome *outcome);

/* The resources that all servers together used; known if those of each server are. */
struct report_sum {
    bool known;
    double cores;       /* CPU time per time */
    double us_per_line; /* CPU time per right reply */
    double memory_mib;  /* of all, at the end; negative: unknown */
};
struct report_sum report_sum(const struct targets *targets, const struct outcome *outcome);

#endif
