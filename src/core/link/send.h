/* SPDX-License-Identifier: ISC */
/* Sending records to a partner: which ones, and when.
 *
 * A partner says what it has (HAVE), and is then in one of these modes:
 *
 *   NONE --HAVE, the cursor is in this feed--> SEEK --marker is there--> FEED
 *   NONE --HAVE, any other cursor--> FULL_SYNC (or WAIT, then FULL_SYNC) --end--> FEED
 *   FEED --lags for good, or a repair--> FULL_SYNC
 *
 * FEED sends the records after the marker, in the order of their last change. FULL_SYNC
 * walks through the whole table; its marker waits where the feed ended when it began. */
#ifndef HERD_CORE_LINK_SEND_H
#define HERD_CORE_LINK_SEND_H

#ifndef HERD_IN_link
#error "private to src/core/link: include link/links.h"
#endif

#include "peer.h"
#include "store/store.h"

#include <stdbool.h>
#include <stdint.h>

enum herd_send_mode {
    HERD_SEND_NONE,      /* HAVE has not come */
    HERD_SEND_WAIT,      /* needs a full sync; all slots are taken */
    HERD_SEND_SEEK,      /* the marker is moving back to the partner's cursor */
    HERD_SEND_FULL_SYNC, /* between SYNC and SYNCED */
    HERD_SEND_FEED,      /* sends what changes */
};

struct herd_send {
    enum herd_send_mode mode;
    struct herd_marker marker;
    uint64_t announced_seq;     /* the position that the partner was sent last ... */
    uint64_t acked_seq;         /* ... and of its last ACK */
    uint64_t ping_before_batch; /* serial of the last PING before the last batch */
    uint64_t seek_seq;          /* SEEK: the partner's cursor */
    /* FULL_SYNC */
    struct herd_table_walk walk;
    uint64_t sync_seq;           /* the position of SYNC */
    uint64_t sync_after_seq;     /* older records were sent on this connection already */
    bool repair;                 /* sends echoes as well */
    struct herd_mono slot_until; /* it takes a slot until then */
    /* A burst begins with the first batch after the marker was last at the tail. */
    uint64_t burst_tail_seq; /* the tail when the burst began */
    uint64_t burst_records;  /* sent in it */
    bool batch_in_flight;    /* the kernel has not taken the last batch yet */
};

/* The link is up, or is carried by another connection: awaits HAVE. */
void herd_send_start(struct herd_partner *partner);

/* The link is down. */
void herd_send_stop(struct herd_partner *partner);

/* Sends at most one batch to each partner. While the server shuts down: sends BYE to
 * those that have everything. */
void herd_send_tick(struct herd_links *links);

/* When herd_send_tick has something to do: the instant 0 for "now". */
struct herd_mono herd_send_deadline(const struct herd_links *links);

/* Nothing is left to be sent to this partner. */
bool herd_send_idle(const struct herd_links *links, const struct herd_partner *partner);

/* For STATUS: the number of records that are left to be sent, at most; and the mode. */
uint64_t herd_send_behind(const struct herd_links *links,
                          const struct herd_partner *partner);
const char *herd_send_mode_name(const struct herd_send *send);

/* Starts a full sync to an idle partner, echoes included. Returns false when all slots
 * are taken, and then nothing was done. */
bool herd_send_repair(struct herd_links *links, struct herd_partner *partner);

/* Frames. Errors: HERD_EBAD when the frame is malformed or comes in the wrong mode. */
int herd_peer_on_have(struct herd_links *links, struct herd_peer *peer,
                      const struct herd_call *call);
int herd_peer_on_ack(struct herd_links *links, struct herd_peer *peer,
                     const struct herd_call *call);

#endif
