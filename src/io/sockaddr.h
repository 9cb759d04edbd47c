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

/* The addresses of one host, in the order in which they are dialled: the families take
 * turns, beginning with that of the resolver's first address (RFC 8305, section 4). Of more
 * than IO_ADDRS_MAX the first ones of each family are kept. */
enum { IO_ADDRS_MAX = 8 };
struct io_addrs {
    struct io_addr list[IO_ADDRS_MAX]; /* each once */
    size_t count;
};

/* Reads `host`, an IPv4 or IPv6 address without brackets, and never blocks. HERD_EUNKNOWN:
 * it is a name. HERD_EBAD: the port is above 65535, with `error`. */
int io_addrs_read(struct io_addrs *addrs, const char *host, unsigned port,
                  struct herd_error_text *error);

/* Likewise, and asks the resolver for a name: blocks until that answers, which may take a
 * minute. lookup.h does not block. Errors: HERD_EBAD, with `error`, which names the host or
 * the port. */
int io_addrs_lookup(struct io_addrs *addrs, const char *host, unsigned port,
                    struct herd_error_text *error);

/* The first address of io_addrs_lookup. */
int io_addr_lookup(struct io_addr *addr, const char *host, unsigned port,
                   struct herd_error_text *error);

/* Gives all addresses this port, 0 to 65535. */
void io_addrs_set_port(struct io_addrs *addrs, unsigned port);

/* "127.0.0.1:11490" or "[::1]:11490"; "local" for a unix socket. `text` has
 * IO_ADDR_TEXT_SIZE bytes. */
void io_addr_text(const struct io_addr *addr, char *text);

/* Whether it is in the loopback range of its family (127.0.0.0/8, ::1). */
bool io_addr_is_loopback(const struct io_addr *addr);

/* Whether it is 127.0.1.1: the address that Debian's /etc/hosts gives to a machine's own
 * name, at which no other machine reaches it. */
bool io_addr_is_own_name(const struct io_addr *addr);

/* The network that counts as one stranger: an IPv4 address, or the first 64 bits of an IPv6
 * one, since anybody has that many. An IPv4-mapped IPv6 address is treated as IPv4. Other
 * families are one network. */
enum { IO_ADDR_NETWORK_SIZE = 9 };
void io_addr_network(const struct io_addr *addr, char network[IO_ADDR_NETWORK_SIZE]);

/* Whether both have the same IP address; ports do not count. False for two unix sockets. */
bool io_addr_same_host(const struct io_addr *a, const struct io_addr *b);

/* The port in host byte order; 0 for a unix socket. */
unsigned io_addr_port(const struct io_addr *addr);

#endif
