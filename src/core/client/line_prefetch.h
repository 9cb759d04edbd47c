/* SPDX-License-Identifier: ISC */
/* The next lines of a client: the records that they will need are fetched from memory while
 * earlier lines are obeyed (see herd_store_prefetch), and the hashes of their client ids
 * are remembered. Nothing but speed depends on them. */
#ifndef HERD_CORE_CLIENT_LINE_PREFETCH_H
#define HERD_CORE_CLIENT_LINE_PREFETCH_H

#include "herd/slice.h"
#include "store/store.h"

enum { HERD_LINE_PREFETCH_LINES = 8 };

/* A line that was looked at: the word of it that is a client id, and its hash. */
struct herd_prefetched {
    struct herd_slice client; /* borrowed from the input; empty: no report */
    uint64_t hash;
};

struct herd_line_prefetch {
    const struct herd_store *store;
    struct herd_slice rest;                                /* not looked at yet */
    struct herd_prefetched line[HERD_LINE_PREFETCH_LINES]; /* the last ones, in a ring */
    struct herd_prefetched current;                        /* of the line that is obeyed */
    uint32_t looked, obeyed;                               /* lines */
};

/* All zero but for the store, which is borrowed, before the first call. */

/* Looks at the first lines of `input`, which stays as it is until herd_line_prefetch_end.
 * Does nothing when there are so few that it would not pay. */
void herd_line_prefetch_start(struct herd_line_prefetch *ahead, struct herd_slice input);

/* One line will be obeyed now: looks at one more. */
void herd_line_prefetch_next(struct herd_line_prefetch *ahead);

/* The slot of a client that is reported by the line that is obeyed now. Only when `client`
 * is the very bytes that were looked at is their hash known already. */
struct herd_store_slot herd_line_prefetch_lookup(const struct herd_line_prefetch *ahead,
                                                 struct herd_slice client);

/* The input will be gone. */
void herd_line_prefetch_end(struct herd_line_prefetch *ahead);

#endif
