/* SPDX-License-Identifier: ISC */
/* A port that takes no more connections, because none of those that wait is accepted:
 * whoever dials it waits for an answer. */
#ifndef TESTS_E2E_FULL_PORT_H
#define TESTS_E2E_FULL_PORT_H

#include <stdbool.h>
#include <stdint.h>

enum { FULL_PORT_CONNS = 64 };

struct full_port {
    int listener, conn[FULL_PORT_CONNS];
    int count;
};

/* On this loopback port, which nobody listens on. False: this system answers all the same,
 * or it cannot be done; nothing is left behind. */
bool full_port_open(struct full_port *full, uint16_t number);

void full_port_close(struct full_port *full);

#endif
