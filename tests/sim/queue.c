/* SPDX-License-Identifier: ISC */
#include "queue.h"

#include <stdlib.h>

static bool before(const struct sim_event *a, const struct sim_event *b)
{
    return a->at_ns != b->at_ns ? a->at_ns < b->at_ns : a->order < b->order;
}

void queue_put(struct sim_queue *queue, struct sim_event event)
{
    if (queue->count == queue->size) {
        queue->size = queue->size > 0 ? queue->size * 2 : 64;
        queue->heap = realloc(queue->heap, queue->size * sizeof *queue->heap);
        if (queue->heap == NULL)
            abort();
    }
    event.order = ++queue->last_order;
    size_t i = queue->count++;
    for (; i > 0 && before(&event, &queue->heap[(i - 1) / 2]); i = (i - 1) / 2)
        queue->heap[i] = queue->heap[(i - 1) / 2];
    queue->heap[i] = event;
}

const struct sim_event *queue_peek(const struct sim_queue *queue)
{
    return queue->count > 0 ? &queue->heap[0] : NULL;
}

struct sim_event queue_take(struct sim_queue *queue)
{
    struct sim_event first = queue->heap[0];
    struct sim_event last = queue->heap[--queue->count];
    size_t i = 0;
    for (;;) {
        size_t child = 2 * i + 1;
        if (child + 1 < queue->count &&
            before(&queue->heap[child + 1], &queue->heap[child]))
            child++;
        if (child >= queue->count || !before(&queue->heap[child], &last))
            break;
        queue->heap[i] = queue->heap[child];
        i = child;
    }
    queue->heap[i] = last;
    return first;
}

void queue_free(struct sim_queue *queue)
{
    free(queue->heap);
    *queue = (struct sim_queue){.heap = NULL};
}
