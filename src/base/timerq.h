/* Timers that all run for the same time: a queue in which the first to be armed is the
 * first to be due. Arming, disarming and asking for the next deadline cost a few pointer
 * writes, whatever the number of timers. The core has one queue per kind of timeout. */
#ifndef HERD_BASE_TIMERQ_H
#define HERD_BASE_TIMERQ_H

#include "herd/instant.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Embedded in what waits. All zero: not armed. */
struct herd_timer {
    struct herd_timer *prev, *next;
    struct herd_mono due;
    void *owner; /* set by the owner, for whoever takes the timer out */
};

struct herd_timerq {
    struct herd_timer head; /* of a ring */
    int64_t duration_ms;    /* 0: arming does nothing */
};

/* The queue must stay where it is in memory. */
void herd_timerq_init(struct herd_timerq *q, int64_t duration_ms);

/* Due one duration after `now`; an armed timer starts again. `now` never falls. */
void herd_timer_arm(struct herd_timerq *q, struct herd_timer *timer, struct herd_mono now);

/* Accepts a timer that is not armed. */
void herd_timer_disarm(struct herd_timer *timer);

bool herd_timer_armed(const struct herd_timer *timer);

/* When the first timer is due; HERD_NEVER when none is armed. */
struct herd_mono herd_timerq_deadline(const struct herd_timerq *q);

/* Those that are armed, the first to be due first; NULL: no more. */
const struct herd_timer *herd_timerq_first(const struct herd_timerq *q);
const struct herd_timer *herd_timerq_next(const struct herd_timerq *q,
                                          const struct herd_timer *timer);

/* Takes out and returns the owner of a timer that is due, or NULL. */
void *herd_timerq_expired(struct herd_timerq *q, struct herd_mono now);

#endif
