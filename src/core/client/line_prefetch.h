/* SPDX-License-Identifier: ISC */
/* The next lines of a client: the records that they will need are fetched from memory while
 * earlier lines are obeyed (see herd_store_prefetch). Hints only; nothing depends
 * on them. */
#ifndef HERD_CORE_CLIENT_LINE_PREFETCH_H
#define HERD_CORE_CLIENT_LINE_PREFETCH_H

#include "herd/slice.h"
#include "store/store.h"

enum { HERD_LINE_PREFETCH_LINES = 8 };

struct herd_line_prefetch {
    const struct herd_store *store;
    struct herd_slice rest;                  /* not looked at yet */
    uint64_t hash[HERD_LINE_PREFETCH_LINES]; /* of the last lines looked at, in a ring */
    uint32_t looked;                         /* lines */
};

/* Looks at the first lines of `input`, which stays as it is until the last
 * herd_line_prefetch_next. Does nothing when there are so few that it would not pay. */
void herd_line_prefetch_start(struct herd_line_prefetch *ahead,
                              const struct herd_store *store, struct herd_slice input);

/* One line will be obeyed now: looks at one more. */
void herd_line_prefetch_next(struct herd_line_prefetch *ahead);

#endif
