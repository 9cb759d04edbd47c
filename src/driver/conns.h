/* SPDX-License-Identifier: ISC */
/* The table of connections, and the events that they report. Connections know nothing of
 * listeners: each belongs to the pool of its role, which has its limit, its count and its
 * io_conn_group, and tells its owner when a slot is free again. */
#ifndef DRIVER_CONNS_H
#define DRIVER_CONNS_H

#include "addresses.h"
#include "herd/conf.h"
#include "herd/core.h"
#include "herd/err.h"
#include "io/conn.h"
#include "io/dial.h"
#include "io/sockaddr.h"
#include "siphash.h"
#include "slots.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct driver;

enum { DRIVER_ROLES = 3 };

/* The place of a role in arrays of DRIVER_ROLES elements. */
static inline size_t driver_role_index(enum herd_role role)
{
    switch (role) {
    case HERD_ROLE_CLIENT: return 0;
    case HERD_ROLE_PEER: return 1;
    case HERD_ROLE_CONTROL: break;
    }
    return 2;
}

/* The connections of one role. Each role has slots of its own, so that no role can take
 * those of another. */
struct driver_pool {
    enum herd_role role;
    uint32_t limit; /* connections that may be open before new ones are not accepted */
    uint32_t count; /* connections that are open */

    /* Also has the connections that the core has closed and that linger. */
    struct io_conn_group *group;

    /* Called when a connection has gone, also from inside a step; must not call
     * driver_step(). NULL: not called. */
    void (*slot_freed)(void *arg);
    void *arg;
};

/* Does not move while it lives. */
struct driver_conn {
    struct driver *driver;
    struct driver_pool *pool;
    struct io_conn *conn;
    herd_conn_id id;
    int64_t server;              /* index of the server dialled; -1: accepted */
    bool from_neighbour_address; /* accepted from the address of a neighbour */
    unsigned to_self;            /* attempts of its dial that reached themselves */
    bool drained_due;            /* is in driver_conns.drained_due */
    bool drain_wanted;           /* the core wants DRAINED when all is sent */
    struct driver_address_member by_address; /* of a client */
    struct driver_conn *next_drained_due;
    char address[IO_ADDR_TEXT_SIZE]; /* of the other side */
};

/* Zeros are valid for driver_conns_free. */
struct driver_conns {
    struct driver_pool pools[DRIVER_ROLES]; /* by driver_role_index() */
    struct driver_slots slots;
    struct driver_conn *drained_due;            /* connections whose DRAINED is due */
    struct driver_addresses addresses;          /* of clients */
    uint8_t address_hash_key[HERD_SIPHASH_KEY]; /* random */
};

/* Makes the pools, after driver->loop. Errors: HERD_ENOMEM, HERD_ESYS (no random
 * bytes), with `error`; driver_conns_free is needed in any case. */
int driver_conns_init(struct driver *driver, struct herd_error_text *error);

/* Drops all connections without an event and frees the pools. */
void driver_conns_free(struct driver *driver);

/* The pool of a role; never NULL. */
struct driver_pool *driver_pool(struct driver *driver, enum herd_role role);

/* Takes over an accepted, connected socket: the core hears of it, or it is closed when
 * memory is out, or when a client's address has all connections that it may have. A client
 * for which no slot is left gets that of another client: see addresses.h. */
void driver_conn_accept(struct driver *driver, int fd, struct driver_pool *pool,
                        const struct io_addr *from);

/* Takes over the connection to a neighbour that was dialled, and tells the core: OPENED.
 * False when memory or slots are out; it is then closed, and the core hears nothing. */
bool driver_conn_dialled(struct driver *driver, uint32_t server,
                         const struct io_dial_result *result);

/* The connection with this id; NULL when it has gone. */
struct driver_conn *driver_conn_find(const struct driver *driver, herd_conn_id id);

/* Gives the slot back; the io_conn has ended, or been finished or dropped, before. */
void driver_conn_free(struct driver_conn *dc);

/* Makes a DRAINED due after the present step. */
void driver_conn_drained_is_due(struct driver_conn *dc);

/* Takes one connection whose DRAINED is due; NULL: there is none. */
struct driver_conn *driver_conns_take_drained(struct driver *driver);

#endif
