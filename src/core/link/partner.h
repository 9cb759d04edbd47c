/* SPDX-License-Identifier: ISC */
/* A partner: one that exchanges records with this server by frames. It is a neighbour
 * (neighbour.h) or a follower (follower.h); both embed this struct, and sending, receiving
 * and heartbeats know nothing else of them. */
#ifndef HERD_CORE_LINK_PARTNER_H
#define HERD_CORE_LINK_PARTNER_H

#ifndef HERD_IN_link
#error "private to src/core/link: include link/links.h"
#endif

#include "cursor.h"
#include "heartbeat.h"
#include "herd/err.h"
#include "peer.h"
#include "receive.h"
#include "send.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* How neighbours and followers differ. Partners of one kind share the slots for full syncs.
 */
struct herd_partner_kind {
    bool compares_digests;       /* a difference is proven by PINGs, and repaired */
    bool asks_drained;           /* no DRAINED comes without a DRAIN */
    bool must_have;              /* at a shutdown, it is not closed before its HAVE came */
    size_t timed_out, malformed; /* counters: offsets in struct herd_stats */
};

struct herd_partner {
    const struct herd_partner_kind *kind;
    const char *name;                   /* for people; lives as long as the partner */
    struct herd_peer *peer;             /* its connection; NULL: it has none */
    struct herd_error_text down_reason; /* why it has none; "" when it always had one */
    bool must_ack;                      /* a shutdown waits for its ACK: clients do */
    uint64_t source_id;                 /* names it as the source of records */
    struct herd_cursor cursor;          /* how far its feed was read */
    struct herd_send send;
    struct herd_receive receive;
    struct herd_heartbeat heartbeat;
};

/* The connection carries the exchange from now on; `partner` has a source id, and no
 * connection. */
void herd_partner_start(struct herd_links *links, struct herd_partner *partner,
                        struct herd_peer *peer);

/* Takes the connection away from the partner, which must have one. Does not end the
 * connection. */
void herd_partner_stop(struct herd_partner *partner);

/* Keeps, for operators, why the partner has no connection, or will soon have none: the
 * first 95 bytes, with control characters replaced by '?'. Returns false when this reason
 * was kept already. */
bool herd_partner_set_reason(struct herd_partner *partner, struct herd_slice reason);

/* Increments the counter at that offset in struct herd_stats. */
void herd_partner_count(struct herd_links *links, size_t counter);

#endif
