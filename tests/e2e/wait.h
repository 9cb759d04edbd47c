/* SPDX-License-Identifier: ISC */
/* Time: every wait of these tests has a deadline. */
#ifndef TESTS_E2E_WAIT_H
#define TESTS_E2E_WAIT_H

#include <stdbool.h>
#include <stdint.h>

/* Longest wait for anything. Long, because the machine may be busy with other things: a
 * test that passes never waits so long. */
enum { WAIT_MS = 20000 };

/* Milliseconds of the monotonic clock. */
int64_t now_ms(void);

/* Waits until the descriptor is ready for one of poll's `events`, at an end, or broken;
 * false when `until_ms` comes first. */
bool wait_fd(int fd, short events, int64_t until_ms);

/* The pause between two looks at what tells nobody that it has changed. */
void nap(void);

/* With HERD_TEST_NOTES in the environment: prints a line of figures for people. */
void note(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
