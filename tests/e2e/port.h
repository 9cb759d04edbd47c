/* SPDX-License-Identifier: ISC */
/* Ports that nobody else gets while a test runs.
 *
 * Servers of a herd dial each other, so all ports must be known before the first of them
 * starts. A port is held by a socket that is bound to it and never listens; a server may
 * bind to it as well and listen, again and again. Where the system does not allow that
 * (this is tried out once), the port is let go just before the server starts. */
#ifndef TESTS_E2E_PORT_H
#define TESTS_E2E_PORT_H

#include <stdbool.h>
#include <stdint.h>

struct port {
    int fd; /* -1: let go */
    uint16_t number;
};

/* A free port of the loopback address. */
bool port_hold(struct port *port);

/* Somebody is about to listen there. */
void port_lend(struct port *port);

void port_free(struct port *port);

#endif
