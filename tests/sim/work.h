/* What clients do in a run: reports, crowds and storms of them, told to the oracle. */
#ifndef TESTS_SIM_WORK_H
#define TESTS_SIM_WORK_H

#include "oracle.h"
#include "plan.h"

enum { WORK_STORM_MS = 10, WORK_HOT = ORACLE_CLIENTS - PLAN_CLIENTS };

struct work {
    const struct plan *plan;
    struct sim *sim;
    struct oracle *oracle;
    uint64_t used;  /* the clients that the oracle watches, one bit each */
    uint64_t said;  /* lines */
    uint64_t ticks; /* of storms */
    bool busy;      /* the oracle has not heard of the last lines yet */
};

void work_init(struct work *work, const struct plan *plan, struct sim *sim,
               struct oracle *oracle);

/* The deed of that number, or its next part; NULL, or what was wrong with it. Nobody says
 * anything to a server that is down or stopped. */
const char *work_do(struct work *work, size_t number, bool first);

/* The name of a client that is watched. */
const char *work_client(int client);

#endif
