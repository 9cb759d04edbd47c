/* SPDX-License-Identifier: ISC */
/* The work of clients and operators in a run: single reports, bulks and storms, and FORGET,
 * checked by the oracle. */
#ifndef TESTS_SIM_WORK_H
#define TESTS_SIM_WORK_H

#include "oracle.h"
#include "plan.h"

enum { WORK_STORM_MS = 10, WORK_HOT = ORACLE_CLIENTS - PLAN_CLIENTS };

struct work {
    const struct plan *plan;
    struct sim *sim;
    struct oracle *oracle;
    uint64_t used;            /* the clients that the oracle watches, one bit each */
    uint64_t lines;           /* lines */
    uint64_t expired_queries; /* about records that are held and have expired */
    uint64_t ticks;           /* of storms */
    bool ahead; /* some client's clock was not one of 1970, or a client was forgotten */
    int64_t latest_receipt_ns; /* by the clocks of the servers that received the reports */
    bool busy;                 /* the oracle has not been given the last lines yet */
};

void work_init(struct work *work, const struct plan *plan, struct sim *sim,
               struct oracle *oracle);

/* The operation of that number, or its next part; NULL, or the error as a text. A server
 * that is down or stopped gets no reports. */
const char *work_do(struct work *work, size_t number, bool first);

/* A watched client, whose clock is right, reports; likewise. */
const char *work_report_now(struct work *work, uint32_t server, int client);

/* A server is told to forget a watched client; likewise. */
const char *work_forget(struct work *work, uint32_t server, int client);

/* The name of a client that is watched. */
const char *work_client(int client);

#endif
