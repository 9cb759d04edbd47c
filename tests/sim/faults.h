/* SPDX-License-Identifier: ISC */
/* Operations of a plan, done to a simulated herd. Each has a beginning and, if it lasts, an
 * end; they may overlap in every way. */
#ifndef TESTS_SIM_FAULTS_H
#define TESTS_SIM_FAULTS_H

#include "plan.h"

/* State of operations while they last. */
struct faults {
    const struct plan *plan;
    uint32_t twin[PLAN_OPS];         /* of OP_TWIN: its number */
    struct herd_conf *odd[PLAN_OPS]; /* configurations other than that of the herd */
    struct fail_mem mem;             /* they are in it */
    uint64_t done[OP_KINDS];
};

void faults_init(struct faults *faults, const struct plan *plan);

/* After sim_free: configurations are still in use before. */
void faults_free(struct faults *faults);

/* By their number in the plan; only faults, no work. */
void faults_begin(struct faults *faults, struct sim *sim, size_t number);
void faults_end(struct faults *faults, struct sim *sim, size_t number);

/* All faults stop: no impostors, all configurations, keys and paths as they should be.
 * Servers that are down stay so. */
void faults_heal(struct faults *faults, struct sim *sim);

#endif
