/* SPDX-License-Identifier: ISC */
/* Events into the core, and its actions performed. */
#ifndef DRIVER_ACTIONS_H
#define DRIVER_ACTIONS_H

#include "herd/core.h"
#include "herd/err.h"
#include "io/fetch.h"

#include <stddef.h>
#include <stdint.h>

struct driver;

/* An event that happened while an action was performed: the core gets it afterwards. */
struct driver_deferred_event {
    enum herd_event_kind kind; /* DIAL_FAILED or PLACES */
    int64_t server;            /* of DIAL_FAILED */
    uint64_t request_id;       /* of PLACES */
    struct herd_error_text error;
};

/* Room for one of each server and one of each request: the core dials a server, and starts
 * a request, only when its last one has ended. */
struct driver_deferred {
    struct driver_deferred_event *list; /* the oldest first */
    size_t count, size;
};

/* Makes the room. Errors: HERD_ENOMEM; driver_deferred_free is needed in any case. */
int driver_deferred_init(struct driver *driver);
void driver_deferred_free(struct driver *driver);

/* Reads both clocks, unless that was done in this turn. */
void driver_clock(struct driver *driver);

/* Gives the core one event, fills in its instants, performs the actions, and
 * does the same with the events that these lead to. Not from inside of an action. */
void driver_step(struct driver *driver, struct herd_event *event);

/* The io_fetch_done_fn of requests; `arg` is the driver. */
void driver_places_done(void *arg, uint64_t id, const struct io_fetch_result *result);

#endif
