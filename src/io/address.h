/* Addresses as people write them for a tool. */
#ifndef IO_ADDRESS_H
#define IO_ADDRESS_H

#include <stddef.h>

/* Reads HOST:PORT; an IPv6 address stands in brackets, since it has colons of its own.
 * `host` (`size` bytes) gets it without them. Errors: HERD_EBAD (another shape, or port 0),
 * and nothing was written. */
int io_address_read(const char *text, char *host, size_t size, unsigned *port);

/* Where a server is reached from this machine that listens on `host`: one that listens on
 * every address is reached on loopback. Returns `host` or a literal. */
const char *io_address_reachable(const char *host);

#endif
