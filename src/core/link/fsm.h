/* One neighbour: when to dial it, and which of two connections to it survives.
 *
 * Both servers of a link dial, each on its own; whichever connection first passes the
 * handshake brings the link up. When both do, the one that was dialled by the server with
 * the smaller name survives, on both sides, whatever the order of events (the collision
 * rule of BGP, RFC 4271 section 6.8, with names for identifiers). While a connection to a
 * neighbour lives, another server of the same name (it has another boot id) is not let in.
 *
 * The state machine does nothing by itself: it is told what happened and answers what to
 * do. The dial and the link have a state each:
 *
 *   dial: IDLE --due--> CALLING --opened--> GREETING --handshake--> IDLE
 *           ^-------------failed/lost/refused------'
 *   link: DOWN --handshake--> UP --connection lost--> DOWN */
#ifndef HERD_CORE_LINK_FSM_H
#define HERD_CORE_LINK_FSM_H

#include "herd/instant.h"

#include <stdbool.h>
#include <stdint.h>

enum herd_dial_state { HERD_DIAL_IDLE, HERD_DIAL_CALLING, HERD_DIAL_GREETING };

struct herd_link_setup {
    int64_t retry_min_ms; /* > 0 */
    int64_t retry_max_ms; /* >= retry_min_ms */
    bool smaller;         /* our name is smaller than the neighbour's */
};

struct herd_link {
    struct herd_link_setup setup;
    enum herd_dial_state dial;
    uint64_t greeting;         /* our dialled connection while GREETING */
    struct herd_mono retry_at; /* while DOWN and IDLE */
    int64_t backoff_ms;
    uint64_t conn; /* that carries the link; 0: DOWN */
    bool ours;     /* conn was dialled by us */
    uint64_t boot; /* of the neighbour at the other end of conn */
    struct herd_mono up_since;
};

/* Starts DOWN and IDLE, to be dialled at once. */
void herd_link_init(struct herd_link *link, const struct herd_link_setup *setup,
                    struct herd_mono now);

static inline bool herd_link_is_up(const struct herd_link *link)
{
    return link->conn != 0;
}

/* When herd_link_call wants to be asked. */
struct herd_mono herd_link_deadline(const struct herd_link *link);

/* True when the neighbour must be dialled now; the dial is then CALLING until
 * herd_link_called or herd_link_call_failed. */
bool herd_link_call(struct herd_link *link, struct herd_mono now);

/* The dialled connection `conn` is open. */
void herd_link_called(struct herd_link *link, uint64_t conn);

/* The dial failed. `random` is any 64 random bits, for the jitter of the back-off. */
void herd_link_call_failed(struct herd_link *link, struct herd_mono now, uint64_t random);

/* Connection `conn` to this neighbour is gone, or was turned away: the one that carried
 * the link, the greeting one, or one that did not matter any more. `refused`: the
 * neighbour does not want us; there is no point in asking again before half of the longest
 * back-off. Returns true when this took the link down. */
bool herd_link_lost(struct herd_link *link, uint64_t conn, bool refused,
                    struct herd_mono now, uint64_t random);

enum herd_link_verdict {
    HERD_LINK_ACCEPT,      /* conn carries the link now */
    HERD_LINK_REPLACE,     /* likewise; *old was carrying it and no longer does */
    HERD_LINK_REFUSE,      /* conn must be closed: the other one stays */
    HERD_LINK_NAME_IN_USE, /* likewise: another server of that name is connected */
};

/* The handshake on `conn` is complete. `ours`: we dialled it. `boot`: of the neighbour. */
enum herd_link_verdict herd_link_greeted(struct herd_link *link, uint64_t conn, bool ours,
                                         uint64_t boot, struct herd_mono now,
                                         uint64_t *old);

#endif
