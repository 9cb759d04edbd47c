/* What was measured, for people and for programs. */
#ifndef BENCH_REPORT_H
#define BENCH_REPORT_H

#include "load.h"

/* The shares that reports tell, of HISTOGRAM_WHOLE, and their names: p50, p90, ... */
enum { REPORT_SHARES = 6 };
extern const int report_shares[REPORT_SHARES];
extern const char *const report_share_names[REPORT_SHARES];

/* All of these write to standard output. */
void report_text(const struct bench_options *options, const struct targets *targets,
                 const struct outcome *outcome);
void report_json(const struct bench_options *options, const struct targets *targets,
                 const struct outcome *outcome);
void report_plot(enum plot plot, const struct histogram *latency);

/* A text in quotes, what JSON does not allow escaped. */
void report_json_text(const char *text);

/* Right replies a second. */
double report_rate(const struct outcome *outcome);

/* What all servers together used; not known unless all of them are. */
struct report_sum {
    bool known;
    double cores;      /* CPU seconds a second */
    double us_a_line;  /* CPU time for each right reply */
    double memory_mib; /* of all, at the end; negative: not told */
};
struct report_sum report_sum(const struct targets *targets, const struct outcome *outcome);

#endif
