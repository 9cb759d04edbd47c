/* SPDX-License-Identifier: ISC */
/* Timers that all run for the same time: a queue in which the first to be armed is the
 * first to be due. Arming, disarming and asking for the next deadline cost a few pointer
 * writes, whatever the number of timers. The core has one queue per kind of timeout. */
#ifndef HERD_BASE_TIMERQ_H
#define HERD_BASE_TIMERQ_H

#include "herd/instant.h"
#include "list.h"

#include <stdbool.h>
#include <stdint.h>

/* Embedded in the struct that waits. All zero: not armed. It must be disarmed before its
 * memory is freed. */
struct herd_timer {
    struct herd_list_node node; /* in its queue while it is armed */
    struct herd_mono due;
    void *owner; /* set by the struct's owner before the timer is armed */
};

struct herd_timerq {
    struct herd_list timers; /* in the order in which they are due */
    int64_t duration_ms;     /* 0 or more; 0: arming only disarms */
};

/* The queue must stay where it is in memory while timers are armed. */
void herd_timerq_init(struct herd_timerq *q, int64_t duration_ms);

/* Makes the timer due one duration after `now`; an armed timer starts again. `now` never
 * falls from call to call. */
void herd_timer_arm(struct herd_timerq *q, struct herd_timer *timer, struct herd_mono now);

/* Accepts a timer that is not armed. */
void herd_timer_disarm(struct herd_timer *timer);

bool herd_timer_armed(const struct herd_timer *timer);

/* When the first timer is due; HERD_NEVER when none is armed. */
struct herd_mono herd_timerq_deadline(const struct herd_timerq *q);

/* The armed timers, the first to be due first; NULL: no more. */
const struct herd_timer *herd_timerq_first(const struct herd_timerq *q);
const struct herd_timer *herd_timerq_next(const struct herd_timerq *q,
                                          const struct herd_timer *timer);

/* Disarms the first timer that is due by `now` and returns its owner; NULL: none is due. */
void *herd_timerq_expired(struct herd_timerq *q, struct herd_mono now);

#endif
