/* SPDX-License-Identifier: ISC */
/* The engine below sim.h: steps of cores, and virtual time. */
#ifndef TESTS_SIM_ENGINE_H
#define TESTS_SIM_ENGINE_H

#include "sim.h"

/* One event for a living core and its actions; the clocks are filled in. A TICK follows
 * when all events of this instant have happened. */
void engine_step(struct sim *sim, uint32_t server, struct herd_event event);

/* DRAINED is due for the connection: the kernel has accepted all bytes. */
void engine_set_drained_due(struct sim *sim, uint32_t server, herd_conn_id conn);

#endif
