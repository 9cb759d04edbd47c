/* SPDX-License-Identifier: ISC */
#include "store.h"

#include "expire.h"
#include "feed.h"
#include "herd/err.h"
#include "protocol/tombstone.h"
#include "siphash.h"
#include "table.h"

#include <assert.h>

enum {
    TEXT_STEP = 16,      /* bytes */
    BLOCK_OVERHEAD = 16, /* bytes that an allocator adds to a block: that of glibc; others
                          * add as much or round up more */
};

/* ---- life ---- */

static void set_empty(struct herd_store *store, const struct herd_mem *mem)
{
    *store = (struct herd_store){.mem = mem};
    store->feed.prev = &store->feed;
    store->feed.next = &store->feed;
}

int herd_store_init(struct herd_store *store, const struct herd_mem *mem,
                    const uint8_t key[HERD_STORE_KEY],
                    const uint8_t digest_key[HERD_STORE_KEY])
{
    set_empty(store, mem);
    memcpy(store->key, key, HERD_STORE_KEY);
    memcpy(store->digest_key, digest_key, HERD_STORE_KEY);
    int rc = herd_table_init(store);
    if (rc != HERD_OK)
        herd_store_free(store);
    return rc;
}

static size_t stored_size(size_t text_capacity)
{
    return sizeof(struct herd_stored) + text_capacity;
}

void herd_store_free(struct herd_store *store)
{
    if (store->mem == NULL)
        return;
    for (struct herd_feed_node *node = store->feed.next; node != &store->feed;) {
        struct herd_feed_node *next = node->next;
        if (node->seq != 0)
            herd_mem_free(store->mem, node,
                          stored_size(((struct herd_stored *)node)->text_capacity));
        else
            node->next = NULL;
        node = next;
    }
    herd_table_free(store);
    herd_mem_free(store->mem, store->expiry.ring,
                  store->expiry.size * sizeof *store->expiry.ring);
    set_empty(store, store->mem);
}

/* ---- records ---- */

bool herd_stored_came_from(const struct herd_stored *stored, uint64_t source)
{
    assert(source != 0);
    return stored->source == source || stored->last_source == source;
}

struct herd_wall herd_stored_received(const struct herd_stored *stored)
{
    struct herd_record held;
    int rc = herd_record_parse(herd_stored_text(stored), &held);
    assert(rc == HERD_OK);
    (void)rc;
    return held.received;
}

/* ---- memory ---- */

/* Some bytes to spare, because skews differ in length from report to report. */
static size_t text_capacity_for(size_t len)
{
    return (len / TEXT_STEP + 1) * TEXT_STEP;
}

size_t herd_store_memory(const struct herd_store *store)
{
    size_t blocks = store->count + store->page_count + 1; /* the list of pages is one */
    size_t ring = store->expiry.size * sizeof *store->expiry.ring;
    return store->bytes + herd_table_bytes(store) + ring + blocks * BLOCK_OVERHEAD;
}

size_t herd_store_memory_with(const struct herd_store *store,
                              const struct herd_record *record)
{
    return herd_store_memory(store) + stored_size(text_capacity_for(record->text.len)) +
           BLOCK_OVERHEAD;
}

/* ---- merging ---- */

/* The text has room for the record: takes it over, in the digest as well. */
static void fill(struct herd_store *store, struct herd_stored *stored,
                 const struct herd_record *record, uint64_t source)
{
    store->digest -= stored->digest;
    stored->digest = herd_siphash(record->text, store->digest_key);
    store->digest += stored->digest;
    memcpy(stored->text, record->text.data, record->text.len);
    stored->text_len = (uint16_t)record->text.len;
    stored->client_at = (unsigned)(record->client.data - record->text.data) & 0x3fff;
    stored->client_len = (unsigned)record->client.len & 0x3fff;
    stored->effective_ns = record->effective.ns;
    stored->tombstone = record->tombstone;
    stored->ahead = record->time.ns != record->effective.ns;
    stored->source = source;
    stored->last_source = 0;
}

/* What else is to be done about a record that was filled, when it is a tombstone or records
 * expire. `was_forgotten` 1: it has taken the place of a tombstone. */
static void finish(struct herd_store *store, struct herd_stored *stored,
                   size_t was_forgotten)
{
    store->forgotten += (size_t)stored->tombstone - was_forgotten;
    if (stored->tombstone)
        memset(stored->text + stored->text_len, 0,
               (size_t)stored->text_capacity - stored->text_len);
    if (store->expiry.expire_ns != 0)
        herd_expiry_add(store, stored);
}

static struct herd_stored *new_stored(struct herd_store *store, uint64_t hash, size_t len)
{
    size_t size = text_capacity_for(len);
    struct herd_stored *stored = herd_mem_alloc(store->mem, stored_size(size));
    if (stored == NULL)
        return NULL;
    *stored = (struct herd_stored){.hash = hash, .text_capacity = (uint16_t)size};
    store->bytes += stored_size(size);
    return stored;
}

