/* SPDX-License-Identifier: ISC */
#include "timerq.h"

void herd_timerq_init(struct herd_timerq *q, int64_t duration_ms)
{
    herd_list_init(&q->timers);
    q->duration_ms = duration_ms;
}

void herd_timer_disarm(struct herd_timer *timer)
{
    herd_list_remove(&timer->node);
}

void herd_timer_arm(struct herd_timerq *q, struct herd_timer *timer, struct herd_mono now)
{
    herd_timer_disarm(timer);
    if (q->duration_ms == 0)
        return;
    timer->due = herd_mono_add_ms(now, q->duration_ms);
    herd_list_push_back(&q->timers, &timer->node);
}

bool herd_timer_armed(const struct herd_timer *timer)
{
    return herd_list_linked(&timer->node);
}

static struct herd_timer *timer_of(const struct herd_list_node *node)
{
    return herd_list_item(node, offsetof(struct herd_timer, node));
}

struct herd_mono herd_timerq_deadline(const struct herd_timerq *q)
{
    const struct herd_timer *first = herd_timerq_first(q);
    return first != NULL ? first->due : HERD_NEVER;
}

const struct herd_timer *herd_timerq_first(const struct herd_timerq *q)
{
    return timer_of(herd_list_first(&q->timers));
}

const struct herd_timer *herd_timerq_next(const struct herd_timerq *q,
                                          const struct herd_timer *timer)
{
    return timer_of(herd_list_next(&q->timers, &timer->node));
}

void *herd_timerq_expired(struct herd_timerq *q, struct herd_mono now)
{
    struct herd_timer *first = timer_of(herd_list_first(&q->timers));
    if (first == NULL || !herd_mono_reached(now, first->due))
        return NULL;
    herd_timer_disarm(first);
    return first->owner;
}
