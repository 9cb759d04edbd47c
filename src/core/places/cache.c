#include "cache.h"

#include "herd/err.h"

#include <string.h>

/* The text stands behind it. */
struct herd_cached {
    struct herd_cached *younger;
    struct herd_cached *same_hash;
    uint64_t hash;
    struct herd_places_key key;
    struct herd_mono until;
    size_t len;
    char text[];
};

int herd_cache_init(struct herd_cache *cache, const struct herd_cache_setup *setup)
{
    *cache = (struct herd_cache){.setup = *setup};
    if (setup->keep_ms == 0)
        return HERD_OK;
    cache->table_size = 64;
    while (cache->table_size < setup->entries_max)
        cache->table_size *= 2;
    cache->table = herd_mem_zalloc(setup->mem, cache->table_size * sizeof(void *));
    if (cache->table != NULL)
        return HERD_OK;
    cache->table_size = 0;
    return HERD_ENOMEM;
}

static struct herd_cached **chain_of(const struct herd_cache *cache, uint64_t hash)
{
    return &cache->table[hash & (cache->table_size - 1)];
}

static struct herd_cached *look(const struct herd_cache *cache,
                                const struct herd_places_key *key)
{
    uint64_t hash = herd_places_key_hash(key, cache->setup.hash_key);
    struct herd_cached *entry = *chain_of(cache, hash);
    while (entry != NULL && !herd_places_key_eq(&entry->key, key))
        entry = entry->same_hash;
    return entry;
}

static void drop(struct herd_cache *cache, struct herd_cached *entry)
{
    struct herd_cached **at = chain_of(cache, entry->hash);
    while (*at != entry)
        at = &(*at)->same_hash;
    *at = entry->same_hash;
    cache->count--;
    cache->bytes -= entry->len;
    herd_mem_free(cache->setup.mem, entry, sizeof *entry + entry->len);
}

static void drop_oldest(struct herd_cache *cache)
{
    struct herd_cached *oldest = cache->oldest;
    cache->oldest = oldest->younger;
    if (cache->oldest == NULL)
        cache->newest = NULL;
    drop(cache, oldest);
}

void herd_cache_free(struct herd_cache *cache)
{
    while (cache->oldest != NULL)
        drop_oldest(cache);
    herd_mem_free(cache->setup.mem, cache->table, cache->table_size * sizeof(void *));
    cache->table = NULL;
    cache->table_size = 0;
}

/* Rare: lookups of one key share a flight, and none is asked while its answer is kept. */
static void replace(struct herd_cache *cache, struct herd_cached *old)
{
    struct herd_cached *elder = NULL;
    struct herd_cached **at = &cache->oldest;
    while (*at != old) {
        elder = *at;
        at = &elder->younger;
    }
    *at = old->younger;
    if (cache->newest == old)
        cache->newest = elder;
    drop(cache, old);
}

void herd_cache_put(struct herd_cache *cache, const struct herd_places_key *key,
                    struct herd_slice text, struct herd_mono now)
{
    const struct herd_cache_setup *setup = &cache->setup;
    if (cache->table_size == 0 || text.len > setup->bytes_max)
        return;
    struct herd_cached *old = look(cache, key);
    if (old != NULL)
        replace(cache, old);
    while (cache->count >= setup->entries_max || cache->bytes > setup->bytes_max - text.len)
        drop_oldest(cache);
    struct herd_cached *entry = herd_mem_alloc(setup->mem, sizeof *entry + text.len);
    if (entry == NULL)
        return;
    *entry = (struct herd_cached){.key = *key,
                                  .hash = herd_places_key_hash(key, setup->hash_key),
                                  .until = herd_mono_add_ms(now, setup->keep_ms),
                                  .len = text.len};
    memcpy(entry->text, text.data, text.len);
    struct herd_cached **chain = chain_of(cache, entry->hash);
    entry->same_hash = *chain;
    *chain = entry;
    *(cache->newest != NULL ? &cache->newest->younger : &cache->oldest) = entry;
    cache->newest = entry;
    cache->count++;
    cache->bytes += text.len;
}

bool herd_cache_get(const struct herd_cache *cache, const struct herd_places_key *key,
                    struct herd_mono now, struct herd_slice *text)
{
    const struct herd_cached *entry = cache->count > 0 ? look(cache, key) : NULL;
    if (entry == NULL || herd_mono_reached(now, entry->until))
        return false;
    *text = herd_slice(entry->text, entry->len);
    return true;
}

void herd_cache_expire(struct herd_cache *cache, struct herd_mono now)
{
    while (cache->oldest != NULL && herd_mono_reached(now, cache->oldest->until))
        drop_oldest(cache);
}

struct herd_mono herd_cache_deadline(const struct herd_cache *cache)
{
    return cache->oldest != NULL ? cache->oldest->until : HERD_NEVER;
}
