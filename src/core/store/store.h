/* SPDX-License-Identifier: ISC */
/* The store: the newest record of every client, and the order in which they changed.
 *
 * It is a hash table (client id -> record) and, through the same records, one list in the
 * order of their last change: the change feed. Storing a newer record moves it to the tail
 * with the next sequence number. A follower of the state is a marker in that list: it has
 * not seen the records after its marker. So there are no queues per follower, superseded
 * records coalesce, and a slow follower costs no memory.
 *
 * A follower sees the changes in their order, and a record that changes often may be moved
 * to the tail again and again before the follower reaches it. A walk goes through the table
 * instead, in an order that no change disturbs: it meets every record that was there when
 * it began.
 *
 * The table grows one bucket at a time (linear hashing), so no command waits until a whole
 * table has been moved. It is keyed (SipHash-1-3), because the client ids are chosen by
 * untrusted clients.
 *
 * store.c merges, table.c finds, feed.c follows, walk.c walks, expire.c lets records
 * expire.
 */
#ifndef HERD_CORE_STORE_STORE_H
#define HERD_CORE_STORE_STORE_H

#include "herd/mem.h"
#include "protocol/record.h"
#include "herd/slice.h"
#include "expiry.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { HERD_STORE_KEY = 16 };

/* A node of the feed: a record's or a marker's. */
struct herd_feed_node {
    struct herd_feed_node *prev, *next;
    uint64_t seq; /* of the record's last change; 0: a marker */
};

/* A record in the store; lives until the next herd_store_merge about the same client, or
 * herd_store_expire. */
struct herd_stored {
    struct herd_feed_node node;
    struct herd_stored *next_in_bucket; /* in ascending order of hash */
    uint64_t hash;                      /* of the client id, keyed */
    uint64_t digest;                    /* its part of the store's */
    int64_t effective_ns;               /* by which records are ordered */
    /* Sources: a neighbour's source_id, or 0 for a client of this server. */
    uint64_t source;                  /* of the first copy of this record */
    uint64_t last_source;             /* of the last copy that came from another; 0: none */
    uint16_t text_len, text_capacity; /* bytes */
    unsigned client_at : 14;          /* of the client id, in text */
    unsigned client_len : 14;
    unsigned far : 1;       /* it expires after the end of the ring, see expiry.h */
    unsigned ahead : 1;     /* the client's time is later than the effective one */
    unsigned tombstone : 1; /* the client was forgotten */
    char text[];
};

_Static_assert(HERD_RECORD_MAX < 1 << 14, "a place in a record has 14 bits");

struct herd_bucket_page;

/* Called when a tombstone is about to take the place of the record with that text, which
 * is about a report: whoever keeps what was derived from its location removes it. It must
 * not call the store. */
struct herd_store_on_forget {
    void (*call)(void *ctx, struct herd_slice text); /* NULL: not called */
    void *ctx;
};

struct herd_store {
    const struct herd_mem *mem; /* borrowed */
    uint8_t key[HERD_STORE_KEY], digest_key[HERD_STORE_KEY];
    struct herd_feed_node
        feed;          /* the head of the ring: next is the oldest, prev the tail */
    uint64_t tail_seq; /* of the newest change; 0: none yet */
    struct herd_bucket_page **pages;
    size_t page_count, pages_capacity;
    size_t bucket_count;
    size_t round_size; /* buckets when this round of splits began: a power of two */
    size_t count;      /* clients, those that were forgotten included */
    size_t forgotten;  /* of these: tombstones */
    size_t bytes;      /* memory of the records */
    uint64_t digest;   /* sum, modulo 2^64, of the keyed hashes of all records that are not
                        * over */
    struct herd_store_on_forget on_forget; /* set by the owner */
    struct herd_expiry expiry;
};

/* `mem` must outlive the store. `key` is secret and of this server only; two stores with
 * the same records have the same digest if their `digest_key` is the same. The store must
 * stay where it is in memory. Errors: HERD_ENOMEM, and nothing has to be freed. */
int herd_store_init(struct herd_store *store, const struct herd_mem *mem,
                    const uint8_t key[HERD_STORE_KEY],
                    const uint8_t digest_key[HERD_STORE_KEY]);

/* Accepts a store that is all zero, or whose init failed. Followers follow nothing then. */
void herd_store_free(struct herd_store *store);

