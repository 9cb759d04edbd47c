/* SPDX-License-Identifier: ISC */
/* Heartbeats of a link: PING and PONG, the timeout of a silent partner, and the proof
 * that both servers hold the same records. doc/protocol.md, section 2.5. */
#ifndef HERD_CORE_LINK_HEARTBEAT_H
#define HERD_CORE_LINK_HEARTBEAT_H

#ifndef HERD_IN_link
#error "private to src/core/link: include link/links.h"
#endif

#include "peer.h"

#include <stdbool.h>
#include <stdint.h>

struct herd_heartbeat {
    struct herd_timer ping_timer;    /* of links->pings: the next PING */
    struct herd_timer timeout_timer; /* of links->timeouts: link-timeout-ms */
    struct herd_timer probe_timer;   /* of links->probes: armed while probed */
    uint64_t ping_serial;            /* of the last PING sent; 0: none */
    struct herd_mono ping_sent_at;
    uint64_t pong_serial;    /* of the last PONG received; 0: none */
    int64_t rtt_ns;          /* round-trip time; 0: not known */
    int64_t skew_ns;         /* the partner's clock minus this server's */
    uint32_t mismatch_count; /* proven differences of the digests since the link came up,
                              * they were equal, or a repair began */
    bool proof_requested;    /* by a PING of its own, since the last one was due */
    int64_t repair_pause_ms; /* the last pause between two repairs; 0: none yet */
    struct herd_mono repair_not_before;
};

/* The link is up: sends the first PING. The pause between repairs is kept from before. */
void herd_heartbeat_start(struct herd_links *links, struct herd_partner *partner);

/* The link is down, or is carried by another connection. */
void herd_heartbeat_stop(struct herd_partner *partner);

/* Bytes were received: the partner is alive. */
void herd_heartbeat_on_data(struct herd_links *links, struct herd_partner *partner);

/* Sends a PING at once, and closes the link if no byte comes within two seconds. */
void herd_heartbeat_probe(struct herd_links *links, struct herd_partner *partner);

/* Sends the PINGs that are due, and closes links that have timed out. */
void herd_heartbeat_tick(struct herd_links *links);

/* Frames. Errors: HERD_EBAD when the frame is malformed or no link is up. */
int herd_peer_on_ping(struct herd_links *links, struct herd_peer *peer,
                      const struct herd_call *call);
int herd_peer_on_pong(struct herd_links *links, struct herd_peer *peer,
                      const struct herd_call *call);

#endif
