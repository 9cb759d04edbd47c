#include "store.h"

#include "herd/err.h"
#include "prefetch.h"
#include "siphash.h"

#include <assert.h>

enum { PAGE_BUCKETS = 4096, TEXT_STEP = 16, WALK_AHEAD = 8 };

struct herd_bucket_page {
    struct herd_stored *bucket[PAGE_BUCKETS];
};

/* ---- the feed ---- */

static void unlink_node(struct herd_feed_node *node)
{
    node->prev->next = node->next;
    node->next->prev = node->prev;
}

static void link_behind(struct herd_feed_node *place, struct herd_feed_node *node)
{
    node->prev = place;
    node->next = place->next;
    place->next->prev = node;
    place->next = node;
}

static void append_to_feed(struct herd_store *store, struct herd_stored *stored)
{
    stored->node.seq = ++store->tail_seq;
    link_behind(store->feed.prev, &stored->node);
}

/* ---- the table ---- */

static struct herd_stored **bucket_at(const struct herd_store *store, size_t index)
{
    return &store->pages[index / PAGE_BUCKETS]->bucket[index % PAGE_BUCKETS];
}

/* Linear hashing: buckets below the split point have been split already and use one bit of
 * the hash more than the others. */
static size_t bucket_index(const struct herd_store *store, uint64_t hash)
{
    size_t index = (size_t)hash & (store->round_size * 2 - 1);
    return index < store->bucket_count ? index : (size_t)hash & (store->round_size - 1);
}

static int add_page(struct herd_store *store)
{
    if (store->page_count == store->pages_size) {
        size_t size = store->pages_size > 0 ? store->pages_size * 2 : 4;
        struct herd_bucket_page **pages =
            herd_mem_resize(store->mem, store->pages, store->pages_size * sizeof *pages,
                            size * sizeof *pages);
        if (pages == NULL)
            return HERD_ENOMEM;
        store->pages = pages;
        store->pages_size = size;
    }
    struct herd_bucket_page *page = herd_mem_zalloc(store->mem, sizeof *page);
    if (page == NULL)
        return HERD_ENOMEM;
    store->pages[store->page_count++] = page;
    return HERD_OK;
}

/* One bucket more: what its elder twin held is shared between the two. Without memory the
 * chains just stay longer until a later record tries again. */
static void split_one_bucket(struct herd_store *store)
{
    if (store->bucket_count == store->page_count * PAGE_BUCKETS &&
        add_page(store) != HERD_OK)
        return;
    size_t fresh = store->bucket_count, mask = store->round_size * 2 - 1;
    struct herd_stored **from = bucket_at(store, fresh - store->round_size);
    struct herd_stored **to = bucket_at(store, fresh);
    if (++store->bucket_count == store->round_size * 2)
        store->round_size *= 2;
    while (*from != NULL) {
        struct herd_stored *stored = *from;
        if (((size_t)stored->hash & mask) == fresh) {
            *from = stored->chain;
            stored->chain = NULL;
            *to = stored;
            to = &stored->chain;
        } else {
            from = &stored->chain;
        }
    }
}

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
    store->bucket_count = PAGE_BUCKETS;
    store->round_size = PAGE_BUCKETS;
    memcpy(store->key, key, HERD_STORE_KEY);
    memcpy(store->digest_key, digest_key, HERD_STORE_KEY);
    int rc = add_page(store);
    if (rc != HERD_OK)
        herd_store_free(store);
    return rc;
}

static size_t stored_size(size_t text_size)
{
    return sizeof(struct herd_stored) + text_size;
}

void herd_store_free(struct herd_store *store)
{
    for (struct herd_feed_node *node = store->feed.next; node != &store->feed;) {
        struct herd_feed_node *next = node->next;
        if (node->seq != 0)
            herd_mem_free(store->mem, node,
                          stored_size(((struct herd_stored *)node)->text_size));
        else
            node->next = NULL;
        node = next;
    }
    for (size_t i = 0; i < store->page_count; i++)
        herd_mem_free(store->mem, store->pages[i], sizeof *store->pages[i]);
    herd_mem_free(store->mem, store->pages, store->pages_size * sizeof *store->pages);
    set_empty(store, store->mem);
}

struct herd_slice herd_stored_text(const struct herd_stored *stored)
{
    return herd_slice(stored->text, stored->text_len);
}

bool herd_stored_is_from(const struct herd_stored *stored, uint64_t source)
{
    assert(source != 0);
    return stored->source == source || stored->also == source;
}

struct herd_slice herd_stored_client(const struct herd_stored *stored)
{
    return herd_slice(stored->text + stored->client_at, stored->client_len);
}

