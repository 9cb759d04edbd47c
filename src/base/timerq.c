#include "timerq.h"

void herd_timerq_init(struct herd_timerq *q, int64_t duration_ms)
{
    q->head.prev = &q->head;
    q->head.next = &q->head;
    q->duration_ms = duration_ms;
}

void herd_timer_disarm(struct herd_timer *timer)
{
    if (timer->next == NULL)
        return;
    timer->prev->next = timer->next;
    timer->next->prev = timer->prev;
    timer->prev = NULL;
    timer->next = NULL;
}

void herd_timer_arm(struct herd_timerq *q, struct herd_timer *timer, struct herd_mono now)
{
    herd_timer_disarm(timer);
    if (q->duration_ms == 0)
        return;
    timer->due = herd_mono_add_ms(now, q->duration_ms);
    timer->prev = q->head.prev;
    timer->next = &q->head;
    q->head.prev->next = timer;
    q->head.prev = timer;
}

bool herd_timer_armed(const struct herd_timer *timer)
{
    return timer->next != NULL;
}

struct herd_mono herd_timerq_deadline(const struct herd_timerq *q)
{
    return q->head.next == &q->head ? HERD_NEVER : q->head.next->due;
}

const struct herd_timer *herd_timerq_next(const struct herd_timerq *q,
                                          const struct herd_timer *timer)
{
    return timer->next == &q->head ? NULL : timer->next;
}

const struct herd_timer *herd_timerq_first(const struct herd_timerq *q)
{
    return herd_timerq_next(q, &q->head);
}

void *herd_timerq_expired(struct herd_timerq *q, struct herd_mono now)
{
    struct herd_timer *first = q->head.next;
    if (first == &q->head || !herd_mono_reached(now, first->due))
        return NULL;
    herd_timer_disarm(first);
    return first->owner;
}
