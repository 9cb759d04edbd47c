/* SPDX-License-Identifier: ISC */
/* The records that a simulated follower keeps, by client. It uses no code of the core. */
#ifndef TESTS_SIM_COPY_H
#define TESTS_SIM_COPY_H

#include "herd/slice.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { COPY_BUCKETS = 1024 };

struct kept;

/* All zero: empty. Freed by copy_clear. */
struct copy {
    struct kept *bucket[COPY_BUCKETS];
    size_t count;
};

/* Keeps this record instead of what is held about its client. Returns false when that is
 * greater and came from the same feed, which are numbered. */
bool copy_keep(struct copy *copy, struct herd_slice record, uint64_t feed);

/* Whether this very record is held. */
bool copy_has(const struct copy *copy, struct herd_slice record);

/* `visit` must not change the copy. */
void copy_for_each(const struct copy *copy,
                   void (*visit)(void *ctx, struct herd_slice record), void *ctx);

void copy_clear(struct copy *copy);

#endif
