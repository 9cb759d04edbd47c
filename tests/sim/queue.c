#include "net.h"

#include <stdlib.h>

static bool is_before(const struct sim_event *a, const struct sim_event *b)
{
    return a->at_ns != b->at_ns ? a->at_ns < b->at_ns : a->order < b->order;
}

static void swap(struct sim_event *a, struct sim_event *b)
{
    struct sim_event c = *a;
    *a = *b;
    *b = c;
}

void sim_queue_put(struct sim_queue *queue, struct sim_event event)
{
    if (queue->count == queue->size) {
        queue->size = queue->size > 0 ? queue->size * 2 : 64;
        queue->heap = realloc(queue->heap, queue->size * sizeof *queue->heap);
        if (queue->heap == NULL)
            abort();
    }
    size_t i = queue->count++;
    event.order = ++queue->last_order;
    queue->heap[i] = event;
    for (; i > 0 && is_before(&queue->heap[i], &queue->heap[(i - 1) / 2]); i = (i - 1) / 2)
        swap(&queue->heap[i], &queue->heap[(i - 1) / 2]);
}

int64_t sim_queue_due(const struct sim_queue *queue)
{
    return queue->count > 0 ? queue->heap[0].at_ns : INT64_MAX;
}

struct sim_event sim_queue_take(struct sim_queue *queue)
{
    struct sim_event first = queue->heap[0];
    size_t i = 0, child;
    queue->heap[0] = queue->heap[--queue->count];
    while ((child = 2 * i + 1) < queue->count) {
        if (child + 1 < queue->count &&
            is_before(&queue->heap[child + 1], &queue->heap[child]))
            child++;
        if (!is_before(&queue->heap[child], &queue->heap[i]))
            break;
        swap(&queue->heap[i], &queue->heap[child]);
        i = child;
    }
    return first;
}
