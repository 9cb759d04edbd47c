/* SPDX-License-Identifier: ISC */
/* The future of a simulated herd: events ordered by time, then by when they were planned.
 */
#ifndef TESTS_SIM_QUEUE_H
#define TESTS_SIM_QUEUE_H

#include "herd/core.h"

enum sim_kind {
    SIM_SYN,         /* a dial arrives at `other` */
    SIM_OPENED,      /* the dialler learns that it succeeded */
    SIM_DIAL_FAILED, /* ... or not */
    SIM_ARRIVE,      /* bytes up to `place` come to an end of a connection */
    SIM_FREED,       /* bytes up to `place` have left the kernel of an end */
    SIM_RESET,       /* an end gets a reset */
    SIM_STALL,       /* an end may have stalled for too long */
    SIM_TIMER,       /* `place` is handed to sim->timer */
};

struct sim_event {
    int64_t at_ns;
    uint64_t order; /* given by queue_put */
    enum sim_kind kind;
    uint32_t server; /* the dials: the dialler ... */
    uint64_t life;   /* ... in this life */
    uint32_t other;  /* the dials: the dialled server */
    int end;         /* of the connection: 0 or 1 */
    herd_conn_id conn;
    uint64_t place;
};

struct sim_queue {
    struct sim_event *heap;
    size_t count, size;
    uint64_t last_order;
};

void queue_put(struct sim_queue *queue, struct sim_event event);

/* The next event, or NULL; lives until the queue is changed. */
const struct sim_event *queue_peek(const struct sim_queue *queue);

/* Takes the next event out; there must be one. */
struct sim_event queue_take(struct sim_queue *queue);

void queue_free(struct sim_queue *queue);

#endif
