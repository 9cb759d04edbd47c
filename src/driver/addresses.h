/* SPDX-License-Identifier: ISC */
/* Which clients share an address, and who goes when there is no slot for a newcomer: pure
 * policy, no system call.
 *
 * Nobody waits for a slot. The newcomer takes that of a client of the address that has most
 * connections: first of one that never sent a byte, else of the one that has been silent
 * for the longest time. So an address can hold all slots while nobody else wants one, and
 * keeps out nobody else when somebody does. */
#ifndef DRIVER_ADDRESSES_H
#define DRIVER_ADDRESSES_H

#include "herd/mem.h"
#include "shares.h"

#include <stdbool.h>
#include <stdint.h>

/* Of a connection; all zero: not counted. */
struct driver_address_member {
    struct herd_list_node node;
    struct herd_share *share; /* of its address */
};

struct driver_addresses {
    struct herd_shares shares;
    int64_t each_max; /* connections of one address; 0: no limit */
};

/* `clients_max` connections are counted at most. Errors: HERD_ENOMEM;
 * driver_addresses_free is needed in any case. Must stay where it is in memory. */
int driver_addresses_init(struct driver_addresses *addresses, const struct herd_mem *mem,
                          uint32_t clients_max, int64_t each_max);

/* No connection may be counted. Accepts all zero. */
void driver_addresses_free(struct driver_addresses *addresses);

/* Whether the address with this key has all connections that it may have. */
bool driver_addresses_reached(const struct driver_addresses *addresses, uint64_t key);

/* The connection that has to go when one from the address with this key comes and all slots
 * are in use; NULL: none is counted. */
struct driver_address_member *
driver_addresses_victim(const struct driver_addresses *addresses, uint64_t key);

/* Counts a connection from that address. Errors: HERD_ENOMEM. */
int driver_addresses_add(struct driver_addresses *addresses,
                         struct driver_address_member *member, uint64_t key);

/* It has gone. Accepts one that is not counted. */
void driver_addresses_remove(struct driver_addresses *addresses,
                             struct driver_address_member *member);

/* Bytes came from it. */
void driver_addresses_heard(struct driver_addresses *addresses,
                            struct driver_address_member *member);

#endif
