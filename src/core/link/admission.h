/* SPDX-License-Identifier: ISC */
/* Admission of peer connections: how many may wait at each stage of the handshake, which
 * one is evicted when there are more, and how one is refused. */
#ifndef HERD_CORE_LINK_ADMISSION_H
#define HERD_CORE_LINK_ADMISSION_H

#ifndef HERD_IN_link
#error "private to src/core/link: include link/links.h"
#endif

#include "peer.h"

/* An accepted connection has reached this stage, HELLO or AUTH. If more than handshakes-max
 * are there now, the oldest is refused that does not come from the address of a neighbour,
 * or the oldest of all. That may be the new one. */
void herd_handshake_evict_oldest(struct herd_links *links, enum herd_stage stage);

/* Refuses a connection: counts and logs it, keeps the reason for STATUS under `name`, sends
 * BYE and ends the session. Nothing when it is ending already. `code`, the word of BYE,
 * decides how soon the other side dials again; `why` is text for people. */
void herd_peer_refuse(struct herd_links *links, struct herd_peer *peer,
                      struct herd_slice name, const char *code, const char *why);

#endif