static int insert(struct herd_store *store, uint64_t hash, const struct herd_record *record,
                  uint64_t source)
{
    struct herd_stored *stored = new_stored(store, hash, record->text.len);
    if (stored == NULL)
        return HERD_ENOMEM;
    herd_table_grow(store);
    fill(store, stored, record, source);
    finish(store, stored, 0);
    herd_table_insert(store, stored);
    herd_feed_append(store, stored);
    store->count++;
    return HERD_MERGE_NEWER;
}

/* The new text is longer than the old capacity: a larger record takes its place. */
static struct herd_stored *replace(struct herd_store *store, struct herd_stored *old,
                                   size_t len)
{
    struct herd_stored *stored = new_stored(store, old->hash, len);
    if (stored == NULL)
        return NULL;
    stored->digest = old->digest;
    stored->next_in_bucket = old->next_in_bucket;
    *herd_table_link_to(store, old) = stored;
    herd_feed_unlink(&old->node);
    store->bytes -= stored_size(old->text_capacity);
    herd_mem_free(store->mem, old, stored_size(old->text_capacity));
    return stored;
}

void herd_store_free_record(struct herd_store *store, struct herd_stored *stored)
{
    herd_expiry_remove(store, stored);
    herd_feed_unlink(&stored->node);
    store->digest -= stored->digest;
    store->forgotten -= stored->tombstone;
    store->count--;
    store->bytes -= stored_size(stored->text_capacity);
    herd_mem_free(store->mem, stored, stored_size(stored->text_capacity));
}

/* `record` takes the place of the one that is held. Returns where it is, or NULL. */
static inline struct herd_stored *overwrite(struct herd_store *store,
                                            struct herd_stored *stored,
                                            const struct herd_record *record,
                                            uint64_t source)
{
    if (record->text.len <= stored->text_capacity)
        herd_feed_unlink(&stored->node);
    else if ((stored = replace(store, stored, record->text.len)) == NULL)
        return NULL;
    fill(store, stored, record, source);
    herd_feed_append(store, stored);
    return stored;
}

/* Likewise, when one of them is a tombstone or records expire. */
static int update(struct herd_store *store, struct herd_stored *stored,
                  const struct herd_record *record, uint64_t source)
{
    size_t was_forgotten = stored->tombstone;
    if (record->tombstone && !stored->tombstone && store->on_forget.call != NULL)
        store->on_forget.call(store->on_forget.ctx, herd_stored_text(stored));
    if (store->expiry.expire_ns != 0)
        herd_expiry_remove(store, stored);
    struct herd_stored *fresh = overwrite(store, stored, record, source);
    if (fresh != NULL) {
        finish(store, fresh, was_forgotten);
        return HERD_MERGE_NEWER;
    }
    if (store->expiry.expire_ns != 0)
        herd_expiry_add(store, stored);
    return HERD_ENOMEM;
}

static int not_newer(struct herd_stored *stored, int order, uint64_t source)
{
    if (order == 0 && source != stored->source)
        stored->last_source = source;
    return HERD_MERGE_NOT_NEWER;
}

/* A raised tombstone is a record of this server's own. */
static int merge_tombstone(struct herd_store *store, struct herd_stored *stored,
                           const struct herd_record *record, uint64_t source)
{
    char out[HERD_RECORD_MAX];
    struct herd_record held, raised;
    int order = herd_stored_cmp(stored, record);
    int rc = herd_record_parse(herd_stored_text(stored), &held);
    assert(rc == HERD_OK);
    const struct herd_record *kept =
        order != 0 ? herd_tombstone_choose(&held, record, out, &raised) : &held;
    (void)rc;
    if (kept == &held)
        return not_newer(stored, order, source);
    return update(store, stored, kept, kept == &raised ? 0 : source);
}

/* One of them is a tombstone, or records expire. */
static int merge_specially(struct herd_store *store, struct herd_stored *stored,
                           const struct herd_record *record, uint64_t source)
{
    int life = store->expiry.expire_ns != 0 ? herd_expiry_cmp(store, stored, record) : 0;
    if (life != 0)
        return life < 0 ? update(store, stored, record, source) : HERD_MERGE_NOT_NEWER;
    if (record->tombstone || stored->tombstone)
        return merge_tombstone(store, stored, record, source);
    int order = herd_stored_cmp(stored, record);
    return order < 0 ? update(store, stored, record, source)
                     : not_newer(stored, order, source);
}

int herd_store_merge(struct herd_store *store, struct herd_store_slot slot,
                     const struct herd_record *record, uint64_t source)
{
    struct herd_stored *stored = slot.stored;
    assert(record->text.len <= HERD_RECORD_MAX);
    if (stored == NULL)
        return insert(store, slot.hash, record, source);
    if (record->tombstone || stored->tombstone || store->expiry.expire_ns != 0)
        return merge_specially(store, stored, record, source);
    int order = herd_stored_cmp(stored, record);
    if (order >= 0)
        return not_newer(stored, order, source);
    if (overwrite(store, stored, record, source) == NULL)
        return HERD_ENOMEM;
    return HERD_MERGE_NEWER;
}
