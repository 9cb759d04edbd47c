/* SPDX-License-Identifier: ISC */
#include "expire.h"

#include "feed.h"
#include "herd/err.h"
#include "table.h"

enum {
    QUANTA = 1024,       /* of client-expire */
    SPARE = 64,          /* buckets in which a walk moves records from the far future */
    WALK_QUANTA = 8,     /* between two walks */
    WALK_BUCKETS = 4096, /* of the table that are visited in one turn */
    WALK_PAUSE_MS = 5,   /* between two turns */
};

static int64_t plus(int64_t a, int64_t b)
{
    return a > INT64_MAX - b ? INT64_MAX : a + b;
}

/* ---- life ---- */

int herd_store_set_expiry(struct herd_store *store, const struct herd_store_expiry *setup)
{
    struct herd_expiry *expiry = &store->expiry;
    int64_t quantum_ns = setup->expire_ns / QUANTA;
    *expiry = (struct herd_expiry){.expire_ns = 0};
    if (setup->expire_ns == 0)
        return HERD_OK;
    quantum_ns = quantum_ns > HERD_NS_PER_S ? quantum_ns : HERD_NS_PER_S;
    int64_t grace_ns = 2 * setup->skew_ns + 2 * quantum_ns + setup->delay_ns;
    int64_t span_ns = setup->expire_ns + grace_ns + setup->skew_ns;
    expiry->size = (size_t)(span_ns / quantum_ns) + SPARE;
    expiry->ring = herd_mem_zalloc(store->mem, expiry->size * sizeof *expiry->ring);
    if (expiry->ring == NULL)
        return HERD_ENOMEM;
    expiry->expire_ns = setup->expire_ns;
    expiry->grace_ns = grace_ns;
    expiry->quantum_ns = quantum_ns;
    expiry->clock = setup->clock;
    return HERD_OK;
}

/* ---- one record ---- */

static int64_t expires_ns(const struct herd_store *store, struct herd_wall received)
{
    return plus(received.ns, store->expiry.expire_ns);
}

static int64_t stored_expires_ns(const struct herd_store *store,
                                 const struct herd_stored *stored)
{
    return expires_ns(store, herd_stored_received(stored));
}

/* 2: clients see it; 1: it has expired; 0: it is over. */
static int life(const struct herd_store *store, int64_t expires_at_ns)
{
    int64_t now_ns = store->expiry.clock->ns;
    if (now_ns < expires_at_ns)
        return 2;
    return now_ns < plus(expires_at_ns, store->expiry.grace_ns);
}

bool herd_stored_has_expired(const struct herd_store *store,
                             const struct herd_stored *stored)
{
    return life(store, stored_expires_ns(store, stored)) < 2;
}

bool herd_stored_is_stale(const struct herd_store *store, const struct herd_stored *stored)
{
    int64_t until_ns = plus(stored_expires_ns(store, stored), store->expiry.grace_ns / 2);
    return store->expiry.clock->ns >= until_ns;
}

bool herd_record_is_over(const struct herd_store *store, const struct herd_record *record)
{
    return life(store, expires_ns(store, record->received)) == 0;
}

int herd_expiry_cmp(const struct herd_store *store, const struct herd_stored *stored,
                    const struct herd_record *record)
{
    return life(store, stored_expires_ns(store, stored)) -
           life(store, expires_ns(store, record->received));
}

/* ---- the ring ---- */

/* The number of the bucket of a record that expires then: rounded up. */
static int64_t bucket_number(const struct herd_store *store, int64_t expires_at_ns)
{
    int64_t quantum_ns = store->expiry.quantum_ns;
    return expires_at_ns / quantum_ns + (expires_at_ns % quantum_ns != 0);
}

static struct herd_expiry_bucket *bucket_of(const struct herd_expiry *expiry,
                                            int64_t number)
{
    return &expiry->ring[(size_t)(number % (int64_t)expiry->size)];
}

static bool is_in_ring(const struct herd_expiry *expiry, int64_t number)
{
    return number >= expiry->first && number - expiry->first < (int64_t)expiry->size;
}

static void drop_bucket(struct herd_store *store, struct herd_expiry_bucket *bucket)
{
    store->digest -= bucket->digest;
    store->expiry.over_reports += bucket->reports;
    store->expiry.over_tombstones += bucket->tombstones;
    *bucket = (struct herd_expiry_bucket){0};
}

/* Drops the buckets whose records are over. A clock that goes back brings none back. */
static void advance(struct herd_store *store)
{
    struct herd_expiry *expiry = &store->expiry;
    int64_t over_ns = expiry->clock->ns - expiry->grace_ns;
    int64_t first = over_ns < 0 ? 0 : over_ns / expiry->quantum_ns + 1;
    if (first <= expiry->first)
        return;
    int64_t dropped = first - expiry->first;
    for (int64_t i = 0; i < dropped && i < (int64_t)expiry->size; i++)
        drop_bucket(store, bucket_of(expiry, expiry->first + i));
    expiry->first = first;
}

void herd_expiry_add(struct herd_store *store, struct herd_stored *stored)
{
    struct herd_expiry *expiry = &store->expiry;
    advance(store);
    int64_t number = bucket_number(store, stored_expires_ns(store, stored));
    stored->far = number >= expiry->first && !is_in_ring(expiry, number);
    if (stored->far) {
        expiry->far++;
    } else if (number < expiry->first) {
        store->digest -= stored->digest;
        expiry->over_reports += !stored->tombstone;
        expiry->over_tombstones += stored->tombstone;
    } else {
        struct herd_expiry_bucket *bucket = bucket_of(expiry, number);
        bucket->digest += stored->digest;
        bucket->reports += !stored->tombstone;
        bucket->tombstones += stored->tombstone;
    }
}

