/* The store: the newest record of every client, and the order in which they changed.
 *
 * It is a hash table (client id -> record) and, through the same records, one list in the
 * order of their last change: the change feed. Storing a newer record moves it to the
 * tail with the next sequence number. Whoever follows the state is a marker inside that
 * list: what stands behind the marker is what the follower has not seen. So there are no
 * queues per follower, superseded records coalesce, and a slow follower costs nothing.
 *
 * Such a follower sees the changes in their order, and a record that changes often may be
 * moved out of its reach again and again. A walk goes through the table instead, whose
 * order no change disturbs: it meets every record that was there when it began.
 *
 * The table grows one bucket at a time (linear hashing), so no command ever waits for the
 * whole table to be moved. It is keyed (SipHash-1-3), because strangers choose the ids. */
#ifndef HERD_CORE_STORE_STORE_H
#define HERD_CORE_STORE_STORE_H

#include "herd/mem.h"
#include "protocol/message.h"
#include "herd/slice.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { HERD_STORE_KEY = 16 };

/* A place in the feed: a record's or a marker's. */
struct herd_feed_node {
    struct herd_feed_node *prev, *next;
    uint64_t seq; /* 0: a marker */
};

/* A record in the store; lives until the next herd_store_merge about the same client. */
struct herd_stored {
    struct herd_feed_node node;
    struct herd_stored *chain; /* next in the bucket, in ascending order of hash */
    uint64_t hash;
    uint64_t digest; /* its part of the store's */
    int64_t time_ns;
    uint64_t source; /* who brought it: a link's tag, or 0 for a client of this server */
    uint64_t also;   /* who brought the same record last; 0: nobody */
    uint16_t text_len, text_size;
    uint16_t client_at, client_len; /* in text */
    char text[];
};

struct herd_bucket_page;

struct herd_store {
    const struct herd_mem *mem;
    uint8_t key[HERD_STORE_KEY], digest_key[HERD_STORE_KEY];
    struct herd_feed_node feed; /* of the ring: next is the oldest, prev the newest */
    uint64_t tail_seq;          /* of the newest change; 0: none yet */
    struct herd_bucket_page **pages;
    size_t page_count, pages_size;
    size_t bucket_count;
    size_t round_size; /* buckets when this round of splits began: a power of two */
    size_t count;      /* clients */
    size_t bytes;      /* memory of the records */
    uint64_t digest;   /* sum, modulo 2^64, of the keyed hashes of all records */
};

/* `key` is for the table and this server's own; the digests of two stores with the same
 * records are equal when their `digest_key` is. Errors: HERD_ENOMEM. The store must stay
 * where it is in memory. */
int herd_store_init(struct herd_store *store, const struct herd_mem *mem,
                    const uint8_t key[HERD_STORE_KEY],
                    const uint8_t digest_key[HERD_STORE_KEY]);

/* Accepts one that failed to init. Followers follow nothing then. */
void herd_store_free(struct herd_store *store);

/* Where a client's record is, or would be. Valid until the next herd_store_merge. */
struct herd_store_spot {
    uint64_t hash;
    struct herd_stored *at; /* NULL: the client is not known */
};

struct herd_store_spot herd_store_look(const struct herd_store *store,
                                       struct herd_slice client);

/* A look at a record that is not in the processor's caches is mostly waiting. Whoever knows
 * several clients in advance takes each of these steps for all of them before the next one,
 * so that they wait for memory together: expect, expect_record, expect_move, and then
 * herd_store_look_at and herd_store_merge for one after the other. The steps are hints:
 * they change nothing, and may be left out. */

/* Returns the client's hash, for the other steps. */
uint64_t herd_store_prefetch(const struct herd_store *store, struct herd_slice client);
/* Its record will be looked at. */
void herd_store_prefetch_record(const struct herd_store *store, uint64_t hash);
/* Its record will be replaced by a newer one, and so be moved within the feed. */
void herd_store_prefetch_move(const struct herd_store *store, uint64_t hash);

/* herd_store_look, when the hash of the client is known. */
struct herd_store_spot herd_store_look_at(const struct herd_store *store, uint64_t hash,
                                          struct herd_slice client);

/* What herd_store_merge did. */
enum { HERD_MERGE_OLD = 0, HERD_MERGE_NEWER = 1 };

/* Keeps `record` if it is greater (herd_record_cmp) than what is held about its client:
 * HERD_MERGE_NEWER, and it moves to the tail of the feed. Otherwise HERD_MERGE_OLD and
 * nothing changes, but of an equal one the source is noted. This depends on the two records
 * and on nothing else. `spot` is that of the record's client. The bytes are copied. Errors:
 * HERD_ENOMEM, and nothing changes. */
int herd_store_merge(struct herd_store *store, struct herd_store_spot spot,
                     const struct herd_record *record, uint64_t source);

/* Whether the link with this tag, which is not 0, has brought this very record. Of many
 * that did, the first and the last are remembered. */
bool herd_stored_is_from(const struct herd_stored *stored, uint64_t source);

struct herd_slice herd_stored_text(const struct herd_stored *stored);
struct herd_slice herd_stored_client(const struct herd_stored *stored);

/* A follower's marker; all zero: follows nothing. Must stay where it is in memory. */
struct herd_follower {
    struct herd_feed_node node;
    uint64_t seen_seq; /* every change up to this one has been passed */
};

/* Follows from the newest record on: nothing is still to be seen. A follower that already
 * follows starts again. */
void herd_follow_start(struct herd_store *store, struct herd_follower *follower);

/* Moves back towards the change `seq`, over `steps` records at most. Returns true when
 * everything that changed after `seq` is to be seen. */
bool herd_follow_back(struct herd_store *store, struct herd_follower *follower,
                      uint64_t seq, size_t steps);

/* Accepts one that follows nothing. */
void herd_follow_stop(struct herd_follower *follower);

/* The next record not seen yet, or NULL; herd_follow_pass moves behind it. */
const struct herd_stored *herd_follow_peek(const struct herd_store *store,
                                           const struct herd_follower *follower);
void herd_follow_pass(struct herd_follower *follower, const struct herd_stored *stored);

/* A place in the table; all zero: the beginning. */
struct herd_walk {
    size_t bucket;
    uint64_t hash; /* of the last record met in this bucket ... */
    size_t met;    /* ... and how many of that hash were met; 0: none in this bucket */
};

/* The next record of the table, or NULL at the end. Records may change and come between
 * two calls: one that was there when the walk began is met at least once. */
const struct herd_stored *herd_walk_next(const struct herd_store *store,
                                         struct herd_walk *walk);

#endif
