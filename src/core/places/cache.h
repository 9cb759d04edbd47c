/* Answers of Places that are kept for a while, in memory only.
 *
 * All are kept for the same time, so the oldest is always the first to go: when its time
 * is over, or when a new one needs its place. Looking at an answer does not make it
 * younger. Entries and bytes are bounded. */
#ifndef HERD_CORE_PLACES_CACHE_H
#define HERD_CORE_PLACES_CACHE_H

#include "herd/instant.h"
#include "herd/mem.h"
#include "places_key.h"
#include "herd/slice.h"

#include <stddef.h>
#include <stdint.h>

struct herd_cached;

struct herd_cache_setup {
    const struct herd_mem *mem; /* borrowed, outlives the cache */
    uint8_t hash_key[HERD_SIPHASH_KEY];
    int64_t keep_ms; /* 0: keeps nothing, and takes no memory */
    size_t entries_max;
    size_t bytes_max; /* of all texts */
};

struct herd_cache {
    struct herd_cache_setup setup;
    struct herd_cached **table;
    size_t table_size; /* a power of two; 0: keeps nothing */
    struct herd_cached *oldest, *newest;
    size_t count, bytes;
};

/* Errors: HERD_ENOMEM. */
int herd_cache_init(struct herd_cache *cache, const struct herd_cache_setup *setup);

/* Accepts one that failed to init. */
void herd_cache_free(struct herd_cache *cache);

/* Keeps a copy of the text, in place of an earlier one of that key. What does not fit, or
 * finds no memory, is not kept. */
void herd_cache_put(struct herd_cache *cache, const struct herd_places_key *key,
                    struct herd_slice text, struct herd_mono now);

/* Finds the text of that key: false when there is none, or its time is over. It lives
 * until the next call that is not const. */
bool herd_cache_get(const struct herd_cache *cache, const struct herd_places_key *key,
                    struct herd_mono now, struct herd_slice *text);

/* Forgets what has been kept for long enough. */
void herd_cache_expire(struct herd_cache *cache, struct herd_mono now);

/* When herd_cache_expire has something to do; HERD_NEVER when nothing is kept. */
struct herd_mono herd_cache_deadline(const struct herd_cache *cache);

#endif