void herd_expiry_remove(struct herd_store *store, struct herd_stored *stored)
{
    struct herd_expiry *expiry = &store->expiry;
    int64_t number = bucket_number(store, stored_expires_ns(store, stored));
    if (stored->far) {
        expiry->far--;
        stored->far = false;
    } else if (number < expiry->first) {
        stored->digest = 0;
        expiry->over_reports -= !stored->tombstone;
        expiry->over_tombstones -= stored->tombstone;
    } else {
        struct herd_expiry_bucket *bucket = bucket_of(expiry, number);
        bucket->digest -= stored->digest;
        bucket->reports -= !stored->tombstone;
        bucket->tombstones -= stored->tombstone;
    }
}

/* ---- sums ---- */

/* The sum of the buckets whose records have expired at that instant, rounded down. */
static struct herd_expiry_bucket expired_at(const struct herd_store *store,
                                            struct herd_wall instant)
{
    const struct herd_expiry *expiry = &store->expiry;
    struct herd_expiry_bucket sum = {0};
    int64_t last = instant.ns / expiry->quantum_ns;
    for (int64_t i = expiry->first; i <= last && is_in_ring(expiry, i); i++) {
        const struct herd_expiry_bucket *bucket = bucket_of(expiry, i);
        sum.digest += bucket->digest;
        sum.reports += bucket->reports;
        sum.tombstones += bucket->tombstones;
    }
    return sum;
}

uint64_t herd_store_digest_at(struct herd_store *store, struct herd_wall instant)
{
    if (store->expiry.expire_ns == 0)
        return store->digest;
    advance(store);
    return store->digest - expired_at(store, instant).digest;
}

bool herd_store_has_digest_at(struct herd_store *store, struct herd_wall instant)
{
    const struct herd_expiry *expiry = &store->expiry;
    if (expiry->expire_ns == 0)
        return true;
    advance(store);
    return instant.ns / expiry->quantum_ns + 1 >= expiry->first;
}

struct herd_store_counts herd_store_counts(const struct herd_store *store)
{
    const struct herd_expiry *expiry = &store->expiry;
    struct herd_store_counts counts = {.known = store->count - store->forgotten,
                                       .forgotten = store->forgotten};
    if (expiry->expire_ns == 0)
        return counts;
    struct herd_expiry_bucket expired = expired_at(store, *expiry->clock);
    counts.known -= expired.reports + expiry->over_reports;
    counts.forgotten -= expired.tombstones + expiry->over_tombstones;
    counts.expired = store->count - counts.known - counts.forgotten;
    return counts;
}

/* ---- the walk ---- */

/* A record that is over, or moves into the ring, gets a look at its text; few do in each
 * walk. The effective time is at most HERD_RECORD_AHEAD_S after the receipt. */
static bool may_be_over(const struct herd_store *store, const struct herd_stored *stored)
{
    const int64_t ahead_ns = HERD_RECORD_AHEAD_S * HERD_NS_PER_S;
    int64_t least_ns = stored->effective_ns - ahead_ns;
    int64_t expires_at_ns = plus(least_ns > 0 ? least_ns : 0, store->expiry.expire_ns);
    return store->expiry.clock->ns >= plus(expires_at_ns, store->expiry.grace_ns);
}

static bool is_over(const struct herd_store *store, const struct herd_stored *stored)
{
    return may_be_over(store, stored) && life(store, stored_expires_ns(store, stored)) == 0;
}

static void move_into_ring(struct herd_store *store, struct herd_stored *stored)
{
    herd_expiry_remove(store, stored);
    herd_expiry_add(store, stored);
}

static size_t visit_bucket(struct herd_store *store, size_t index)
{
    struct herd_stored **link = herd_table_bucket(store, index);
    size_t freed = 0;
    while (*link != NULL) {
        struct herd_stored *stored = *link;
        if (is_over(store, stored)) {
            *link = stored->next_in_bucket;
            herd_store_free_record(store, stored);
            freed++;
            continue;
        }
        if (stored->far)
            move_into_ring(store, stored);
        link = &stored->next_in_bucket;
    }
    return freed;
}

static bool has_work(const struct herd_expiry *expiry)
{
    return expiry->over_reports + expiry->over_tombstones + expiry->far > 0;
}

size_t herd_store_expire(struct herd_store *store, struct herd_mono now)
{
    struct herd_expiry *expiry = &store->expiry;
    size_t freed = 0;
    if (expiry->expire_ns == 0 || !herd_mono_reached(now, expiry->next_piece_at))
        return 0;
    advance(store);
    if (!expiry->walking) {
        expiry->walking = has_work(expiry);
        expiry->walk_bucket = 0;
    }
    for (int i = 0; i < WALK_BUCKETS && expiry->walking; i++) {
        freed += visit_bucket(store, expiry->walk_bucket++);
        expiry->walking = expiry->walk_bucket < store->bucket_count;
    }
    int64_t pause_ms = expiry->walking
                           ? WALK_PAUSE_MS
                           : WALK_QUANTA * (expiry->quantum_ns / HERD_NS_PER_MS);
    expiry->next_piece_at = herd_mono_add_ms(now, pause_ms);
    return freed;
}

struct herd_mono herd_store_expire_deadline(const struct herd_store *store)
{
    return store->expiry.expire_ns == 0 || store->count == 0 ? HERD_NEVER
                                                             : store->expiry.next_piece_at;
}
