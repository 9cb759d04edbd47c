/* The machinery below sim.h: connections between cores, and the passing of time. */
#ifndef TESTS_SIM_ENGINE_H
#define TESTS_SIM_ENGINE_H

#include "sim.h"

/* The virtual clock's first instant. */
#define SIM_START_NS HERD_NS_PER_S

/* One event for a living core, its actions, and a TICK. The clocks are filled in. */
void sim_step(struct sim *sim, uint32_t server, struct herd_event event);
void sim_tick(struct sim *sim, uint32_t server);

/* `to` is SIM_SERVERS for a client's connection to `from`. The cores are not told. */
struct sim_pipe *sim_pipe_open(struct sim *sim, uint32_t from, uint32_t to);

/* NULL when it is gone. */
struct sim_pipe *sim_pipe_find(struct sim *sim, herd_conn_id id);

/* That end is closed; the other one hears of it behind the bytes that are under way. */
void sim_pipe_close(struct sim *sim, struct sim_pipe *pipe, int end);

/* The core at that end, if it is open, hears at once that the connection is gone. */
void sim_pipe_break(struct sim *sim, struct sim_pipe *pipe, int end);

#endif
