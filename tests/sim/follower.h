/* SPDX-License-Identifier: ISC */
/* A program that follows a server of the simulated herd, through all its lives: it is slow,
 * stands still, is killed and comes back with its cursor. What it is sent it keeps, and
 * some give it back to a server that has started again. Its connection has no network, only
 * a pipe, from which it reads when it likes. */
#ifndef TESTS_SIM_FOLLOWER_H
#define TESTS_SIM_FOLLOWER_H

#include "sim.h"

struct follower;

/* Follows that server; what it does comes from the seed. Some `give` back. */
struct follower *follower_new(struct sim *sim, uint32_t server, uint64_t seed);
void follower_free(struct follower *follower);

/* Does something, or nothing. Returns the time until it is to be called again, in ms. */
int64_t follower_act(struct follower *follower);

/* From now on it reads all at once, and is not killed any more. */
void follower_calm(struct follower *follower);

/* Why its copy is not yet what the server holds, or what it has seen that must not be;
 * NULL: all is well. A server that is down is right about everything. */
const char *follower_fault(const struct follower *follower);

/* 1 when the server has a connection to it. */
size_t follower_connections(const struct follower *follower);

/* What it has seen since it is there. */
struct follower_seen {
    uint64_t resumes, syncs, gifts, kills;
};
struct follower_seen follower_seen(const struct follower *follower);

/* ---- for the engine: actions of the server on its connection ---- */

void follower_send(struct follower *follower, struct herd_slice bytes);
void follower_drain(struct follower *follower);

#endif
