/* SPDX-License-Identifier: ISC */
/* The hash table of the store: linear hashing, so that it grows by one bucket at a time.
 *
 * Buckets are kept in pages that never move. A bucket is a list of records in ascending
 * order of their hash. */
#ifndef HERD_CORE_STORE_TABLE_H
#define HERD_CORE_STORE_TABLE_H

#ifndef HERD_IN_store
#error "private to src/core/store: include store/store.h"
#endif

#include "prefetch.h"
#include "store.h"

enum { HERD_TABLE_PAGE_BUCKETS = 4096 };

struct herd_bucket_page {
    struct herd_stored *bucket[HERD_TABLE_PAGE_BUCKETS];
};

/* The first page, empty. store->mem must be set. Errors: HERD_ENOMEM, and then
 * herd_table_free may be called. */
int herd_table_init(struct herd_store *store);

/* Frees the pages, not the records. */
void herd_table_free(struct herd_store *store);

/* The first link of a bucket. `index` is below store->bucket_count. */
static inline struct herd_stored **herd_table_bucket(const struct herd_store *store,
                                                     size_t index)
{
    return &store->pages[index / HERD_TABLE_PAGE_BUCKETS]
                ->bucket[index % HERD_TABLE_PAGE_BUCKETS];
}

/* The bucket of a hash. Linear hashing: buckets below the split point have been split
 * already and use one bit of the hash more than the others. */
static inline size_t herd_table_bucket_index(const struct herd_store *store, uint64_t hash)
{
    size_t index = (size_t)hash & (store->round_size * 2 - 1);
    return index < store->bucket_count ? index : (size_t)hash & (store->round_size - 1);
}

/* Bytes of the pages and of their list. */
size_t herd_table_bytes(const struct herd_store *store);

/* Adds a bucket when there are as many records as buckets. Without memory nothing changes:
 * the lists stay longer until a later record tries again. */
void herd_table_grow(struct herd_store *store);

/* Adds a record whose client is not in the table. */
void herd_table_insert(struct herd_store *store, struct herd_stored *stored);

/* The pointer to a record that is in the table. */
struct herd_stored **herd_table_link_to(const struct herd_store *store,
                                        const struct herd_stored *stored);

/* A record is seldom longer than three lines of the cache. */
static inline void herd_table_prefetch_node(const struct herd_feed_node *node)
{
    enum { CACHE_LINE = 64 };
    HERD_PREFETCH(node);
    HERD_PREFETCH((const char *)node + CACHE_LINE);
    HERD_PREFETCH((const char *)node + 2 * CACHE_LINE);
}

#endif
