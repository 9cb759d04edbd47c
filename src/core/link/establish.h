/* SPDX-License-Identifier: ISC */
/* A link comes up and goes down: which of two connections carries it, and what begins and
 * ends with it. The decision itself is fsm.c's. doc/protocol.md, section 2.2. */
#ifndef HERD_CORE_LINK_ESTABLISH_H
#define HERD_CORE_LINK_ESTABLISH_H

#ifndef HERD_IN_link
#error "private to src/core/link: include link/links.h"
#endif

#include "peer.h"

/* The handshake on `peer` is complete: it carries the link now, or is refused because
 * another connection does. */
void herd_link_establish(struct herd_links *links, struct herd_peer *peer);

/* `peer`, whose neighbour is known, is gone, of `reason`: takes the link down if it was
 * carrying it, and schedules the next dial. */
void herd_link_on_peer_gone(struct herd_links *links, struct herd_peer *peer,
                            struct herd_slice reason);

#endif
