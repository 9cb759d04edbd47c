/* SPDX-License-Identifier: ISC */
/* The proofs of a handshake: what AUTH and UP sign with the herd's key, and whether what
 * came is signed like that. doc/protocol.md, section 2.1. */
#ifndef HERD_CORE_LINK_PROOF_H
#define HERD_CORE_LINK_PROOF_H

#ifndef HERD_IN_link
#error "private to src/core/link: include link/links.h"
#endif

#include "peer.h"

/* The roles. Each signs another text, so that no proof can be sent in another's place. */
extern const char herd_proof_dialler[], herd_proof_acceptor[], herd_proof_up[];

struct herd_proof_mac {
    char word[2 * HERD_MAC_SIZE + 1]; /* hexadecimal; "none" without a key */
};

/* The MAC of that role on this connection, whose HELLOs were both said. `boot` is the boot
 * id as it stands in the frame, or empty. */
struct herd_proof_mac herd_proof_sign(const struct herd_links *links,
                                      const struct herd_peer *peer, const char *role,
                                      struct herd_slice boot);

/* Why `mac` is not that of the role, as text for people; NULL: it is. */
const char *herd_proof_objection(const struct herd_links *links,
                                 const struct herd_peer *peer, const char *role,
                                 struct herd_slice boot, struct herd_slice mac);

#endif
