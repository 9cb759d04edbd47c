/* SPDX-License-Identifier: ISC */
/* Where the neighbours are, as far as that is known. */
#ifndef DRIVER_NEIGHBOURS_H
#define DRIVER_NEIGHBOURS_H

#include "herd/conf.h"
#include "herd/err.h"
#include "io/sockaddr.h"

#include <stdbool.h>
#include <stdint.h>

struct driver;

struct driver_neighbour {
    struct driver *driver;
    uint32_t server;       /* its index in the configuration */
    struct io_addrs addrs; /* as known last; none for a server that is no neighbour, and for
                            * a name that has never been looked up */
    bool warned;           /* that its name is 127.0.1.1 */
};

/* Makes driver->neighbours, by server. Numeric addresses are known and checked at once;
 * names are looked up when their neighbour is dialled. Errors: HERD_ENOMEM, HERD_EBAD (an
 * address that links may not use), with `error`; driver_neighbours_free is needed in any
 * case. */
int driver_neighbours_init(struct driver *driver, struct herd_error_text *error);
void driver_neighbours_free(struct driver *driver);

/* Removes from `addrs`, which belong to the peer address of server `index`, those that
 * links may not use: without the herd's key only loopback addresses are allowed. Errors:
 * HERD_EBAD, with `error`: none is left. */
int driver_neighbours_allow(const struct driver *driver, struct io_addrs *addrs,
                            uint32_t index, struct herd_error_text *error);

/* The addresses of a neighbour are known, from now on or anew. Errors: as above. */
int driver_neighbours_found(struct driver_neighbour *neighbour, struct io_addrs *addrs,
                            struct herd_error_text *error);

/* Logs a warning if `host`, the peer or client address of server `index`, is a name and
 * means 127.0.1.1. Returns whether it does. */
bool driver_neighbours_warn(struct driver *driver, uint32_t index, const char *role,
                            const char *host, const struct io_addrs *addrs);

/* Whether a neighbour has this IP address; ports do not count. */
bool driver_neighbours_have(const struct driver *driver, const struct io_addr *addr);

#endif
