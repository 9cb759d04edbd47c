/* SPDX-License-Identifier: ISC */
/* The handshake of a peer connection: HELLO and AUTH from both sides, and UP from the one
 * that accepted, within handshake-timeout-ms. The dialler proves itself only after the
 * acceptor has, and boot ids are told only to who has. doc/protocol.md, section 2.1. */
#ifndef HERD_CORE_LINK_HANDSHAKE_H
#define HERD_CORE_LINK_HANDSHAKE_H

#ifndef HERD_IN_link
#error "private to src/core/link: include link/links.h"
#endif

#include "peer.h"
#include "protocol/hello.h"

/* What only the handshake needs. */
struct herd_handshake {
    char local_hello[HERD_HELLO_MAX];  /* arguments of HELLO, as they were sent ... */
    char remote_hello[HERD_HELLO_MAX]; /* ... and received */
    size_t local_hello_len, remote_hello_len; /* bytes */
    uint64_t boot_id; /* of the neighbour, once it has proved itself */
};

/* The connection was opened: sends HELLO if this server has dialled, else awaits one.
 * Without memory the session ends. */
void herd_handshake_start(struct herd_links *links, struct herd_peer *peer,
                          const struct herd_event *event);

/* The handshake is complete, or the connection gone: frees what the handshake owns. May be
 * called again. */
void herd_handshake_end(struct herd_links *links, struct herd_peer *peer);

/* Ends the connections whose handshake takes longer than handshake-timeout-ms. */
void herd_handshake_tick(struct herd_links *links);

/* Tells the dialler, which has proved itself, that the link is up. */
void herd_handshake_send_up(struct herd_links *links, struct herd_peer *peer);

/* The neighbour's name, or "-" when no HELLO was accepted. */
struct herd_slice herd_handshake_remote_name(const struct herd_peer *peer);

/* Frames. Errors: HERD_EBAD when the frame is malformed or comes at the wrong stage. */
int herd_peer_on_hello(struct herd_links *links, struct herd_peer *peer,
                       const struct herd_call *call);
int herd_peer_on_auth(struct herd_links *links, struct herd_peer *peer,
                      const struct herd_call *call);
int herd_peer_on_up(struct herd_links *links, struct herd_peer *peer,
                    const struct herd_call *call);

#endif
