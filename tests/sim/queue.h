/* The future of a simulated herd: events ordered by time, then by when they were planned.
 */
#ifndef TESTS_SIM_QUEUE_H
#define TESTS_SIM_QUEUE_H

#include "herd/core.h"

enum sim_kind { SIM_DATA, SIM_DRAINED, SIM_CLOSED, SIM_DIALLED, SIM_TICK };

struct sim_event {
    int64_t at_ns;
    uint64_t order; /* given by queue_put */
    enum sim_kind kind;
    uint32_t server;   /* it happens to this one ... */
    uint64_t life;     /* ... if it still is in this life */
    uint32_t other;    /* SIM_DIALLED: who was dialled */
    herd_conn_id conn; /* all but SIM_DIALLED and SIM_TICK */
    char *bytes;       /* SIM_DATA: malloc'ed, the event's own */
    size_t len;
};

struct sim_queue {
    struct sim_event *heap;
    size_t count, size;
    uint64_t last_order;
};

/* Takes over the event's bytes. */
void queue_put(struct sim_queue *queue, struct sim_event event);

/* The next event, or NULL; lives until the queue is changed. */
const struct sim_event *queue_peek(const struct sim_queue *queue);

/* Takes the next event out; there must be one. The bytes are the caller's now. */
struct sim_event queue_take(struct sim_queue *queue);

void queue_free(struct sim_queue *queue);

#endif
