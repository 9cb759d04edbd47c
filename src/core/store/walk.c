/* SPDX-License-Identifier: ISC */
#include "table.h"

enum { PREFETCH_AHEAD = 8 }; /* buckets */

static void prefetch_bucket(const struct herd_store *store, size_t bucket)
{
    const struct herd_stored *first =
        bucket < store->bucket_count ? *herd_table_bucket(store, bucket) : NULL;
    if (first != NULL)
        herd_table_prefetch_node(&first->node);
}

static const struct herd_stored *next_in_bucket(const struct herd_stored *stored,
                                                struct herd_table_walk *walk)
{
    size_t same_hash = walk->returned;
    while (stored != NULL && walk->returned > 0 &&
           (stored->hash < walk->hash || (stored->hash == walk->hash && same_hash > 0))) {
        same_hash -= stored->hash == walk->hash;
        stored = stored->next_in_bucket;
    }
    if (stored == NULL)
        return NULL;
    walk->returned =
        walk->returned > 0 && stored->hash == walk->hash ? walk->returned + 1 : 1;
    walk->hash = stored->hash;
    return stored;
}

/* A bucket that is split during or after its visit gives some of its records to a bucket
 * that is visited later: so a record can be returned twice, but not be missed. */
const struct herd_stored *herd_table_walk_next(const struct herd_store *store,
                                               struct herd_table_walk *walk)
{
    while (walk->bucket < store->bucket_count) {
        const struct herd_stored *stored =
            next_in_bucket(*herd_table_bucket(store, walk->bucket), walk);
        if (stored != NULL)
            return stored;
        walk->bucket++;
        walk->returned = 0;
        prefetch_bucket(store, walk->bucket + PREFETCH_AHEAD);
    }
    return NULL;
}
