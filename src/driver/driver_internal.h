/* SPDX-License-Identifier: ISC */
/* The state of one driver, for the files of this folder. Each file may call those below it:
 *
 *     driver.c      start, turns of the loop, signals, shutdown
 *     listeners.c   listening and accepting
 *     run_files.c   what a cleaner took of run-dir is made anew
 *     actions.c     events into the core, its actions performed
 *     conns.c       the table of connections
 *     addresses.c   dials.c   limits.c   neighbours.c   places.c   slots.c   state.c
 *
 * with one exception: an adapter's callback in conns.c, dials.c, places.c and state.c is an
 * event, so it calls driver_step() of actions.c, and a dial that succeeded becomes a
 * connection of conns.c. */
#ifndef DRIVER_DRIVER_INTERNAL_H
#define DRIVER_DRIVER_INTERNAL_H

#include "actions.h"
#include "conns.h"
#include "driver.h"
#include "herd/core.h"
#include "io/fetch.h"
#include "io/loop.h"
#include "io/dial.h"

#include <stdbool.h>

struct driver_listeners;
struct driver_neighbour;
struct io_child;

struct driver {
    struct driver_setup setup;
    struct io_loop *loop;
    struct io_fetch *fetch; /* NULL: no requests to Places */
    struct herd_core *core;
    struct driver_neighbour *neighbours; /* by server */
    struct io_dialler *dialler;
    struct driver_conns conns;
    struct driver_listeners *listeners; /* NULL: not open yet */
    struct driver_deferred deferred;

    /* This turn's clocks, read when they are first needed. */
    bool clock_read;
    bool wipe_due; /* the core has asked for it in this turn */
    struct herd_mono mono;
    struct herd_wall wall;

    struct io_child *disk; /* the program of state-dir; NULL: it does not run */
    bool disk_failed;      /* it could not be started, which the core is to be told */
    struct herd_error_text disk_error; /* why */
    bool listen_due;                   /* the core wants clients and neighbours */

    uint64_t log_lines_lost; /* as the core knows it */

    struct herd_mono run_files_at;             /* when they are looked after next */
    struct herd_error_text run_files_notes[2]; /* the last lines about them in the log */

    bool signals_on;
    bool stopping;               /* the core knows that it has to stop */
    bool stop_now;               /* a second signal came */
    bool time_is_up;             /* stop_until was reached */
    struct herd_mono stop_until; /* HERD_NEVER: not stopping */
};

/* A line of the log that the core does not know of. */
void driver_log_text(struct driver *driver, const char *text);

/* ---- places.c ---- */

/* Opens the way to the provider of the configuration, into driver->fetch. Errors:
 * HERD_EBAD, HERD_ESYS, with `error`. */
int driver_places_start(struct driver *driver, struct herd_error_text *error);

/* Why the provider cannot be asked, for clients, or NULL; after driver_places_start. Lives
 * for ever. */
const char *driver_places_unavailable(const struct driver *driver);

#endif
