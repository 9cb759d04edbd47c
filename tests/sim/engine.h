/* The machinery below sim.h: steps of cores, and the passing of time. */
#ifndef TESTS_SIM_ENGINE_H
#define TESTS_SIM_ENGINE_H

#include "sim.h"

/* One event for a living core and its actions; the clocks are filled in. A TICK follows
 * when all events of this instant have happened. */
void engine_step(struct sim *sim, uint32_t server, struct herd_event event);

/* The connection waits for DRAINED, and the kernel has taken everything. */
void engine_owe(struct sim *sim, uint32_t server, herd_conn_id conn);

#endif
