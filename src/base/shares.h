/* SPDX-License-Identifier: ISC */
/* How much of something that is scarce each of many strangers has: of connections, of
 * places in a queue. A stranger is known by a key of 64 bits, which should come from a
 * keyed hash, so that nobody can choose the keys of others. Tells in constant time who has
 * most, and whose turn is next.
 *
 * A stranger that has nothing takes no memory, so the memory is bounded by the number of
 * things: about 130 bytes for each, and a table of at most 128 KiB. */
#ifndef HERD_BASE_SHARES_H
#define HERD_BASE_SHARES_H

#include "herd/mem.h"
#include "list.h"

#include <stddef.h>
#include <stdint.h>

enum { HERD_SHARE_LISTS = 2 };

/* What one stranger has. Lives as long as that is more than nothing. */
struct herd_share {
    uint64_t key;
    uint32_t count;                            /* > 0 */
    struct herd_list things[HERD_SHARE_LISTS]; /* for the owner; empty at the end */
    struct herd_list_node in_rank;             /* of those with the same count */
    struct herd_list_node in_turn;
    struct herd_share *same_slot;
};

struct herd_shares {
    const struct herd_mem *mem; /* borrowed, outlives the shares */
    struct herd_share **table;  /* by key */
    size_t table_size;          /* a power of two */
    struct herd_list *ranks;    /* ranks[n - 1]: those that have n, in order of use */
    uint32_t rank_count;        /* allocated */
    uint32_t most;              /* the highest count; 0: there is no share */
    struct herd_list turns;     /* all, the next one first */
};

/* `things_max` is about how many things there may be; it only decides about speed. Errors:
 * HERD_ENOMEM; herd_shares_free is needed in any case. Must stay where it is in memory. */
int herd_shares_init(struct herd_shares *shares, const struct herd_mem *mem,
                     size_t things_max);

/* Nothing may be left. Accepts all zero. */
void herd_shares_free(struct herd_shares *shares);

/* What the stranger has; NULL: nothing. */
struct herd_share *herd_shares_find(const struct herd_shares *shares, uint64_t key);

/* How many things the stranger has. */
uint32_t herd_shares_count(const struct herd_shares *shares, uint64_t key);

/* The stranger gets one more; counts as use. A new one has its turn last. NULL: out of
 * memory, and nothing has changed. */
struct herd_share *herd_shares_take(struct herd_shares *shares, uint64_t key);

/* One less; the share is freed when that was the last. */
void herd_shares_give_back(struct herd_shares *shares, struct herd_share *share);

/* It was used just now. */
void herd_shares_use(struct herd_shares *shares, struct herd_share *share);

/* The share with most things; of several the one that was not used for the longest time.
 * NULL: there is none. */
struct herd_share *herd_shares_most(const struct herd_shares *shares);

/* The share whose turn is next; NULL: there is none. */
struct herd_share *herd_shares_next(const struct herd_shares *shares);

/* It had its turn: all others come first. */
void herd_shares_end_turn(struct herd_shares *shares, struct herd_share *share);

#endif