/* The first of the bucket with that hash or a greater one. */
static struct herd_stored *first_from(const struct herd_store *store, uint64_t hash)
{
    struct herd_stored *stored = *bucket_at(store, bucket_index(store, hash));
    while (stored != NULL && stored->hash < hash)
        stored = stored->chain;
    return stored;
}

struct herd_store_spot herd_store_look_at(const struct herd_store *store, uint64_t hash,
                                          struct herd_slice client)
{
    struct herd_store_spot spot = {hash, NULL};
    struct herd_stored *stored = first_from(store, hash);
    while (stored != NULL && stored->hash == hash &&
           !herd_slice_eq(herd_stored_client(stored), client))
        stored = stored->chain;
    if (stored != NULL && stored->hash == hash)
        spot.at = stored;
    return spot;
}

struct herd_store_spot herd_store_look(const struct herd_store *store,
                                       struct herd_slice client)
{
    return herd_store_look_at(store, herd_siphash(client, store->key), client);
}

/* ---- what will be needed soon ---- */

/* A record is seldom longer than three lines of the cache. */
static void fetch_record(const struct herd_feed_node *node)
{
    enum { CACHE_LINE = 64 };
    HERD_PREFETCH(node);
    HERD_PREFETCH((const char *)node + CACHE_LINE);
    HERD_PREFETCH((const char *)node + 2 * CACHE_LINE);
}

uint64_t herd_store_prefetch(const struct herd_store *store, struct herd_slice client)
{
    uint64_t hash = herd_siphash(client, store->key);
    HERD_PREFETCH(bucket_at(store, bucket_index(store, hash)));
    return hash;
}

void herd_store_prefetch_record(const struct herd_store *store, uint64_t hash)
{
    const struct herd_stored *first = *bucket_at(store, bucket_index(store, hash));
    if (first != NULL)
        fetch_record(&first->node);
}

void herd_store_prefetch_move(const struct herd_store *store, uint64_t hash)
{
    const struct herd_stored *stored = first_from(store, hash);
    if (stored == NULL)
        return;
    HERD_PREFETCH(stored->node.prev);
    HERD_PREFETCH(stored->node.next);
}

/* ---- merging ---- */

static void fill(struct herd_store *store, struct herd_stored *stored,
                 const struct herd_record *record, uint64_t source)
{
    store->digest -= stored->digest;
    stored->digest = herd_siphash(record->text, store->digest_key);
    store->digest += stored->digest;
    memcpy(stored->text, record->text.data, record->text.len);
    stored->text_len = (uint16_t)record->text.len;
    stored->client_at = (uint16_t)(record->client.data - record->text.data);
    stored->client_len = (uint16_t)record->client.len;
    stored->time_ns = record->time.ns;
    stored->source = source;
    stored->also = 0;
}

/* A little room to spare, because skews differ in length from report to report. */
static size_t text_size_for(size_t len)
{
    return (len / TEXT_STEP + 1) * TEXT_STEP;
}

static struct herd_stored *new_stored(struct herd_store *store, uint64_t hash, size_t len)
{
    size_t size = text_size_for(len);
    struct herd_stored *stored = herd_mem_alloc(store->mem, stored_size(size));
    if (stored == NULL)
        return NULL;
    *stored = (struct herd_stored){.hash = hash, .text_size = (uint16_t)size};
    store->bytes += stored_size(size);
    return stored;
}

static void push_into_bucket(struct herd_store *store, struct herd_stored *stored)
{
    struct herd_stored **link = bucket_at(store, bucket_index(store, stored->hash));
    while (*link != NULL && (*link)->hash <= stored->hash)
        link = &(*link)->chain;
    stored->chain = *link;
    *link = stored;
}

static int insert(struct herd_store *store, uint64_t hash, const struct herd_record *record,
                  uint64_t source)
{
    struct herd_stored *stored = new_stored(store, hash, record->text.len);
    if (stored == NULL)
        return HERD_ENOMEM;
    if (store->count >= store->bucket_count)
        split_one_bucket(store);
    fill(store, stored, record, source);
    push_into_bucket(store, stored);
    append_to_feed(store, stored);
    store->count++;
    return HERD_MERGE_NEWER;
}

static struct herd_stored **link_to(const struct herd_store *store,
                                    const struct herd_stored *stored)
{
    struct herd_stored **link = bucket_at(store, bucket_index(store, stored->hash));
    while (*link != stored)
        link = &(*link)->chain;
    return link;
}

