/* SPDX-License-Identifier: ISC */
/* The state of one run: run.c carries out its plan, converge.c judges the time after the
 * faults. */
#ifndef TESTS_SIM_RUN_INTERNAL_H
#define TESTS_SIM_RUN_INTERNAL_H

#include "follower.h"
#include "run.h"
#include "work.h"

struct run {
    const struct plan *plan;
    struct sim *sim;
    struct run_result *result;
    const struct run_hooks *hooks;
    struct faults faults;
    struct oracle oracle;
    struct work work;
    uint64_t changes[SIM_SERVERS]; /* of the store, when it was looked at last */
    struct follower *follower[PLAN_FOLLOWERS];
    uint32_t group[SIM_SERVERS]; /* in the end: servers that can reach each other */
};

/* The run has failed, of `why`; NULL: it has not. `client` is the number of a watched
 * client, or -1. Only the first failure counts. */
void run_fail(struct run *run, const char *why, uint32_t server, int client);

/* The record that the server holds about a watched client; empty: none. */
struct herd_slice run_held(const struct run *run, uint32_t server, int client);

/* Whether records expire, and a client's greatest record was not its latest, or clocks were
 * too far apart: then servers may come to differ, and repair it. */
bool run_may_differ(const struct run *run);

/* Ends all faults, except servers and links that stay dead; demands from then on that
 * records survive which a server holds now. */
void run_end_faults(struct run *run);

/* Runs until the herd has converged and is idle, and checks that it is right. */
void run_heal(struct run *run);

/* ---- between converge.c and aftermath.c ---- */

/* Why the servers that can reach each other differ, or NULL; and at which one. */
const char *run_find_disagreement(const struct run *run, uint32_t *server);

/* Runs until `find_fault` finds none, at most for so long; then the run has failed. */
bool run_await(struct run *run, int64_t bound_ms,
               const char *(*find_fault)(const struct run *run, uint32_t *server));

/* Demands that records survive which a server holds now. */
void run_expect_what_is_held(struct run *run);

/* Checks what all servers hold. */
void run_judge(struct run *run);

/* The clock of the server whose clock is most ahead. */
int64_t run_latest_clock_ns(const struct run *run);

void run_check_nothing_is_frozen(struct run *run);
void run_forget_everywhere(struct run *run);
void run_check_all_are_freed(struct run *run);

#endif
