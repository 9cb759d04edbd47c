/* SPDX-License-Identifier: ISC */
/* A peer connection: one TCP connection to a neighbour, from its opening to its end, or the
 * connection of a follower, which is UP from the beginning. The state that outlives a
 * connection is in struct herd_neighbour. */
#ifndef HERD_CORE_LINK_PEER_H
#define HERD_CORE_LINK_PEER_H

#ifndef HERD_IN_link
#error "private to src/core/link: include link/links.h"
#endif

#include "links.h"
#include "protocol/command.h"
#include "protocol/frame.h"

#include <stdbool.h>

struct herd_handshake;
struct herd_neighbour;
struct herd_partner;

/* How far the connection has come. The order matters: the link was never up on it at the
 * stages before HERD_STAGE_UP. */
enum herd_stage {
    HERD_STAGE_HELLO,   /* awaits HELLO */
    HERD_STAGE_AUTH,    /* accepted HELLO, awaits AUTH */
    HERD_STAGE_PROVEN,  /* dialled, accepted AUTH and has answered it, awaits UP */
    HERD_STAGE_UP,      /* carries the link */
    HERD_STAGE_RETIRED, /* another connection carries the link; only BYE is obeyed */
};

struct herd_peer {
    struct herd_session session; /* first: see herd_peer_of */
    struct herd_framer framer;
    struct herd_timer handshake_timer; /* of links->handshakes; armed while not UP */
    struct herd_neighbour *neighbour;  /* borrowed; NULL: no HELLO was accepted yet */
    struct herd_handshake *handshake;  /* owned; NULL: the handshake is over */
    struct herd_partner *partner; /* borrowed; whose records it carries; NULL unless UP */
    enum herd_stage stage;
    bool dialled;                /* by this server */
    bool from_neighbour_address; /* accepted, from the address of some neighbour */
    bool refused;     /* by either side: the next dial comes after a long pause */
    bool log_decided; /* `logged` is set */
    bool logged;      /* see herd_peer_is_logged */
};

static inline struct herd_peer *herd_peer_of(struct herd_session *session)
{
    return (struct herd_peer *)session;
}

/* Accepted, and has not authenticated yet. */
bool herd_peer_is_unauthenticated(const struct herd_peer *peer);

/* Whether the log may have lines about this connection: for unauthenticated ones their
 * number is limited. Decided once for each connection. */
bool herd_peer_is_logged(struct herd_links *links, struct herd_peer *peer);

/* Sends a frame without payload, from a printf() format that ends with LF; at most
 * HERD_FRAME_HEADER_MAX - 1 bytes. Without memory the session ends. */
void herd_peer_sendf(struct herd_links *links, struct herd_peer *peer, const char *format,
                     ...) __attribute__((format(printf, 3, 4)));

/* Sends BYE and ends the session; nothing when it is ending already. `code` is the word of
 * the protocol, `why` is text for people. */
void herd_peer_send_bye(struct herd_links *links, struct herd_peer *peer, const char *code,
                        const char *why);

/* The operations that sessions of neighbours and followers share: see struct
 * herd_session_ops. */
void herd_peer_on_data(void *service, struct herd_session *session,
                       struct herd_slice bytes);
void herd_peer_on_eof(void *service, struct herd_session *session);
void herd_peer_on_drained(void *service, struct herd_session *session);
void herd_peer_on_stop(void *service, struct herd_session *session);
void herd_peer_wipe(struct herd_session *session);

#endif
