/* What the files of this folder share: a neighbour and the session of a peer connection.
 *
 * fsm.c decides when to dial and which connection carries the link. A connection begins in
 * handshake.c, and admission.c bounds how many may be there; peer.c reads its frames. When
 * the link is up, receive.c takes records in, send.c and batch.c send them, cursor.c prints
 * and parses positions in a feed, heartbeat.c watches. neighbour.c is below all of them. */
#ifndef HERD_CORE_LINK_PEER_H
#define HERD_CORE_LINK_PEER_H

#ifndef HERD_IN_link
#error "private to src/core/link: include link/links.h"
#endif

#include "fsm.h"
#include "links.h"
#include "protocol/command.h"
#include "protocol/frame.h"
#include "protocol/hello.h"

/* How far a neighbour's connection has come. */
enum herd_stage {
    HERD_STAGE_HELLO,   /* HELLO is awaited */
    HERD_STAGE_AUTH,    /* HELLO was accepted, AUTH is awaited */
    HERD_STAGE_UP,      /* carries the link */
    HERD_STAGE_RETIRED, /* carries it no longer, or never will, since another one does; the
                         * neighbour closes it when it sees that */
};

/* What only the handshake needs. */
struct herd_greeting {
    char ours[HERD_HELLO_MAX], theirs[HERD_HELLO_MAX]; /* the HELLOs as they were sent */
    size_t ours_len, theirs_len;
    uint64_t boot; /* of the neighbour */
};

/* A neighbour's connection. What lasts as long as the link is in herd_neighbour. */
struct herd_peer {
    struct herd_session session;
    struct herd_framer framer;
    struct herd_timer handshake;      /* runs out while not UP */
    struct herd_neighbour *neighbour; /* NULL: has not said who it is */
    struct herd_greeting *greeting;   /* NULL: over */
    enum herd_stage stage;
    bool ours;                   /* we dialled */
    bool from_neighbour_address; /* accepted, from the address of a neighbour */
    bool refused;                /* one side does not want the other */
    bool log_asked;              /* herd_peer_logged has decided: ... */
    bool logged;
};

/* A place in the change feed of one start of one server. */
struct herd_cursor {
    uint8_t feed[HERD_FEED_ID];
    uint64_t seq;
    bool known;
};

/* Records to a neighbour: see send.c. */
enum herd_send_mode {
    HERD_SEND_NONE,      /* it has not said what it has */
    HERD_SEND_WAIT,      /* it needs everything, but others come first */
    HERD_SEND_SEEK,      /* the marker is on its way back to what it has */
    HERD_SEND_FULL_SYNC, /* everything is sent */
    HERD_SEND_FEED,      /* what is new is sent */
};

struct herd_send {
    enum herd_send_mode mode;
    struct herd_follower follower;
    uint64_t told;  /* the position that the neighbour was told last */
    uint64_t acked; /* ... and that it has acknowledged */
    uint64_t ping;  /* the last one before the last batch */
    uint64_t back_to;
    struct herd_walk walk;
    uint64_t walk_from;          /* the position at which the walk began */
    uint64_t walk_after;         /* what is older was sent before it, and is left out */
    bool repair;                 /* the walk leaves out no echoes */
    struct herd_mono slot_until; /* while it counts as one of those that are served first */
    /* since the first batch after the follower was last at the tail */
    uint64_t burst_tail, burst_sent;
    bool busy; /* a batch is on its way into the kernel */
};

/* Records from a neighbour: see receive.c. */
enum herd_receive_mode { HERD_RECEIVE_NONE, HERD_RECEIVE_FULL_SYNC, HERD_RECEIVE_FEED };

struct herd_receive {
    enum herd_receive_mode mode;
    uint64_t at;             /* where the last batch ended */
    uint64_t acked;          /* what was acknowledged */
    struct herd_cursor walk; /* where the walk began */
    struct herd_timer ack;
};

/* See heartbeat.c. */
struct herd_heartbeat {
    struct herd_timer ping, quiet, probe;
    uint64_t serial; /* of the last PING */
    struct herd_mono sent_at;
    int64_t rtt_ns;          /* 0: not known */
    int64_t skew_ns;         /* the neighbour's clock minus ours */
    uint64_t answered;       /* the last PING that the neighbour has answered */
    uint32_t mismatch_count; /* how often the digests differed without a reason since the
                              * link came up, were equal, or were repaired */
    bool asked;              /* for a proof, since the last heartbeat was due */
    int64_t repair_pause_ms;
    struct herd_mono repair_at; /* not before */
};

struct herd_neighbour {
    struct herd_link link;
    uint32_t server;               /* index in the configuration */
    struct herd_peer *peer;        /* the connection that carries the link; NULL: down */
    struct herd_error_text reason; /* why it is down; "" when it never was */
    uint64_t boot;             /* of the start of the neighbour that was seen last ... */
    uint64_t tag;              /* ... and the source of the records that it has sent */
    struct herd_cursor cursor; /* how far its feed was read; outlives the link */
    struct herd_send out;
    struct herd_receive in;
    struct herd_heartbeat beat;
};

static inline struct herd_peer *herd_peer_of(struct herd_session *session)
{
    return (struct herd_peer *)session;
}

/* ---- neighbour.c ---- */

