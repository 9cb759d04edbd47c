/* SPDX-License-Identifier: ISC */
#include "slots.h"

#include "herd/err.h"

enum { FIRST_SIZE = 64 };

void driver_slots_init(struct driver_slots *slots, const struct herd_mem *mem, uint32_t max)
{
    *slots = (struct driver_slots){.mem = mem, .max = max, .first_free = DRIVER_SLOT_NONE};
}

void driver_slots_free(struct driver_slots *slots)
{
    if (slots->mem != NULL)
        herd_mem_free(slots->mem, slots->list, slots->size * sizeof *slots->list);
    *slots = (struct driver_slots){0};
}

static int grow(struct driver_slots *slots)
{
    uint32_t size = slots->size > 0 ? slots->size * 2 : FIRST_SIZE;
    if (size > slots->max)
        size = slots->max;
    if (size <= slots->size)
        return HERD_EFULL;
    struct driver_slot *list = herd_mem_resize(
        slots->mem, slots->list, slots->size * sizeof *list, size * sizeof *list);
    if (list == NULL)
        return HERD_ENOMEM;
    for (uint32_t i = slots->size; i < size; i++)
        list[i] =
            (struct driver_slot){.next_free = i + 1 < size ? i + 1 : DRIVER_SLOT_NONE};
    slots->first_free = slots->size;
    slots->list = list;
    slots->size = size;
    return HERD_OK;
}

int driver_slots_take(struct driver_slots *slots, struct driver_conn *conn,
                      herd_conn_id *id)
{
    int rc = slots->first_free == DRIVER_SLOT_NONE ? grow(slots) : HERD_OK;
    if (rc != HERD_OK)
        return rc;
    uint32_t index = slots->first_free;
    struct driver_slot *slot = &slots->list[index];
    slots->first_free = slot->next_free;
    slot->conn = conn;
    *id = (herd_conn_id)++slot->generation << 32 | index;
    return HERD_OK;
}

void driver_slots_release(struct driver_slots *slots, herd_conn_id id)
{
    uint32_t index = (uint32_t)id;
    slots->list[index].conn = NULL;
    slots->list[index].next_free = slots->first_free;
    slots->first_free = index;
}

struct driver_conn *driver_slots_find(const struct driver_slots *slots, herd_conn_id id)
{
    uint32_t index = (uint32_t)id;
    if (index >= slots->size || slots->list[index].conn == NULL ||
        slots->list[index].generation != (uint32_t)(id >> 32))
        return NULL;
    return slots->list[index].conn;
}
