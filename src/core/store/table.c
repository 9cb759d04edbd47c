/* SPDX-License-Identifier: ISC */
#include "table.h"

#include "herd/err.h"
#include "siphash.h"

/* ---- pages ---- */

static int add_page(struct herd_store *store)
{
    if (store->page_count == store->pages_capacity) {
        size_t size = store->pages_capacity > 0 ? store->pages_capacity * 2 : 4;
        struct herd_bucket_page **pages =
            herd_mem_resize(store->mem, store->pages, store->pages_capacity * sizeof *pages,
                            size * sizeof *pages);
        if (pages == NULL)
            return HERD_ENOMEM;
        store->pages = pages;
        store->pages_capacity = size;
    }
    struct herd_bucket_page *page = herd_mem_zalloc(store->mem, sizeof *page);
    if (page == NULL)
        return HERD_ENOMEM;
    store->pages[store->page_count++] = page;
    return HERD_OK;
}

int herd_table_init(struct herd_store *store)
{
    store->bucket_count = HERD_TABLE_PAGE_BUCKETS;
    store->round_size = HERD_TABLE_PAGE_BUCKETS;
    return add_page(store);
}

void herd_table_free(struct herd_store *store)
{
    for (size_t i = 0; i < store->page_count; i++)
        herd_mem_free(store->mem, store->pages[i], sizeof *store->pages[i]);
    herd_mem_free(store->mem, store->pages, store->pages_capacity * sizeof *store->pages);
}

size_t herd_table_bytes(const struct herd_store *store)
{
    return store->page_count * sizeof(struct herd_bucket_page) +
           store->pages_capacity * sizeof *store->pages;
}

/* ---- growing ---- */

/* The new bucket takes over the records of an older one whose hash has the new bit. */
static void split_bucket(struct herd_store *store)
{
    if (store->bucket_count == store->page_count * HERD_TABLE_PAGE_BUCKETS &&
        add_page(store) != HERD_OK)
        return;
    size_t fresh = store->bucket_count, mask = store->round_size * 2 - 1;
    struct herd_stored **from = herd_table_bucket(store, fresh - store->round_size);
    struct herd_stored **to = herd_table_bucket(store, fresh);
    if (++store->bucket_count == store->round_size * 2)
        store->round_size *= 2;
    while (*from != NULL) {
        struct herd_stored *stored = *from;
        if (((size_t)stored->hash & mask) == fresh) {
            *from = stored->next_in_bucket;
            stored->next_in_bucket = NULL;
            *to = stored;
            to = &stored->next_in_bucket;
        } else {
            from = &stored->next_in_bucket;
        }
    }
}

void herd_table_grow(struct herd_store *store)
{
    if (store->count >= store->bucket_count)
        split_bucket(store);
}

/* ---- records ---- */

void herd_table_insert(struct herd_store *store, struct herd_stored *stored)
{
    struct herd_stored **link =
        herd_table_bucket(store, herd_table_bucket_index(store, stored->hash));
    while (*link != NULL && (*link)->hash <= stored->hash)
        link = &(*link)->next_in_bucket;
    stored->next_in_bucket = *link;
    *link = stored;
}

struct herd_stored **herd_table_link_to(const struct herd_store *store,
                                        const struct herd_stored *stored)
{
    struct herd_stored **link =
        herd_table_bucket(store, herd_table_bucket_index(store, stored->hash));
    while (*link != stored)
        link = &(*link)->next_in_bucket;
    return link;
}

/* The first of the bucket with that hash or a greater one. */
static struct herd_stored *first_not_below(const struct herd_store *store, uint64_t hash)
{
    struct herd_stored *stored =
        *herd_table_bucket(store, herd_table_bucket_index(store, hash));
    while (stored != NULL && stored->hash < hash)
        stored = stored->next_in_bucket;
    return stored;
}

struct herd_store_slot herd_store_lookup_hash(const struct herd_store *store, uint64_t hash,
                                              struct herd_slice client)
{
    struct herd_store_slot slot = {hash, NULL};
    struct herd_stored *stored = first_not_below(store, hash);
    while (stored != NULL && stored->hash == hash &&
           !herd_slice_eq(herd_stored_client(stored), client))
        stored = stored->next_in_bucket;
    if (stored != NULL && stored->hash == hash)
        slot.stored = stored;
    return slot;
}

struct herd_store_slot herd_store_lookup(const struct herd_store *store,
                                         struct herd_slice client)
{
    return herd_store_lookup_hash(store, herd_siphash(client, store->key), client);
}

/* ---- prefetching ---- */

uint64_t herd_store_prefetch(const struct herd_store *store, struct herd_slice client)
{
    uint64_t hash = herd_siphash(client, store->key);
    HERD_PREFETCH(herd_table_bucket(store, herd_table_bucket_index(store, hash)));
    return hash;
}

void herd_store_prefetch_record(const struct herd_store *store, uint64_t hash)
{
    const struct herd_stored *first =
        *herd_table_bucket(store, herd_table_bucket_index(store, hash));
    if (first != NULL)
        herd_table_prefetch_node(&first->node);
}

void herd_store_prefetch_move(const struct herd_store *store, uint64_t hash)
{
    const struct herd_stored *stored = first_not_below(store, hash);
    if (stored == NULL)
        return;
    HERD_PREFETCH(stored->node.prev);
    HERD_PREFETCH(stored->node.next);
}
