#include "lookup.h"

#include "herd/err.h"

#include <assert.h>

/* ---- life ---- */

static size_t table_size_for(const struct herd_lookup_limits *limits)
{
    size_t size = 64;
    while (size < (size_t)limits->flying_max + limits->waiting_max)
        size *= 2;
    return size;
}

int herd_lookups_init(struct herd_lookups *lookups, const struct herd_mem *mem,
                      const struct herd_lookup_limits *limits,
                      const uint8_t hash_key[HERD_SIPHASH_KEY])
{
    assert(limits->flying_max > 0 && limits->timeout_ms > 0);
    *lookups = (struct herd_lookups){
        .mem = mem, .limits = *limits, .table_size = table_size_for(limits)};
    memcpy(lookups->hash_key, hash_key, HERD_SIPHASH_KEY);
    herd_timerq_init(&lookups->timers, limits->timeout_ms);
    lookups->slots = herd_mem_zalloc(mem, limits->flying_max * sizeof *lookups->slots);
    lookups->table = herd_mem_zalloc(mem, lookups->table_size * sizeof(void *));
    if (lookups->slots == NULL || lookups->table == NULL) {
        herd_lookups_free(lookups);
        return HERD_ENOMEM;
    }
    for (uint32_t i = 0; i < limits->flying_max; i++)
        lookups->slots[i].next_free = i + 1 < limits->flying_max ? i + 2 : 0;
    lookups->free_slot = 1;
    return HERD_OK;
}

void herd_lookups_free(struct herd_lookups *lookups)
{
    assert(lookups->flying_count == 0 && lookups->waiting_count == 0);
    herd_mem_free(lookups->mem, lookups->slots,
                  lookups->limits.flying_max * sizeof *lookups->slots);
    herd_mem_free(lookups->mem, lookups->table, lookups->table_size * sizeof(void *));
    lookups->slots = NULL;
    lookups->table = NULL;
}

/* ---- the table ---- */

static struct herd_flight **chain_of(const struct herd_lookups *lookups, uint64_t hash)
{
    return &lookups->table[hash & (lookups->table_size - 1)];
}

static struct herd_flight *look(const struct herd_lookups *lookups, uint64_t hash,
                                const struct herd_places_key *key)
{
    struct herd_flight *flight = *chain_of(lookups, hash);
    while (flight != NULL && !herd_places_key_eq(&flight->key, key))
        flight = flight->same_hash;
    return flight;
}

static void take_from_table(struct herd_lookups *lookups, struct herd_flight *flight)
{
    struct herd_flight **at = chain_of(lookups, flight->hash);
    while (*at != flight)
        at = &(*at)->same_hash;
    *at = flight->same_hash;
}

/* ---- slots ---- */

/* An id is the slot's generation and the slot's number, so that a late answer to an ended
 * request never meets the next one in the same slot. Numbers start at 1, so that no id is
 * 0 when a generation comes round. */
static uint32_t number_of(uint64_t id)
{
    return (uint32_t)id;
}

static void take_slot(struct herd_lookups *lookups, struct herd_flight *flight)
{
    uint32_t number = lookups->free_slot;
    struct herd_flight_slot *slot = &lookups->slots[number - 1];
    lookups->free_slot = slot->next_free;
    lookups->flying_count++;
    slot->flight = flight;
    flight->id = (uint64_t)++slot->generation << 32 | number;
}

static void give_slot_back(struct herd_lookups *lookups, struct herd_flight *flight)
{
    struct herd_flight_slot *slot = &lookups->slots[number_of(flight->id) - 1];
    slot->flight = NULL;
    slot->next_free = lookups->free_slot;
    lookups->free_slot = number_of(flight->id);
    lookups->flying_count--;
    flight->id = 0;
}

/* ---- those that wait ---- */

static void begin_to_wait(struct herd_lookups *lookups, struct herd_flight *flight)
{
    flight->prev = lookups->last_waiting;
    *(flight->prev != NULL ? &flight->prev->next : &lookups->first_waiting) = flight;
    lookups->last_waiting = flight;
    lookups->waiting_count++;
}

