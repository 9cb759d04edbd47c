/* What the files of the core share: one server's state, and the sessions inside it.
 *
 * core.c makes and frees it, and step.c is the door; conn.c is what all sessions stand on.
 * A client's session is client.c and whatsat.c, and upstream.c asks Places for all of them;
 * an operator's is control.c; a neighbour's is told in peer.h. No session frees a
 * connection: it calls herd_conn_end, and the step ends with the sweep. */
#ifndef HERD_CORE_STATE_H
#define HERD_CORE_STATE_H

#include "places/breaker.h"
#include "places/budget.h"
#include "places/cache.h"
#include "herd/core.h"
#include "protocol/frame.h"
#include "protocol/hello.h"
#include "line.h"
#include "link/fsm.h"
#include "places/lookup.h"
#include "herd/provider.h"
#include "store/store.h"
#include "ratelimit.h"
#include "timerq.h"
#include "out.h"

/* A client's session. Replies leave in the order of the commands: while a lookup is
 * pending, what comes after it is held in the last lookup's `after`. What was held leaves
 * in portions, the next when the last is in the kernel's hands: a slow lookup must not make
 * a client look like one that does not read. */
struct herd_client {
    struct herd_line line;
    struct herd_buf stash;            /* input that came before a pause took effect */
    struct herd_lookup *first, *last; /* pending, in the order of their commands */
    uint32_t lookup_count;
    size_t held;   /* bytes of replies that wait for a lookup */
    size_t unsent; /* bytes sent since all was last in the kernel's hands */
    bool draining; /* what is held waits for that */
    bool paused;
    bool input_closed; /* no further command is read: one-shot, or given up */
    uint64_t who;      /* its address, as the budget counts it */
    bool ready;        /* is in core->ready */
    struct herd_conn *next_ready;
    struct herd_timer half, quiet, idle;
};

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
    struct herd_framer framer;
    struct herd_timer handshake;      /* runs out while not UP */
    struct herd_neighbour *neighbour; /* NULL: has not said who it is */
    struct herd_greeting *greeting;   /* NULL: over */
    enum herd_stage stage;
    bool ours;      /* we dialled */
    bool near;      /* accepted, from the address of a neighbour */
    bool refused;   /* one side does not want the other */
    bool log_asked; /* herd_peer_logged has decided: ... */
    bool logged;
};

struct herd_control {
    struct herd_line line;
    struct herd_timer idle;
};

struct herd_conn {
    herd_conn_id id;
    enum herd_role role;
    bool eof;    /* the other side sends no more */
    bool ending; /* is in core->ending */
    struct herd_conn *next_ending;
    union {
        struct herd_client client;
        struct herd_peer peer;
        struct herd_control control;
    };
};

enum { HERD_WHY_MAX = 96 };

/* A place in the change feed of one start of one server. */
struct herd_cursor {
    uint8_t feed[HERD_FEED_ID];
    uint64_t seq;
    bool known;
};

/* Records to a neighbour: see feed.c. */
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

/* Records from a neighbour: see inflow.c. */
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
    uint32_t server;           /* index in the configuration */
    struct herd_conn *conn;    /* that carries the link, or NULL */
    char why[HERD_WHY_MAX];    /* why it is down; "" when it never was */
    uint64_t boot;             /* of the start of the neighbour that was seen last ... */
    uint64_t tag;              /* ... and the source of the records that it has sent */
    struct herd_cursor cursor; /* how far its feed was read; outlives the link */
    struct herd_send out;
    struct herd_receive in;
    struct herd_heartbeat beat;
};

/* Who was turned away, for `herdctl status`. */
struct herd_refusal {
    char name[HERD_CONF_NAME_MAX + 1];
    char why[HERD_WHY_MAX];
    uint64_t count;
};

enum { HERD_REFUSALS = 8 };

struct herd_core {
    struct herd_core_setup setup;
    struct herd_slice name;
    struct herd_mono started;
    /* the current event's clocks */
    struct herd_mono mono;
    struct herd_wall wall;
    bool stopping;
    uint64_t random_state;
    uint64_t last_tag;
    struct herd_out out;
    struct herd_store store;
    const struct herd_provider *provider;
    struct herd_lookups lookups;
    struct herd_cache cache;
    struct herd_budget budget;
    struct herd_breaker breaker;
    struct herd_conn *ready, *last_ready; /* clients with lookups that have ended */
    struct herd_timerq half_lines, quiet_lines, idle_clients; /* of clients */
    struct herd_timerq idle_controls;
    struct herd_timerq handshakes, pings, quiet_links, probes, acks; /* of neighbours */
    struct herd_conn **conns; /* by the low half of the id */
    size_t conns_size, conn_count;
    struct herd_ratelimit strangers_logged, full_logged;
    uint64_t rules;  /* by which this server merges */
    uint64_t nonces; /* drawn so far */
    struct herd_refusal refusals[HERD_REFUSALS];
    struct herd_conn *ending;
    struct herd_neighbour *neighbours;
    uint32_t neighbour_count;
    struct herd_stats stats;
};

/* ---- conn.c: connections ---- */

/* NULL when it is gone. */
struct herd_conn *herd_conn_find(const struct herd_core *core, herd_conn_id id);

/* The connection is closed at the end of this step; it may be told so twice. */
void herd_conn_end(struct herd_core *core, struct herd_conn *conn);

