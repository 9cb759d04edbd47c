/* SPDX-License-Identifier: ISC */
/* The state machine of one link: when to dial the neighbour, and which of two connections
 * to it survives.
 *
 * Both servers of a link dial; the first connection that completes the handshake brings the
 * link up. If both connections do, the one that was dialled by the server with the smaller
 * name survives, on both sides, in any order of events (the collision rule of BGP, RFC 4271
 * section 6.8, with names for identifiers). While a connection to a neighbour lives,
 * another server of the same name (it has another boot id) is not let in.
 *
 * The machine performs nothing: the caller reports events, and the answers say what to do.
 * The dial and the link have a state each:
 *
 *   dial: IDLE --due--> CONNECTING --opened--> HANDSHAKE --complete--> IDLE
 *           ^------------- failed, lost or refused ------'
 *   link: DOWN --handshake complete--> UP --connection lost--> DOWN
 *
 * No function here fails or takes memory. */
#ifndef HERD_CORE_LINK_FSM_H
#define HERD_CORE_LINK_FSM_H

#ifndef HERD_IN_link
#error "private to src/core/link: include link/links.h"
#endif

#include "herd/core.h"
#include "herd/instant.h"

#include <stdbool.h>
#include <stdint.h>

enum herd_dial_state { HERD_DIAL_IDLE, HERD_DIAL_CONNECTING, HERD_DIAL_HANDSHAKE };

struct herd_link_fsm_setup {
    int64_t retry_min_ms;    /* > 0 */
    int64_t retry_max_ms;    /* >= retry_min_ms */
    bool local_name_smaller; /* than the neighbour's, byte by byte */
};

struct herd_link_fsm {
    struct herd_link_fsm_setup setup;
    enum herd_dial_state dial;
    herd_conn_id handshake_conn; /* the dialled connection while HANDSHAKE */
    struct herd_mono retry_at;   /* while DOWN and IDLE */
    int64_t backoff_ms;
    herd_conn_id link_conn;    /* carries the link; 0: DOWN */
    bool dialled;              /* link_conn was dialled by this server */
    uint64_t boot_id;          /* of the neighbour at the other end of link_conn */
    struct herd_mono up_since; /* while UP */
};

/* Starts DOWN and IDLE, to be dialled at once. */
void herd_link_fsm_init(struct herd_link_fsm *fsm, const struct herd_link_fsm_setup *setup,
                        struct herd_mono now);

static inline bool herd_link_fsm_is_up(const struct herd_link_fsm *fsm)
{
    return fsm->link_conn != 0;
}

/* When herd_link_fsm_should_dial returns true; HERD_NEVER while UP or dialling. */
struct herd_mono herd_link_fsm_deadline(const struct herd_link_fsm *fsm);

/* True when the neighbour must be dialled now; the dial is then CONNECTING until
 * herd_link_fsm_on_dialled or herd_link_fsm_on_dial_failed. */
bool herd_link_fsm_should_dial(struct herd_link_fsm *fsm, struct herd_mono now);

/* The dialled connection `conn` is open. The dial must be CONNECTING. */
void herd_link_fsm_on_dialled(struct herd_link_fsm *fsm, herd_conn_id conn);

/* The dial failed. It must be CONNECTING. `random` is any 64 random bits, for the jitter of
 * the back-off. */
void herd_link_fsm_on_dial_failed(struct herd_link_fsm *fsm, struct herd_mono now,
                                  uint64_t random);

/* Connection `conn` to this neighbour is gone, or was refused: the one that carried the
 * link, the one in its handshake, or one that no longer counted. `refused`: by one of the
 * two servers, so the next dial comes after half of retry_max_ms at the earliest. Returns
 * true when this took the link down. */
bool herd_link_fsm_on_lost(struct herd_link_fsm *fsm, herd_conn_id conn, bool refused,
                           struct herd_mono now, uint64_t random);

enum herd_link_verdict {
    HERD_LINK_ACCEPT,      /* conn carries the link now */
    HERD_LINK_REPLACE,     /* likewise; *old was carrying it and no longer does */
    HERD_LINK_REFUSE,      /* close conn: the other connection stays */
    HERD_LINK_NAME_IN_USE, /* likewise: another server of that name is connected */
};

/* The handshake on `conn` is complete. `dialled`: by this server. `boot_id`: of the
 * neighbour. *old is set to the connection that carried the link before, or 0. */
enum herd_link_verdict
herd_link_fsm_on_handshake_done(struct herd_link_fsm *fsm, herd_conn_id conn, bool dialled,
                                uint64_t boot_id, struct herd_mono now, herd_conn_id *old);

#endif
