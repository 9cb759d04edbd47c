/* SPDX-License-Identifier: ISC */
/* The load: its run and its results. */
#ifndef BENCH_LOAD_H
#define BENCH_LOAD_H

#include "herd/err.h"
#include "histogram.h"
#include "options.h"
#include "targets.h"
#include "work.h"

/* The results. Times are of the monotonic clock. */
struct outcome {
    int status;                   /* exit code */
    int64_t from_ns, to_ns;       /* of the measurement; both 0: none */
    uint64_t replies;             /* right ones within that time */
    uint64_t right[WORK_KINDS];   /* of the measured lines */
    uint64_t refused, wrong;      /* replies, during the whole run */
    uint64_t unanswered, unsent;  /* lines, at the end */
    uint64_t lost, idle_lost;     /* connections */
    struct herd_error_text error; /* the first error; "": none */
    struct histogram latency;     /* ns; without cold and fresh */
    struct histogram cold;        /* ns; of --cold */
    struct histogram fresh;       /* ns; of --fresh */
    struct histogram lag;         /* ns by which herdbench itself was late with a line that
                                     had its time */
    struct usage own_before, own_after; /* of herdbench */
};

/* Runs the load: connects, reports the clients, warms up, measures, and waits for the last
 * replies. `outcome` is always filled; returns its status. */
int load_run(struct outcome *outcome, struct targets *targets,
             const struct bench_options *options);

#endif
