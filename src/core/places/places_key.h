/* What makes two questions to Places the same one: they share a request while it is under
 * way, and an answer while it is kept. */
#ifndef HERD_CORE_PLACES_PLACES_KEY_H
#define HERD_CORE_PLACES_PLACES_KEY_H

#include "protocol/geo.h"
#include "siphash.h"

#include <stdbool.h>
#include <stdint.h>

struct herd_places_key {
    struct herd_point point;
    uint32_t radius_km;
    bool enterprise; /* places-fields */
};

static inline bool herd_places_key_eq(const struct herd_places_key *a,
                                      const struct herd_places_key *b)
{
    return a->point.lat == b->point.lat && a->point.lng == b->point.lng &&
           a->radius_km == b->radius_km && a->enterprise == b->enterprise;
}

/* Clients choose their points, so the hash has a key. It is never told to anybody: it may
 * depend on the machine. */
static inline uint64_t herd_places_key_hash(const struct herd_places_key *key,
                                            const uint8_t hash_key[HERD_SIPHASH_KEY])
{
    int64_t words[3] = {key->point.lat, key->point.lng,
                        (int64_t)key->radius_km * 2 + key->enterprise};
    return herd_siphash(herd_slice((const char *)words, sizeof words), hash_key);
}

#endif
