/* SPDX-License-Identifier: ISC */
/* The network below the cores, as TCP is seen from a program: bytes come in order, in
 * pieces of any size, after the latency of the path and no faster than its rate. The
 * kernels hold sim->kernel bytes for each direction; what a core sends beyond that waits
 * for its turn. An end that closes sends the rest first. Bytes for an end that has closed
 * are answered with a reset; those for a machine that is gone are not answered. */
#ifndef TESTS_SIM_NET_H
#define TESTS_SIM_NET_H

#include "sim.h"

/* Bytes on a path with a rate arrive in packets of this size. */
enum { NET_PACKET = 1460 };

/* Without an event for the cores. `to` is SIM_SERVERS for a client's connection to `from`.
 */
struct sim_pipe *net_open(struct sim *sim, uint32_t from, uint32_t to);

/* NULL when it is gone. */
struct sim_pipe *net_find(struct sim *sim, herd_conn_id id);

/* Which end of it is that server's: 0, 1; or -1. */
int net_end(const struct sim_pipe *pipe, uint32_t server);

/* Actions of the core at that end. */
void net_send(struct sim *sim, struct sim_pipe *pipe, int end, struct herd_slice bytes);
void net_close(struct sim *sim, struct sim_pipe *pipe, int end);
void net_dial(struct sim *sim, uint32_t from, uint32_t to);

/* DRAINED is due when the kernel has accepted all bytes; after net_send as well. */
void net_drain(struct sim *sim, struct sim_pipe *pipe, int end);

/* The core of that end is gone: the other end gets a FIN, or, `silently`, nothing. */
void net_abandon(struct sim *sim, struct sim_pipe *pipe, int end, bool silently);

/* An event of one of the kinds of the network is due. */
void net_happen(struct sim *sim, const struct sim_event *event);

/* ---- faults ---- */

/* Both ends get a reset at once; some of the bytes under way arrive before. */
void net_reset(struct sim *sim, struct sim_pipe *pipe);
/* ... of all connections between the two. */
void net_reset_all(struct sim *sim, uint32_t a, uint32_t b);
/* Bytes from `a` to `b` on the present connections vanish from now on. */
void net_lose(struct sim *sim, uint32_t a, uint32_t b);
/* Resets, and refuses dials, until healed. */
void net_cut(struct sim *sim, uint32_t a, uint32_t b);
void net_heal(struct sim *sim, uint32_t a, uint32_t b);
/* Nothing gets from `a` to `b` for that time; then all of it arrives. */
void net_hole(struct sim *sim, uint32_t a, uint32_t b, int64_t ms);

#endif