/* Where a client's record is, or would be. Valid until the next herd_store_merge. */
struct herd_store_slot {
    uint64_t hash;              /* of the client id, keyed */
    struct herd_stored *stored; /* NULL: the client is not known */
};

struct herd_store_slot herd_store_lookup(const struct herd_store *store,
                                         struct herd_slice client);

/* Likewise, with the hash from herd_store_prefetch. */
struct herd_store_slot herd_store_lookup_hash(const struct herd_store *store, uint64_t hash,
                                              struct herd_slice client);

/* A lookup that misses the processor's caches is mostly waiting for memory. A caller that
 * knows several clients in advance takes each of these steps for all of them before the
 * next step, so that the waits overlap: prefetch, prefetch_record, prefetch_move, and then
 * herd_store_lookup_hash and herd_store_merge for one after the other. The steps are hints:
 * they change nothing, and may be left out. */

/* Prefetches the bucket. Returns the client's hash, for the other steps. */
uint64_t herd_store_prefetch(const struct herd_store *store, struct herd_slice client);
/* The record will be looked up. */
void herd_store_prefetch_record(const struct herd_store *store, uint64_t hash);
/* The record will be replaced by a newer one, and so be moved within the feed. */
void herd_store_prefetch_move(const struct herd_store *store, uint64_t hash);

/* ---- memory ---- */

/* Bytes of the records and of the table that finds them, with what the allocator is
 * believed to add. */
size_t herd_store_memory(const struct herd_store *store);

/* The same, with another record like this one. */
size_t herd_store_memory_with(const struct herd_store *store,
                              const struct herd_record *record);

/* ---- merging ---- */

/* What herd_store_merge did. */
enum herd_merge_result { HERD_MERGE_NOT_NEWER = 0, HERD_MERGE_NEWER = 1 };

/* Keeps the one that is to be kept (herd_record_cmp; herd_tombstone_choose if one of them
 * is a tombstone) of `record` and the one that is held about its client. If that is not the
 * one that is held: returns HERD_MERGE_NEWER, and the record moves to the tail of the feed;
 * the bytes of a forgotten report are gone from the store then (freed memory is the
 * allocator's to overwrite). Otherwise returns
 * HERD_MERGE_NOT_NEWER, and nothing changes except that the source of an equal record is
 * noted. The result depends on the two records and on nothing else, except that a record
 * that has expired does not prevail over one that has not. `slot` is that of the
 * record's client. The bytes are copied. Errors: HERD_ENOMEM, and nothing changes. */
int herd_store_merge(struct herd_store *store, struct herd_store_slot slot,
                     const struct herd_record *record, uint64_t source);

/* Calls `visit` for every record, the oldest change first, until it returns false. The
 * store must not change meanwhile. */
void herd_store_for_each(const struct herd_store *store,
                         bool (*visit)(void *ctx, struct herd_slice record), void *ctx);

/* Whether this very record came from that source, which is not 0. The first and the last of
 * its sources are remembered. */
bool herd_stored_came_from(const struct herd_stored *stored, uint64_t source);

/* The record, without LF. Lives as long as `stored`. */
static inline struct herd_slice herd_stored_text(const struct herd_stored *stored)
{
    return herd_slice(stored->text, stored->text_len);
}

/* The client id, in the text of the record. */
static inline struct herd_slice herd_stored_client(const struct herd_stored *stored)
{
    return herd_slice(stored->text + stored->client_at, stored->client_len);
}

/* As herd_record_cmp, with a record about the same client. */
static inline int herd_stored_cmp(const struct herd_stored *stored,
                                  const struct herd_record *record)
{
    if (stored->effective_ns != record->effective.ns)
        return stored->effective_ns < record->effective.ns ? -1 : 1;
    struct herd_record held = {.text = herd_stored_text(stored),
                               .effective = record->effective};
    return herd_record_cmp(&held, record);
}

/* Whether this record, if it is stored, takes memory that is not in use yet. */
static inline bool herd_store_must_allocate(struct herd_store_slot slot,
                                            const struct herd_record *record)
{
    return slot.stored == NULL || record->text.len > slot.stored->text_capacity;
}

/* The client's time in the record. */
static inline struct herd_wall herd_stored_time(const struct herd_stored *stored)
{
    if (stored->ahead)
        return herd_record_time(herd_stored_text(stored));
    return (struct herd_wall){stored->effective_ns};
}

