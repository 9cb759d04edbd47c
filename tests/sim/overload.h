/* SPDX-License-Identifier: ISC */
/* Two servers and a link that is too slow for what clients report at one of them: how long
 * does the other one hold a record that is out of date? */
#ifndef TESTS_SIM_OVERLOAD_H
#define TESTS_SIM_OVERLOAD_H

#include "sim.h"

struct overload {
    uint32_t clients, hot; /* the hot ones make half of the updates */
    uint32_t updates_a_s, records_a_s, seconds;
    int64_t latency_ms;
    /* results */
    int64_t queue_ms;               /* for the kernel's buffer and one batch, on the link */
    int64_t worst_ms, worst_hot_ms; /* since the first report that the receiver lacks */
    uint64_t full_syncs, sent;      /* by a link that lags; records */
    bool agreed;                    /* when the reports had ended */
};

void overload_run(struct overload *load);

#endif
