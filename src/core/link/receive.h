/* SPDX-License-Identifier: ISC */
/* Receiving the records of a partner. The cursor says how far its change feed was read;
 * it moves only when every record before it is in the store, and outlives the link.
 * doc/protocol.md, sections 2.3 and 2.4. */
#ifndef HERD_CORE_LINK_RECEIVE_H
#define HERD_CORE_LINK_RECEIVE_H

#ifndef HERD_IN_link
#error "private to src/core/link: include link/links.h"
#endif

#include "cursor.h"
#include "peer.h"

enum herd_receive_mode {
    HERD_RECEIVE_NONE,      /* neither RESUME nor SYNC has come */
    HERD_RECEIVE_FULL_SYNC, /* between SYNC and SYNCED */
    HERD_RECEIVE_FEED,      /* batches in the order of the changes */
};

struct herd_receive {
    enum herd_receive_mode mode;
    uint64_t received_seq;          /* at which the last batch ended */
    uint64_t acked_seq;             /* of the last ACK that was sent */
    struct herd_cursor sync_cursor; /* the position of SYNC, while FULL_SYNC */
    struct herd_timer ack_timer;    /* of links->acks; armed while an ACK is due */
};

/* The link is up: sends HAVE with the cursor. */
void herd_receive_start(struct herd_links *links, struct herd_partner *partner);

/* The link is down, or is carried by another connection. */
void herd_receive_stop(struct herd_partner *partner);

/* Sends the ACKs that are due. */
void herd_receive_tick(struct herd_links *links);

/* Every change up to `seq` was received: moves the cursor. Errors: HERD_EBAD when `seq` is
 * less than what was received before. */
int herd_receive_advance(struct herd_partner *partner, uint64_t seq);

/* Frames. Errors: HERD_EBAD when the frame is malformed or comes in the wrong mode. */
int herd_peer_on_resume(struct herd_links *links, struct herd_peer *peer,
                        const struct herd_call *call);
int herd_peer_on_sync(struct herd_links *links, struct herd_peer *peer,
                      const struct herd_call *call);
int herd_peer_on_synced(struct herd_links *links, struct herd_peer *peer,
                        const struct herd_call *call);
int herd_peer_on_wait(struct herd_links *links, struct herd_peer *peer,
                      const struct herd_call *call);
int herd_peer_on_batch(struct herd_links *links, struct herd_peer *peer,
                       const struct herd_call *call);

#endif