/* The new text does not fit where the old one was: a larger record takes its place. */
static struct herd_stored *replace(struct herd_store *store, struct herd_stored *old,
                                   size_t len)
{
    struct herd_stored *stored = new_stored(store, old->hash, len);
    if (stored == NULL)
        return NULL;
    stored->digest = old->digest;
    stored->chain = old->chain;
    *link_to(store, old) = stored;
    unlink_node(&old->node);
    store->bytes -= stored_size(old->text_size);
    herd_mem_free(store->mem, old, stored_size(old->text_size));
    return stored;
}

static int compare(const struct herd_record *record, const struct herd_stored *stored)
{
    struct herd_record held = {
        herd_stored_text(stored), herd_stored_client(stored), {stored->time_ns}};
    return herd_record_cmp(record, &held);
}

int herd_store_merge(struct herd_store *store, struct herd_store_spot spot,
                     const struct herd_record *record, uint64_t source)
{
    struct herd_stored *stored = spot.at;
    assert(record->text.len <= HERD_RECORD_MAX);
    if (stored == NULL)
        return insert(store, spot.hash, record, source);
    int order = compare(record, stored);
    if (order == 0 && source != stored->source)
        stored->also = source;
    if (order <= 0)
        return HERD_MERGE_OLD;
    if (record->text.len <= stored->text_size)
        unlink_node(&stored->node);
    else if ((stored = replace(store, stored, record->text.len)) == NULL)
        return HERD_ENOMEM;
    fill(store, stored, record, source);
    append_to_feed(store, stored);
    return HERD_MERGE_NEWER;
}

/* ---- followers ---- */

void herd_follow_stop(struct herd_follower *follower)
{
    if (follower->node.next != NULL)
        unlink_node(&follower->node);
    follower->node = (struct herd_feed_node){NULL, NULL, 0};
}

void herd_follow_start(struct herd_store *store, struct herd_follower *follower)
{
    herd_follow_stop(follower);
    link_behind(store->feed.prev, &follower->node);
    follower->seen_seq = store->tail_seq;
}

bool herd_follow_back(struct herd_store *store, struct herd_follower *follower,
                      uint64_t seq, size_t steps)
{
    struct herd_feed_node *place = follower->node.prev;
    bool there = false;
    for (; !there && steps > 0; steps--) {
        while (place != &store->feed && place->seq == 0)
            place = place->prev;
        there = place == &store->feed || place->seq <= seq;
        if (!there)
            place = place->prev;
    }
    unlink_node(&follower->node);
    link_behind(place, &follower->node);
    if (there)
        follower->seen_seq = seq;
    return there;
}

const struct herd_stored *herd_follow_peek(const struct herd_store *store,
                                           const struct herd_follower *follower)
{
    struct herd_feed_node *node = follower->node.next;
    while (node != NULL && node != &store->feed && node->seq == 0)
        node = node->next;
    return node == NULL || node == &store->feed ? NULL : (struct herd_stored *)node;
}

void herd_follow_pass(struct herd_follower *follower, const struct herd_stored *stored)
{
    struct herd_feed_node *place = (struct herd_feed_node *)(uintptr_t)&stored->node;
    unlink_node(&follower->node);
    link_behind(place, &follower->node);
    follower->seen_seq = stored->node.seq;
    fetch_record(follower->node.next);
}

/* ---- walks ---- */

static void fetch_bucket(const struct herd_store *store, size_t bucket)
{
    const struct herd_stored *first =
        bucket < store->bucket_count ? *bucket_at(store, bucket) : NULL;
    if (first != NULL)
        fetch_record(&first->node);
}

static const struct herd_stored *next_in_bucket(const struct herd_stored *stored,
                                                struct herd_walk *walk)
{
    size_t twins = walk->met;
    while (stored != NULL && walk->met > 0 &&
           (stored->hash < walk->hash || (stored->hash == walk->hash && twins > 0))) {
        twins -= stored->hash == walk->hash;
        stored = stored->chain;
    }
    if (stored == NULL)
        return NULL;
    walk->met = walk->met > 0 && stored->hash == walk->hash ? walk->met + 1 : 1;
    walk->hash = stored->hash;
    return stored;
}

/* A bucket that is split while the walk is inside or behind it gives some of its records to
 * a bucket ahead, so a record can be met twice, but not be missed. */
const struct herd_stored *herd_walk_next(const struct herd_store *store,
                                         struct herd_walk *walk)
{
    while (walk->bucket < store->bucket_count) {
        const struct herd_stored *stored =
            next_in_bucket(*bucket_at(store, walk->bucket), walk);
        if (stored != NULL)
            return stored;
        walk->bucket++;
        walk->met = 0;
        fetch_bucket(store, walk->bucket + WALK_AHEAD);
    }
    return NULL;
}
