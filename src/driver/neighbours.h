/* SPDX-License-Identifier: ISC */
/* Where the neighbours are. */
#ifndef DRIVER_NEIGHBOURS_H
#define DRIVER_NEIGHBOURS_H

#include "herd/err.h"
#include "io/sockaddr.h"

#include <stdbool.h>
#include <stdint.h>

struct driver;

/* Looks up the peer addresses of all neighbours, into driver->neighbours. May wait for a
 * resolver. Errors: HERD_ENOMEM, HERD_EBAD (unknown, or not allowed), with `error`;
 * driver_neighbours_free is needed in any case. */
int driver_neighbours_look_up(struct driver *driver, struct herd_error_text *error);
void driver_neighbours_free(struct driver *driver);

/* Checks that links may use `addr`, the peer address of server `index`: without the herd's
 * key only loopback addresses are allowed. Errors: HERD_EBAD, with `error`. */
int driver_neighbours_check(const struct driver *driver, const struct io_addr *addr,
                            uint32_t index, struct herd_error_text *error);

/* Whether a neighbour has this IP address; ports do not count. */
bool driver_neighbours_have(const struct driver *driver, const struct io_addr *addr);

#endif
