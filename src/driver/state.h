/* SPDX-License-Identifier: ISC */
/* The program that keeps the records in state-dir: starting it, and handing over what it
 * says. When that is done is the core's to say. */
#ifndef DRIVER_STATE_H
#define DRIVER_STATE_H

#include "herd/instant.h"

#include <stdbool.h>

struct driver;

/* DISK_START: DISK_ENDED follows from the loop, also when it cannot be started. */
void driver_state_start(struct driver *driver);

/* DISK_STOP. Harmless when it does not run. */
void driver_state_stop(struct driver *driver);

/* Whether it runs. */
bool driver_state_runs(const struct driver *driver);

/* When driver_state_tick has something to do. */
struct herd_mono driver_state_deadline(const struct driver *driver);

/* Call once a turn. */
void driver_state_tick(struct driver *driver);

/* Kills it if it still runs. */
void driver_state_free(struct driver *driver);

#endif
