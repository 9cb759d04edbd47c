/* The lines of a client that come next: what they will need is fetched from memory while
 * those in front of them are obeyed (see herd_store_expect). Hints only; nothing depends on
 * them. */
#ifndef HERD_AHEAD_H
#define HERD_AHEAD_H

#include "herd/slice.h"
#include "herd/store.h"

enum { HERD_AHEAD_LINES = 8 };

struct herd_ahead {
    const struct herd_store *store;
    struct herd_slice rest;          /* not looked at yet */
    uint64_t hash[HERD_AHEAD_LINES]; /* of the last lines looked at, in a ring */
    uint32_t looked;                 /* lines */
};

/* Looks at the first lines of `input`, which stays as it is until the last herd_ahead_line.
 * Does nothing when there are so few that it would not pay. */
void herd_ahead_start(struct herd_ahead *ahead, const struct herd_store *store,
                      struct herd_slice input);

/* One line will be obeyed now: looks at one more. */
void herd_ahead_line(struct herd_ahead *ahead);

#endif
