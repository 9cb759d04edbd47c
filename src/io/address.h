/* SPDX-License-Identifier: ISC */
/* Addresses as people write them on command lines. */
#ifndef IO_ADDRESS_H
#define IO_ADDRESS_H

#include <stddef.h>

/* Reads HOST:PORT, with an IPv6 address in brackets; `host` (`size` bytes) gets it without
 * them. Errors: HERD_EBAD (another shape, or port 0), and nothing is written. */
int io_address_read(const char *text, char *host, size_t size, unsigned *port);

/* The host at which this machine reaches a server that listens on `host`: for a server that
 * listens on every address, loopback. Returns `host` or a literal. */
const char *io_address_reachable(const char *host);

#endif
