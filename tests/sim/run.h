/* SPDX-License-Identifier: ISC */
/* One plan, carried out and judged: safety all the time; and when the faults have ended,
 * that the servers which can reach each other agree in time, and then are silent. */
#ifndef TESTS_SIM_RUN_H
#define TESTS_SIM_RUN_H

#include "faults.h"
#include "marks.h"
#include "oracle.h"

struct run_result {
    bool ok;
    char why[256];             /* of the first failure */
    int64_t heal_ms, bound_ms; /* from the end of the faults on */
    int64_t total_ms;
    uint64_t steps, reports;
    uint64_t print; /* two runs of one plan have the same */
    uint64_t done[OP_KINDS];
    uint64_t order_triples;
    size_t most_unsent;
    struct marks marks;
};

struct run_hooks {
    void (*note)(void *ctx, const char *line);
    /* Every frame but heartbeats and ACK is noted as well. */
    bool frames;
    void *ctx;
};

/* `hooks` may be NULL. */
void run_plan(const struct plan *plan, const struct run_hooks *hooks,
              struct run_result *result);

/* The time that healing may take, in virtual time; doc/protocol.md names the parts. */
int64_t run_bound_ms(const struct plan *plan);

#endif