/* When the server that made the record received it. */
struct herd_wall herd_stored_received(const struct herd_stored *stored);

/* ---- expiry ---- */

struct herd_store_expiry {
    int64_t expire_ns;             /* 0: records do not expire */
    int64_t skew_ns;               /* between the clocks of neighbours, at most */
    int64_t delay_ns;              /* of a record or heartbeat between them, at most */
    const struct herd_wall *clock; /* of the present event; borrowed, outlives the store */
};

/* Lets records expire; the store must be empty. Takes memory for a ring, of a size that
 * skew_ns and delay_ns bound. Errors: HERD_ENOMEM, and nothing expires. */
int herd_store_set_expiry(struct herd_store *store, const struct herd_store_expiry *setup);

/* For herd_stored_is_visible and is_sent. */
bool herd_stored_has_expired(const struct herd_store *store,
                             const struct herd_stored *stored);
bool herd_stored_is_stale(const struct herd_store *store, const struct herd_stored *stored);

/* Whether clients may see the record: it has not expired. */
static inline bool herd_stored_is_visible(const struct herd_store *store,
                                          const struct herd_stored *stored)
{
    return store->expiry.expire_ns == 0 || !herd_stored_has_expired(store, stored);
}

/* Whether the record is sent to neighbours: up to half of the grace after it has expired,
 * since theirs may be slower clocks. */
static inline bool herd_stored_is_sent(const struct herd_store *store,
                                       const struct herd_stored *stored)
{
    return store->expiry.expire_ns == 0 || !herd_stored_is_stale(store, stored);
}

/* Whether a record that arrives now is not to be merged, because it is over. */
bool herd_record_is_over(const struct herd_store *store, const struct herd_record *record);

/* The digest without the records that have expired at that instant, which is rounded down
 * to a quantum: the same on all servers whose clocks are within skew_ns of it. */
uint64_t herd_store_digest_at(struct herd_store *store, struct herd_wall instant);

/* Whether that digest can be told: not when records that had not expired then are over by
 * now, as when a heartbeat was read after a long pause of this server. */
bool herd_store_has_digest_at(struct herd_store *store, struct herd_wall instant);

struct herd_store_counts {
    size_t known, forgotten; /* clients: with a location, with a tombstone */
    size_t expired;          /* records that are to be freed */
};

/* As of the store's clock, rounded down to a quantum. */
struct herd_store_counts herd_store_counts(const struct herd_store *store);

/* Frees some of the records that are over. To be called when
 * herd_store_expire_deadline has come. Returns how many. */
size_t herd_store_expire(struct herd_store *store, struct herd_mono now);
struct herd_mono herd_store_expire_deadline(const struct herd_store *store);

/* ---- the change feed ---- */

/* The position of a follower in the feed. All zero: follows nothing. Must stay where it is
 * in memory while it follows. */
struct herd_marker {
    struct herd_feed_node node;
    uint64_t seen_seq; /* every change up to this one has been seen */
};

/* Follows from the tail on: nothing is left to be seen. One that follows already starts
 * again. Ends with herd_marker_stop. */
void herd_marker_start(struct herd_store *store, struct herd_marker *marker);

/* Moves the marker back towards the change `seq`, over `steps` records at most. Returns
 * true when it is there: every record that changed after `seq` is left to be seen. */
bool herd_marker_seek(struct herd_store *store, struct herd_marker *marker, uint64_t seq,
                      size_t steps);

/* Accepts one that follows nothing. */
void herd_marker_stop(struct herd_marker *marker);

/* The next record that is left to be seen, or NULL. */
const struct herd_stored *herd_marker_peek(const struct herd_store *store,
                                           const struct herd_marker *marker);

/* Moves the marker past the record that herd_marker_peek has returned. */
void herd_marker_advance(struct herd_marker *marker, const struct herd_stored *stored);

/* ---- walks through the whole table ---- */

/* A position in the table. All zero: the beginning. */
struct herd_table_walk {
    size_t bucket;
    uint64_t hash;   /* of the last record returned from this bucket ... */
    size_t returned; /* ... and the number of records of that hash that were; 0: none */
};

/* The next record of the table, or NULL at the end. Records may change and be added between
 * two calls: one that was there when the walk began is returned at least once. */
const struct herd_stored *herd_table_walk_next(const struct herd_store *store,
                                               struct herd_table_walk *walk);

#endif
