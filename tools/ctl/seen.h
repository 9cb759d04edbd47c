/* SPDX-License-Identifier: ISC */
/* Which record of each client was seen last: two hashes a client, so that a record that is
 * sent again is told from a change. */
#ifndef CTL_SEEN_H
#define CTL_SEEN_H

#include "herd/slice.h"
#include "siphash.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct seen_entry {
    uint64_t client, text; /* hashes; client 0: the entry is free */
};

struct seen {
    struct seen_entry *entries;
    size_t size, count; /* size: a power of two, or 0 */
    uint8_t key[HERD_SIPHASH_KEY];
};

/* Takes no memory yet. `key`: random bytes. */
void seen_init(struct seen *seen, const uint8_t key[HERD_SIPHASH_KEY]);
void seen_free(struct seen *seen);

/* Notes the text as the last one of that client. 1: it was another one before, or none; 0:
 * it was the same. HERD_ENOMEM: nothing is noted. */
int seen_note(struct seen *seen, struct herd_slice client, struct herd_slice text);

#endif
