/* SPDX-License-Identifier: ISC */
/* Socket addresses of TCP over IPv4 and IPv6: looking them up, comparing, as text. */
#ifndef IO_SOCKADDR_H
#define IO_SOCKADDR_H

#include "herd/err.h"

#include <stdbool.h>
#include <sys/socket.h>

/* Bytes of an address as text, NUL included. */
enum { IO_ADDR_TEXT_SIZE = 64 };

struct io_addr {
    struct sockaddr_storage sa;
    socklen_t len; /* bytes of `sa` that are used; 0: no address */
};

/* Looks up `host` (an IPv4 or IPv6 address without brackets, or a name) and `port`, and
 * takes the first address that the resolver gives. A name blocks until the resolver
 * answers: for the start only. Errors: HERD_EBAD, with `error`, which names the host or the
 * port. */
int io_addr_lookup(struct io_addr *addr, const char *host, unsigned port,
                   struct herd_error_text *error);

/* "127.0.0.1:11490" or "[::1]:11490"; "local" for a unix socket. `text` has
 * IO_ADDR_TEXT_SIZE bytes. */
void io_addr_text(const struct io_addr *addr, char *text);

/* Whether it is in the loopback range of its family (127.0.0.0/8, ::1). */
bool io_addr_is_loopback(const struct io_addr *addr);

/* The network that counts as one stranger: an IPv4 address, or the first 64 bits of an IPv6
 * one, since anybody has that many. An IPv4-mapped IPv6 address is treated as IPv4. Other
 * families are one network. */
enum { IO_ADDR_NETWORK_SIZE = 9 };
void io_addr_network(const struct io_addr *addr, char network[IO_ADDR_NETWORK_SIZE]);

/* Whether both have the same IP address; ports do not count. False for two unix sockets. */
bool io_addr_same_host(const struct io_addr *a, const struct io_addr *b);

#endif
