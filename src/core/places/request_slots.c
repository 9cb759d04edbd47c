/* SPDX-License-Identifier: ISC */
#include "request_slots.h"

#include "herd/err.h"

#include <assert.h>

int herd_request_slots_init(struct herd_request_slots *slots, const struct herd_mem *mem,
                            uint32_t max)
{
    assert(max > 0);
    *slots = (struct herd_request_slots){.mem = mem, .max = max, .free = 1};
    slots->slot = herd_mem_zalloc(mem, max * sizeof *slots->slot);
    if (slots->slot == NULL)
        return HERD_ENOMEM;
    for (uint32_t i = 0; i < max; i++)
        slots->slot[i].next_free = i + 1 < max ? i + 2 : 0;
    return HERD_OK;
}

void herd_request_slots_free(struct herd_request_slots *slots)
{
    assert(slots->count == 0);
    if (slots->slot != NULL)
        herd_mem_free(slots->mem, slots->slot, slots->max * sizeof *slots->slot);
    slots->slot = NULL;
}

/* An id is the slot's generation and the slot's number. Numbers start at 1, so that no id
 * is 0 when a generation wraps around. */
static uint32_t number_of(uint64_t id)
{
    return (uint32_t)id;
}

void herd_request_slots_take(struct herd_request_slots *slots,
                             struct herd_places_request *request)
{
    uint32_t number = slots->free;
    assert(number != 0);
    struct herd_request_slot *slot = &slots->slot[number - 1];
    slots->free = slot->next_free;
    slots->count++;
    slot->request = request;
    request->id = (uint64_t)++slot->generation << 32 | number;
}

void herd_request_slots_give_back(struct herd_request_slots *slots,
                                  struct herd_places_request *request)
{
    assert(slots->slot != NULL && request->id != 0);
    struct herd_request_slot *slot = &slots->slot[number_of(request->id) - 1];
    slot->request = NULL;
    slot->next_free = slots->free;
    slots->free = number_of(request->id);
    slots->count--;
    request->id = 0;
}

struct herd_places_request *herd_request_slots_find(const struct herd_request_slots *slots,
                                                    uint64_t id)
{
    uint32_t number = number_of(id);
    if (number == 0 || number > slots->max)
        return NULL;
    struct herd_places_request *request = slots->slot[number - 1].request;
    return request != NULL && request->id == id ? request : NULL;
}
