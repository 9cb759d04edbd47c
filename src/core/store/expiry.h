/* SPDX-License-Identifier: ISC */
/* Records that expire. A record *expires* at its time of receipt plus client-expire. From
 * then on clients do not see it. It is *over*, and freed, a grace later: meanwhile servers
 * whose clocks are slower may still have use for it. Up to half of the grace it is sent to
 * neighbours.
 *
 * Digests of two servers are compared as of one instant, since their clocks differ: the
 * digest as of H is the sum without the records that have expired at H. So that this needs
 * no walk, the sums are also kept in buckets by time of expiry, in a ring. A bucket is one
 * quantum wide, and instants are rounded down to a quantum, which is the same on all
 * servers, as client-expire is. There is no timer for each record: now and then a walk
 * through the table frees what is over.
 *
 * Which bucket a record is in follows from its text, so it takes no memory of its own. */
#ifndef HERD_CORE_STORE_EXPIRY_H
#define HERD_CORE_STORE_EXPIRY_H

#include "herd/instant.h"

#include <stddef.h>
#include <stdbool.h>
#include <stdint.h>

struct herd_expiry_bucket {
    uint64_t digest;
    uint32_t reports, tombstones;
};

/* All zero: nothing expires. */
struct herd_expiry {
    int64_t expire_ns; /* 0: nothing expires */
    int64_t grace_ns;
    int64_t quantum_ns;
    const struct herd_wall *clock; /* borrowed: of the present event */
    /* Buckets number `first` to first + size - 1; number n is of the records that have
     * expired as of n * quantum_ns, and not before. Those below `first` are over: they are
     * in no sum any more, and wait for a walk. Records of the far future, above the ring,
     * are in the digest of the store only; a walk moves them into the ring in time. */
    struct herd_expiry_bucket *ring;
    size_t size;
    int64_t first;
    size_t over_reports, over_tombstones, far; /* records */
    /* The walk. */
    bool walking;
    size_t walk_bucket;             /* of the table, the next one */
    struct herd_mono next_piece_at; /* of a walk, or the next walk */
};

#endif