static void wait_no_more(struct herd_lookups *lookups, struct herd_flight *flight)
{
    struct herd_flight *prev = flight->prev, *next = flight->next;
    *(prev != NULL ? &prev->next : &lookups->first_waiting) = next;
    *(next != NULL ? &next->prev : &lookups->last_waiting) = prev;
    flight->prev = NULL;
    flight->next = NULL;
    lookups->waiting_count--;
}

/* ---- arrival ---- */

static void board(struct herd_lookups *lookups, struct herd_flight *flight,
                  struct herd_lookup *lookup, struct herd_mono now)
{
    assert(lookup->flight == NULL);
    lookup->flight = flight;
    lookup->prev = flight->last;
    lookup->next = NULL;
    *(flight->last != NULL ? &flight->last->next : &flight->first) = lookup;
    flight->last = lookup;
    lookup->timer.owner = lookup;
    herd_timer_arm(&lookups->timers, &lookup->timer, now);
}

bool herd_lookups_join(struct herd_lookups *lookups, struct herd_lookup *lookup,
                       const struct herd_places_key *key, struct herd_mono now)
{
    uint64_t hash = herd_places_key_hash(key, lookups->hash_key);
    struct herd_flight *flight = look(lookups, hash, key);
    if (flight == NULL)
        return false;
    board(lookups, flight, lookup, now);
    return true;
}

int herd_lookups_add(struct herd_lookups *lookups, struct herd_lookup *lookup,
                     const struct herd_places_key *key, struct herd_mono now)
{
    const struct herd_lookup_limits *limits = &lookups->limits;
    uint64_t count = (uint64_t)lookups->flying_count + lookups->waiting_count;
    if (count >= (uint64_t)limits->flying_max + limits->waiting_max)
        return HERD_EFULL;
    struct herd_flight *flight = herd_mem_zalloc(lookups->mem, sizeof *flight);
    if (flight == NULL)
        return HERD_ENOMEM;
    flight->key = *key;
    flight->hash = herd_places_key_hash(key, lookups->hash_key);
    struct herd_flight **chain = chain_of(lookups, flight->hash);
    flight->same_hash = *chain;
    *chain = flight;
    begin_to_wait(lookups, flight);
    board(lookups, flight, lookup, now);
    return HERD_OK;
}

/* ---- flights ---- */

struct herd_flight *herd_lookups_next(const struct herd_lookups *lookups)
{
    return lookups->flying_count < lookups->limits.flying_max ? lookups->first_waiting
                                                              : NULL;
}

void herd_lookups_fly(struct herd_lookups *lookups, struct herd_flight *flight,
                      struct herd_mono now)
{
    assert(flight->id != 0 || lookups->free_slot != 0);
    if (flight->id != 0)
        give_slot_back(lookups, flight);
    else
        wait_no_more(lookups, flight);
    take_slot(lookups, flight);
    flight->since = now;
}

struct herd_flight *herd_lookups_find(const struct herd_lookups *lookups, uint64_t id)
{
    uint32_t number = number_of(id);
    if (number == 0 || number > lookups->limits.flying_max)
        return NULL;
    struct herd_flight *flight = lookups->slots[number - 1].flight;
    return flight != NULL && flight->id == id ? flight : NULL;
}

void herd_lookups_end(struct herd_lookups *lookups, struct herd_flight *flight)
{
    assert(flight->first == NULL);
    if (flight->id != 0)
        give_slot_back(lookups, flight);
    else
        wait_no_more(lookups, flight);
    take_from_table(lookups, flight);
    herd_mem_free(lookups->mem, flight, sizeof *flight);
}

/* ---- departure ---- */

struct herd_flight *herd_lookups_leave(struct herd_lookup *lookup)
{
    struct herd_flight *flight = lookup->flight;
    if (flight == NULL)
        return NULL;
    herd_timer_disarm(&lookup->timer);
    *(lookup->prev != NULL ? &lookup->prev->next : &flight->first) = lookup->next;
    *(lookup->next != NULL ? &lookup->next->prev : &flight->last) = lookup->prev;
    lookup->flight = NULL;
    lookup->prev = NULL;
    lookup->next = NULL;
    return flight->first == NULL ? flight : NULL;
}
