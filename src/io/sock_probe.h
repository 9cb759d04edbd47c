/* SPDX-License-Identifier: ISC */
/* What a listener would meet at an address. */
#ifndef IO_SOCK_PROBE_H
#define IO_SOCK_PROBE_H

#include "sockaddr.h"

/* Listens on the address as io_sock_listen does, and stops at once. Returns 0 if that
 * works, else an errno value: EADDRNOTAVAIL or EAFNOSUPPORT if this machine does not have
 * the address, EADDRINUSE if another socket listens there. With port 0 it looks at the
 * address alone. */
int io_sock_probe(const struct io_addr *addr);

#endif
