/* SPDX-License-Identifier: ISC */
/* Many clients at once, each with one line of text to say and one reply to hear. */
#ifndef TESTS_E2E_SWARM_H
#define TESTS_E2E_SWARM_H

#include "herd/slice.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SWARM_MAX = 1000, SWARM_TEXT = 160 };

struct swarm_one {
    int fd;
    char text[SWARM_TEXT]; /* what it says */
    char *data;            /* what it has received; data[len] is NUL */
    size_t len, size;
    int64_t begun_us, took_us; /* took_us < 0: the reply is not complete */
};

struct swarm {
    struct swarm_one *of; /* SWARM_MAX of them */
    size_t count;
};

bool swarm_init(struct swarm *swarm);
void swarm_free(struct swarm *swarm);

/* Connects one more client. */
bool swarm_add(struct swarm *swarm, uint16_t port, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Lets all speak at once, and listens until each has heard an empty line or the time is
 * over. Returns the number of those that have. */
size_t swarm_run(struct swarm *swarm, int64_t timeout_ms);

struct herd_slice swarm_reply(const struct swarm *swarm, size_t i);

/* Microseconds of the monotonic clock. */
int64_t now_us(void);

/* The smallest of the values that `percent` of them do not exceed; sorts them. */
int64_t percentile(int64_t *values, size_t count, double percent);

#endif
