/* What the files of the core share: one server's state, and the sessions inside it.
 *
 * core.c owns the connections and the door; client.c, peer.c and control.c are the three
 * kinds of session; whatsat.c and feed.c are what a client and a peer do over time. None
 * of them frees a connection: they call herd_conn_end, and the step ends with the sweep. */
#ifndef HERD_CORE_STATE_H
#define HERD_CORE_STATE_H

#include "herd/core.h"
#include "herd/frame.h"
#include "herd/line.h"
#include "herd/link.h"
#include "herd/lookup.h"
#include "herd/store.h"
#include "herd/timerq.h"
#include "out.h"

/* A client's session. Replies leave in the order of the commands: while a lookup is
 * pending, what comes after it is held in the last lookup's `after`. */
struct herd_client {
    struct herd_line line;
    struct herd_buf stash;            /* input that came before a pause took effect */
    struct herd_lookup *first, *last; /* pending, in the order of their commands */
    uint32_t lookup_count;
    size_t held; /* bytes of replies that wait for a lookup */
    bool paused;
    bool deaf; /* no further command is read: one-shot, or given up */
    struct herd_timer half, quiet, idle;
};

/* A neighbour's connection; it carries the link once its HELLO was accepted. */
struct herd_peer {
    struct herd_framer framer;
    struct herd_timer handshake;
    struct herd_neighbour *neighbour; /* NULL: has not said who it is */
    bool ours;                        /* we dialled */
    bool up;                          /* carries the link */
    bool busy;                        /* a batch is on its way into the kernel */
    bool refused;                     /* the neighbour does not want us */
    uint64_t tag;                     /* source of the records that come this way */
    struct herd_follower follower;
};

struct herd_control {
    struct herd_line line;
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

struct herd_neighbour {
    struct herd_link link;
    uint32_t server;        /* index in the configuration */
    struct herd_conn *conn; /* that carries the link, or NULL */
    char why[HERD_WHY_MAX]; /* why it is down; "" when it never was */
};

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
    struct herd_lookups lookups;
    struct herd_timerq half_lines, quiet_lines, idle_clients, handshakes;
    struct herd_conn **conns; /* by the low half of the id */
    size_t conns_size, conn_count;
    uint32_t unknown_peers; /* accepted, without HELLO */
    struct herd_conn *ending;
    struct herd_neighbour *neighbours;
    uint32_t neighbour_count;
    struct herd_stats stats;
};

/* ---- core.c: connections ---- */

/* NULL when it is gone. */
struct herd_conn *herd_conn_find(const struct herd_core *core, herd_conn_id id);

/* The connection is closed at the end of this step; it may be told so twice. */
void herd_conn_end(struct herd_core *core, struct herd_conn *conn);

/* Sends, or ends the connection when there is no memory to do so. */
void herd_conn_send(struct herd_core *core, struct herd_conn *conn,
                    struct herd_slice bytes);

/* 64 random bits from the seed. */
uint64_t herd_random(struct herd_core *core);

/* ---- core.c: log; a line that finds no memory is lost ---- */

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

void herd_client_open(struct herd_core *core, struct herd_conn *conn);
void herd_client_data(struct herd_core *core, struct herd_conn *conn,
                      struct herd_slice bytes);
void herd_client_eof(struct herd_core *core, struct herd_conn *conn);
/* The server stops: reads no further command, ends when all are answered. */
void herd_client_leave(struct herd_core *core, struct herd_conn *conn);
void herd_client_free(struct herd_core *core, struct herd_conn *conn);
void herd_client_timers(struct herd_core *core);
/* Sends the replies that are complete and next in order. */
void herd_client_flush(struct herd_core *core, struct herd_conn *conn);
/* Likewise, between commands: a client that had to wait is then read again. */
void herd_client_deliver(struct herd_core *core, struct herd_conn *conn);
int herd_client_iamat(struct herd_core *core, struct herd_conn *conn,
                      const struct herd_call *call);

/* ---- whatsat.c ---- */

int herd_client_whatsat(struct herd_core *core, struct herd_conn *conn,
                        const struct herd_call *call);
void herd_whatsat_answer(struct herd_core *core, const struct herd_event *event);
void herd_whatsat_timers(struct herd_core *core);
/* Ends a lookup whose client is gone or has been answered, and frees it. */
void herd_whatsat_drop(struct herd_core *core, struct herd_lookup *lookup);

/* ---- peer.c ---- */

void herd_peer_open(struct herd_core *core, struct herd_conn *conn, int64_t server);
void herd_peer_data(struct herd_core *core, struct herd_conn *conn,
                    struct herd_slice bytes);
void herd_peer_free(struct herd_core *core, struct herd_conn *conn, struct herd_slice why);
void herd_peer_timers(struct herd_core *core);
void herd_peer_dial_failed(struct herd_core *core, const struct herd_event *event);
/* Says good-bye and ends: `code` is one word for programs, `why` is for people. */
void herd_peer_bye(struct herd_core *core, struct herd_conn *conn, const char *code,
                   const char *why);
int herd_peer_hello(struct herd_core *core, struct herd_conn *conn,
                    const struct herd_call *call);
int herd_peer_batch(struct herd_core *core, struct herd_conn *conn,
                    const struct herd_call *call);
int herd_peer_byebye(struct herd_core *core, struct herd_conn *conn,
                     const struct herd_call *call);

/* ---- feed.c ---- */

/* Sends what is news to each neighbour: at most one batch each. */
void herd_feed_neighbours(struct herd_core *core);
/* Whether some neighbour could be sent something, or be left, right now. */
bool herd_feed_ready(const struct herd_core *core);

/* ---- control.c ---- */

void herd_control_data(struct herd_core *core, struct herd_conn *conn,
                       struct herd_slice bytes);
int herd_control_status(struct herd_core *core, struct herd_conn *conn,
                        const struct herd_call *call);

#endif
