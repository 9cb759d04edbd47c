#include "herd/lookup.h"

#include "herd/err.h"

#include <assert.h>

int herd_lookups_init(struct herd_lookups *lookups, const struct herd_mem *mem,
                      const struct herd_lookup_limits *limits)
{
    assert(limits->flying_max > 0 && limits->timeout_ms > 0);
    *lookups = (struct herd_lookups){
        .mem = mem, .flying_max = limits->flying_max, .waiting_max = limits->waiting_max};
    herd_timerq_init(&lookups->timers, limits->timeout_ms);
    lookups->flying = herd_mem_zalloc(mem, limits->flying_max * sizeof *lookups->flying);
    lookups->generation =
        herd_mem_zalloc(mem, limits->flying_max * sizeof *lookups->generation);
    if (lookups->flying != NULL && lookups->generation != NULL)
        return HERD_OK;
    herd_lookups_free(lookups);
    return HERD_ENOMEM;
}

void herd_lookups_free(struct herd_lookups *lookups)
{
    assert(lookups->flying_count == 0 && lookups->waiting_count == 0);
    herd_mem_free(lookups->mem, lookups->flying,
                  lookups->flying_max * sizeof *lookups->flying);
    herd_mem_free(lookups->mem, lookups->generation,
                  lookups->flying_max * sizeof *lookups->generation);
    lookups->flying = NULL;
    lookups->generation = NULL;
}

/* An id is the slot's generation and the slot's number, so that a late answer to an ended
 * lookup never meets the next one in the same slot. Numbers start at 1, so that no id is 0
 * when a generation comes round. */
static uint32_t slot_of(uint64_t id)
{
    return (uint32_t)id - 1;
}

static void take_off(struct herd_lookups *lookups, struct herd_lookup *lookup)
{
    uint32_t slot = 0;
    while (lookups->flying[slot] != NULL)
        slot++;
    lookups->flying[slot] = lookup;
    lookups->flying_count++;
    lookup->id = (uint64_t)++lookups->generation[slot] << 32 | (slot + 1);
}

static void join_waiting(struct herd_lookups *lookups, struct herd_lookup *lookup)
{
    lookup->prev_waiting = lookups->last_waiting;
    lookup->next_waiting = NULL;
    if (lookups->last_waiting != NULL)
        lookups->last_waiting->next_waiting = lookup;
    else
        lookups->first_waiting = lookup;
    lookups->last_waiting = lookup;
    lookup->waiting = true;
    lookups->waiting_count++;
}

static void leave_waiting(struct herd_lookups *lookups, struct herd_lookup *lookup)
{
    struct herd_lookup *prev = lookup->prev_waiting, *next = lookup->next_waiting;
    *(prev != NULL ? &prev->next_waiting : &lookups->first_waiting) = next;
    *(next != NULL ? &next->prev_waiting : &lookups->last_waiting) = prev;
    lookup->waiting = false;
    lookups->waiting_count--;
}

int herd_lookups_add(struct herd_lookups *lookups, struct herd_lookup *lookup,
                     struct herd_mono now)
{
    bool room = lookups->flying_count < lookups->flying_max;
    if (!room && lookups->waiting_count >= lookups->waiting_max)
        return HERD_EFULL;
    lookup->timer.owner = lookup;
    herd_timer_arm(&lookups->timers, &lookup->timer, now);
    if (room)
        take_off(lookups, lookup);
    else
        join_waiting(lookups, lookup);
    return room ? 1 : 0;
}

struct herd_lookup *herd_lookups_find(const struct herd_lookups *lookups, uint64_t id)
{
    uint32_t slot = slot_of(id);
    struct herd_lookup *lookup = slot < lookups->flying_max ? lookups->flying[slot] : NULL;
    return lookup != NULL && lookup->id == id ? lookup : NULL;
}

void herd_lookups_remove(struct herd_lookups *lookups, struct herd_lookup *lookup)
{
    herd_timer_disarm(&lookup->timer);
    if (lookup->waiting)
        leave_waiting(lookups, lookup);
    if (lookup->id == 0)
        return;
    lookups->flying[slot_of(lookup->id)] = NULL;
    lookups->flying_count--;
    lookup->id = 0;
}

struct herd_lookup *herd_lookups_next(struct herd_lookups *lookups)
{
    struct herd_lookup *lookup = lookups->first_waiting;
    if (lookup == NULL || lookups->flying_count >= lookups->flying_max)
        return NULL;
    leave_waiting(lookups, lookup);
    take_off(lookups, lookup);
    return lookup;
}
