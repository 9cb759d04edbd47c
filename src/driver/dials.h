/* SPDX-License-Identifier: ISC */
/* Dialling neighbours: their names are looked up, and their addresses tried in turn, by
 * io/dial.h. */
#ifndef DRIVER_DIALS_H
#define DRIVER_DIALS_H

#include "herd/err.h"

#include <stdint.h>

struct driver;

/* Makes driver->dialler, after driver->loop. Errors: HERD_ENOMEM, with `error`. */
int driver_dials_init(struct driver *driver, struct herd_error_text *error);

/* Dials a neighbour: OPENED or DIAL_FAILED follows from the loop. Errors: HERD_ENOMEM; then
 * no event follows. */
int driver_dials_start(struct driver *driver, uint32_t server);

/* Ends all dials. The core, which is stopping, expects no DIAL_FAILED for them. */
void driver_dials_cancel(struct driver *driver);

#endif
