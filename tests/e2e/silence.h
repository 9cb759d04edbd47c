/* SPDX-License-Identifier: ISC */
/* Connections that say nothing and come again, at once, whenever they are closed: a
 * process of its own that holds them until it is stopped. */
#ifndef TESTS_E2E_SILENCE_H
#define TESTS_E2E_SILENCE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum { SILENCE_PORTS = 4, SILENCE_MAX = 512 };

struct silence {
    pid_t pid; /* 0: not running */
};

/* Opens `each` connections to each of the ports. */
bool silence_begin(struct silence *silence, const uint16_t *ports, int count, int each);
void silence_end(struct silence *silence);

#endif