/* Sends, or ends the connection when there is no memory to do so. */
void herd_conn_send(struct herd_core *core, struct herd_conn *conn,
                    struct herd_slice bytes);

/* All places for connections of a role are taken; 0: those for all. */
void herd_conns_full(struct herd_core *core, enum herd_role role);

/* ---- conn.c: chance ---- */

/* 64 random bits from the seed; anybody may guess them. */
uint64_t herd_random(struct herd_core *core);

/* Nobody may guess these. */
void herd_nonce(struct herd_core *core, uint8_t nonce[HERD_NONCE]);

/* ---- conn.c: log; a line that finds no memory is lost ---- */

/* `text` outlives the step: it is a constant, or part of the event's bytes. */
void herd_log(struct herd_core *core, enum herd_topic topic, herd_conn_id conn,
              char direction, struct herd_slice text);
void herd_log_copy(struct herd_core *core, enum herd_topic topic, herd_conn_id conn,
                   char direction, struct herd_slice text);
/* On the topic of the herd, from a format. */
void herd_logf(struct herd_core *core, herd_conn_id conn, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* ---- command.c: the index of all protocols ---- */

/* One command or frame: its words (the first is its name) and its payload. */
struct herd_call {
    struct herd_slice line;
    struct herd_words words;
    struct herd_slice payload;
};

enum { HERD_ANY_WORDS = HERD_WORDS_MAX + 1 };

struct herd_command {
    struct herd_slice name;
    enum herd_role who; /* may send it */
    size_t least, most; /* words behind the name */
    /* HERD_OK, or the error that makes the command invalid. */
    int (*handle)(struct herd_core *core, struct herd_conn *conn,
                  const struct herd_call *call);
};

/* The command that `who` may send and that the first word names, or NULL. */
const struct herd_command *herd_command_find(enum herd_role who,
                                             const struct herd_call *call);

/* Carries it out. Errors: HERD_EBAD (too few or too many words), those of its handler. */
int herd_command_obey(struct herd_core *core, struct herd_conn *conn,
                      const struct herd_call *call, const struct herd_command *command);

/* ---- client.c ---- */

/* More pending lookups of one client than this, and it is not read for a while. */
enum { HERD_CLIENT_LOOKUPS_MAX = 64 };

void herd_client_open(struct herd_core *core, struct herd_conn *conn,
                      struct herd_slice address);
void herd_client_data(struct herd_core *core, struct herd_conn *conn,
                      struct herd_slice bytes);
void herd_client_eof(struct herd_core *core, struct herd_conn *conn);
/* The server stops: reads no further command, ends when all are answered. */
void herd_client_leave(struct herd_core *core, struct herd_conn *conn);
void herd_client_free(struct herd_core *core, struct herd_conn *conn);
void herd_client_timers(struct herd_core *core);
void herd_client_drained(struct herd_core *core, struct herd_conn *conn);
/* Some of its lookups have ended: sends the replies that are next in order, and reads a
 * client again that had to wait. */
void herd_client_deliver(struct herd_core *core, struct herd_conn *conn);
int herd_client_iamat(struct herd_core *core, struct herd_conn *conn,
                      const struct herd_call *call);

/* ---- whatsat.c: lookups of clients ---- */

int herd_client_whatsat(struct herd_core *core, struct herd_conn *conn,
                        const struct herd_call *call);
/* Each ends one lookup, which waits for no flight any more: with an answer in Google's
 * layout, or with an error of our own. */
void herd_whatsat_answer(struct herd_core *core, struct herd_lookup *lookup,
                         struct herd_slice text);
void herd_whatsat_fail(struct herd_core *core, struct herd_lookup *lookup,
                       struct herd_slice status, struct herd_slice why);
/* Forgets a lookup whose client is gone or has been answered, and frees it. */
void herd_whatsat_drop(struct herd_core *core, struct herd_lookup *lookup);

/* ---- upstream.c: flights ---- */

/* Why a request is not made: an error of our own. */
struct herd_refusal_text {
    struct herd_slice status; /* Google's word for it; empty: there is no reason */
    char why[128];
    uint64_t *counter;
};

/* Asks for the lookup, now or later. Errors: HERD_EFULL (with `refusal`), HERD_ENOMEM. */
int herd_upstream_ask(struct herd_core *core, struct herd_lookup *lookup,
                      const struct herd_places_key *key, uint64_t who,
                      struct herd_refusal_text *refusal);
/* Nobody waits for the lookup any more. */
void herd_upstream_leave(struct herd_core *core, struct herd_lookup *lookup);
/* Lets fly what may fly. Returns true when that has ended lookups. */
bool herd_upstream_depart(struct herd_core *core);
void herd_upstream_answer(struct herd_core *core, const struct herd_event *event);
void herd_upstream_timers(struct herd_core *core);

/* ---- step.c ---- */

/* Frees what herd_conn_end has ended, what has gone by itself, or all at the end; `why` is
 * what a neighbour's link is said to have ended of. */
void herd_conn_free(struct herd_core *core, struct herd_conn *conn, struct herd_slice why);

/* ---- control.c ---- */

void herd_control_open(struct herd_core *core, struct herd_conn *conn);
void herd_control_free(struct herd_conn *conn);
void herd_control_timers(struct herd_core *core);
void herd_control_data(struct herd_core *core, struct herd_conn *conn,
                       struct herd_slice bytes);
int herd_control_status(struct herd_core *core, struct herd_conn *conn,
                        const struct herd_call *call);

#endif
