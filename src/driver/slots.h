/* SPDX-License-Identifier: ISC */
/* Ids for connections: the low 32 bits are a slot that is used again, the high ones its
 * generation, so that no id comes back. */
#ifndef DRIVER_SLOTS_H
#define DRIVER_SLOTS_H

#include "herd/core.h"
#include "herd/mem.h"

#include <stdint.h>

struct driver_conn;

struct driver_slot {
    struct driver_conn *conn; /* NULL: free */
    uint32_t generation;
    uint32_t next_free; /* index; DRIVER_SLOT_NONE: the last one */
};

#define DRIVER_SLOT_NONE UINT32_MAX

struct driver_slots {
    const struct herd_mem *mem; /* borrowed, outlives the slots */
    struct driver_slot *list;
    uint32_t size, max;
    uint32_t first_free; /* index; DRIVER_SLOT_NONE: all are used */
};

/* `max` slots may be used at once. */
void driver_slots_init(struct driver_slots *slots, const struct herd_mem *mem,
                       uint32_t max);

/* Frees the array, not the connections. Accepts zeros. */
void driver_slots_free(struct driver_slots *slots);

/* Gives `conn`, which is borrowed, a slot and an id. Errors: HERD_EFULL, HERD_ENOMEM. */
int driver_slots_take(struct driver_slots *slots, struct driver_conn *conn,
                      herd_conn_id *id);

/* Frees the slot of a connection that has one. */
void driver_slots_release(struct driver_slots *slots, herd_conn_id id);

/* NULL when no connection has this id (any more). */
struct driver_conn *driver_slots_find(const struct driver_slots *slots, herd_conn_id id);

#endif
