/* SPDX-License-Identifier: ISC */
/* How long one client waits for its replies while others do other things: a process of its
 * own, so that it measures the server and not the test. */
#ifndef TESTS_E2E_PACE_H
#define TESTS_E2E_PACE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct pace {
    pid_t pid;
    int stop, result;
};

struct pace_figures {
    int64_t count, p50_us, p99_us, most_us;
    int64_t bad; /* replies that were no AT line, or did not come */
};

/* Sends an IAMAT, waits for its reply, rests a millisecond, and so on. */
bool pace_begin(struct pace *pace, uint16_t port);
bool pace_end(struct pace *pace, struct pace_figures *figures);

#endif
