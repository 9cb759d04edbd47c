/* The load: connections, lines, and what came of them. */
#ifndef BENCH_LOAD_H
#define BENCH_LOAD_H

#include "histogram.h"
#include "options.h"
#include "targets.h"
#include "work.h"

enum { LOAD_WHY = 512 };

/* What was seen. Times are of the monotonic clock. */
struct outcome {
    int status;                  /* exit code */
    int64_t from_ns, to_ns;      /* what was measured; both 0: nothing */
    uint64_t replies;            /* right ones in that time */
    uint64_t right[WORK_KINDS];  /* of the measured lines */
    uint64_t refused, wrong;     /* replies, at any time */
    uint64_t unanswered, unsent; /* lines, at the end */
    uint64_t lost, idle_lost;    /* connections */
    char why[LOAD_WHY];          /* the first thing that went wrong; "" */
    struct histogram latency;    /* ns; without the next two */
    struct histogram cold;       /* ns; of --cold, */
    struct histogram fresh;      /* ns; of --fresh */
    struct histogram lag;        /* ns by which herdbench itself was late with a line that
                                    had its time */
    struct usage own_before, own_after; /* of herdbench */
};

/* Runs it: connects, makes the clients known, warms up, measures, waits for the last
 * replies. `outcome` is filled whatever happens; returns its status. */
int load_run(struct outcome *outcome, struct targets *targets,
             const struct bench_options *options);

#endif