/* The neighbour with that server, or NULL. */
struct herd_neighbour *herd_neighbour_of(struct herd_links *links, int64_t server);
/* The neighbour whose link this connection carries, or NULL. */
struct herd_neighbour *herd_neighbour_linked(const struct herd_peer *peer);
const char *herd_neighbour_name(const struct herd_links *links,
                                const struct herd_neighbour *neighbour);
/* Remembers it for operators. Returns false when it was so already. */
bool herd_neighbour_set_reason(struct herd_neighbour *neighbour, struct herd_slice reason);
/* Accepted, and has not proven yet who it is. */
bool herd_peer_is_stranger(const struct herd_peer *peer);
/* Whether the log may have lines about this connection: of strangers only so many have. */
bool herd_peer_logged(struct herd_links *links, struct herd_peer *peer);
/* Sends a frame without payload, from a format that ends with LF. */
void herd_peer_sendf(struct herd_links *links, struct herd_peer *peer, const char *format,
                     ...) __attribute__((format(printf, 3, 4)));
/* Says good-bye and ends: `code` is one word for programs, `why` is for people. */
void herd_peer_send_bye(struct herd_links *links, struct herd_peer *peer, const char *code,
                        const char *why);

/* ---- peer.c ---- */

int herd_peer_on_bye(struct herd_links *links, struct herd_peer *peer,
                     const struct herd_call *call);

/* ---- handshake.c ---- */

/* A connection was opened: sends HELLO if this server has dialled, else awaits one. */
void herd_handshake_start(struct herd_links *links, struct herd_peer *peer,
                          const struct herd_event *event);
int herd_peer_on_hello(struct herd_links *links, struct herd_peer *peer,
                       const struct herd_call *call);
int herd_peer_on_auth(struct herd_links *links, struct herd_peer *peer,
                      const struct herd_call *call);
void herd_handshake_timers(struct herd_links *links);
/* The connection is known, or gone: its time for the handshake has ended. */
void herd_handshake_end(struct herd_links *links, struct herd_peer *peer);

/* ---- admission.c ---- */

/* A connection that was accepted has come to this stage, HELLO or AUTH: when that is one
 * more than there may be, one of them is turned away. */
void herd_handshake_evict_oldest(struct herd_links *links, enum herd_stage stage);
/* `code` decides how soon the other side tries again, `why` is for people. */
void herd_peer_turn_away(struct herd_links *links, struct herd_peer *peer,
                         struct herd_slice name, const char *code, const char *why);

/* ---- receive.c ---- */

/* The link is up: says what this server has of the neighbour's feed. */
void herd_receive_start(struct herd_links *links, struct herd_neighbour *neighbour);
void herd_receive_stop(struct herd_neighbour *neighbour);
void herd_receive_timers(struct herd_links *links);
/* Everything up to `seq` has come. Returns HERD_EBAD when it cannot be so. */
int herd_receive_reached(struct herd_neighbour *neighbour, uint64_t seq);
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

/* ---- send.c ---- */

void herd_send_start(struct herd_neighbour *neighbour);
void herd_send_stop(struct herd_neighbour *neighbour);
/* Sends what is news to each neighbour: at most one batch each. */
void herd_send_all(struct herd_links *links);
/* When there is something to send, or to leave: the instant 0 for "now". */
struct herd_mono herd_send_deadline(const struct herd_links *links);
/* Nothing is left to be sent to this neighbour. */
bool herd_send_idle(const struct herd_links *links, const struct herd_neighbour *neighbour);
/* The feed is idle, and yet something is missing there: sends everything, echoes included.
 * False when others come first. */
bool herd_send_repair(struct herd_links *links, struct herd_neighbour *neighbour);
int herd_peer_on_have(struct herd_links *links, struct herd_peer *peer,
                      const struct herd_call *call);
int herd_peer_on_ack(struct herd_links *links, struct herd_peer *peer,
                     const struct herd_call *call);

/* ---- batch.c ---- */

/* Sends the next records, one batch at most. Returns true when there are no more. */
bool herd_send_batch(struct herd_links *links, struct herd_neighbour *neighbour);

/* ---- heartbeat.c ---- */

void herd_heartbeat_start(struct herd_links *links, struct herd_neighbour *neighbour);
void herd_heartbeat_stop(struct herd_neighbour *neighbour);
/* Bytes have come. */
void herd_heartbeat_heard(struct herd_links *links, struct herd_neighbour *neighbour);
/* Asks for a sign of life at once, and gives up soon. */
void herd_heartbeat_probe(struct herd_links *links, struct herd_neighbour *neighbour);
void herd_heartbeat_timers(struct herd_links *links);
int herd_peer_on_ping(struct herd_links *links, struct herd_peer *peer,
                      const struct herd_call *call);
int herd_peer_on_pong(struct herd_links *links, struct herd_peer *peer,
                      const struct herd_call *call);

/* ---- cursor.c ---- */

/* Sends VERB 0 FEED SEQ. */
void herd_cursor_send(struct herd_links *links, struct herd_peer *peer, const char *verb,
                      const struct herd_cursor *position);
/* From the first two words behind the verb. Errors: HERD_EBAD. */
int herd_cursor_parse(const struct herd_call *call, struct herd_cursor *position);
/* Both are known, and the same. */
bool herd_cursor_eq(const struct herd_cursor *a, const struct herd_cursor *b);

#endif
