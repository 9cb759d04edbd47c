/* SPDX-License-Identifier: ISC */
/* The bytes of a connection: from the sender's kernel over a path to the receiver. Below
 * net.c, which opens and breaks connections. `end` is 0 for the dialler, 1 for the other
 * server. */
#ifndef TESTS_SIM_STREAM_H
#define TESTS_SIM_STREAM_H

#include "sim.h"

/* The path of the bytes that this end sends. */
const struct sim_path *stream_path(const struct sim *sim, const struct sim_pipe *pipe,
                                   int end);

/* An event of the present instant for that end. */
struct sim_event stream_event(const struct sim *sim, const struct sim_pipe *pipe, int end,
                              enum sim_kind kind);

/* The receiver `to` takes all bytes before that offset, and the FIN if it comes before. */
void stream_take(struct sim *sim, struct sim_pipe *pipe, int to, uint64_t place);

/* That end gets a reset. */
void stream_on_reset(struct sim *sim, struct sim_pipe *pipe, int end);

/* SIM_ARRIVE, SIM_FREED and SIM_STALL are due. */
void stream_on_arrive(struct sim *sim, const struct sim_event *event);
void stream_on_freed(struct sim *sim, const struct sim_event *event);
void stream_on_stall(struct sim *sim, const struct sim_event *event);

#endif
