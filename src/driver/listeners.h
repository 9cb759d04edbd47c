/* SPDX-License-Identifier: ISC */
/* Listening, accepting, and pausing it at limits. */
#ifndef DRIVER_LISTENERS_H
#define DRIVER_LISTENERS_H

#include "herd/core.h"
#include "herd/err.h"
#include "herd/instant.h"

struct driver;
struct driver_listeners;

/* Listens on the control socket, into driver->listeners. Errors: as below. */
int driver_listeners_open_control(struct driver *driver, struct herd_error_text *error);

/* After it: listens on the addresses of this server for clients and neighbours. Errors:
 * HERD_ENOMEM, HERD_EBAD, HERD_ESYS, with `error`; driver_listeners_free is needed in any
 * case. */
int driver_listeners_open(struct driver *driver, struct herd_error_text *error);

/* Stops listening; connections stay. Harmless when not open. */
void driver_listeners_close(struct driver *driver);

/* Likewise, and frees driver->listeners. */
void driver_listeners_free(struct driver *driver);

/* Makes the control socket anew if somebody has removed or replaced its file; connections
 * stay. 0: it was in its place; 1: it has been made anew. Errors: HERD_ENOMEM, HERD_ESYS,
 * with `error`; the old socket stays. */
int driver_listeners_keep_control(struct driver *driver, struct herd_error_text *error);

/* The address of a role's listener as text; lives as long as driver->listeners. */
const char *driver_listeners_address(const struct driver *driver, enum herd_role role);

/* When driver_listeners_tick next has something to do: HERD_NEVER if nothing. */
struct herd_mono driver_listeners_deadline(const struct driver *driver);

/* Resumes accepting when a pause for exhausted descriptors, or after an error, is over;
 * call once a turn. */
void driver_listeners_tick(struct driver *driver);

#endif
