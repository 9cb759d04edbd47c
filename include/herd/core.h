/* SPDX-License-Identifier: ISC */
/* One server of a herd as a pure state machine.
 *
 * Its one entry point is herd_step(core, event, actions). Events report what happened and
 * when; actions tell the caller what to do. The core makes no system call, reads no clock
 * and never waits. It finds the ends of lines and frames itself, so DATA may be cut
 * anywhere.
 *
 * The caller must carry out all actions of a step, in order, before the next step; give
 * TICK at the end of each turn of its loop and when herd_deadline is reached; and never
 * mention a connection again after its CLOSE action or CLOSED event. */
#ifndef HERD_CORE_H
#define HERD_CORE_H

#include "herd/conf.h"
#include "herd/instant.h"
#include "herd/mem.h"
#include "herd/slice.h"
#include "herd/stats.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The id of a connection: chosen by the caller, never 0, never used twice. The low 32 bits
 * are a small number that is reused (the core indexes by it), the high ones a generation.
 */
typedef uint64_t herd_conn_id;

/* The protocol of a connection; fixed when it is opened, whatever its bytes are. One of
 * CONTROL may become that of a follower, which makes no difference for the caller. */
enum herd_role { HERD_ROLE_CLIENT = 1, HERD_ROLE_PEER = 2, HERD_ROLE_CONTROL = 4 };

enum herd_event_kind {
    HERD_EV_OPENED,  /* conn, role, address; PEER: server (dialled, or -1) and
                      * from_neighbour_address */
    HERD_EV_DATA,    /* conn, bytes */
    HERD_EV_EOF,     /* conn: the other side sends no more, but may still read */
    HERD_EV_CLOSED,  /* conn, bytes (error text): the connection is gone. The caller also
                      * ends connections whose other side stalls for too long */
    HERD_EV_DRAINED, /* conn: the kernel has accepted all bytes sent; follows each SEND
                      * to a PEER and each DRAIN, at once or later, never from inside
                      * the action */
    HERD_EV_DIAL_FAILED, /* server, bytes (error text), to_self */
    HERD_EV_PLACES,  /* request_id, status, retry_after_ms, bytes (body; an error text when
                      * status is 0) */
    HERD_EV_EVICTED, /* conn, address: that client is gone, since a newer one got its place:
                      * connections-max is reached */
    HERD_EV_ADDRESS_REFUSED, /* address: a client from there was closed before it was
                              * opened: connections-per-address is reached */
    HERD_EV_ROLE_FULL,       /* role (PEER, CONTROL): its connection limit is reached; new
                              * connections of that role wait in the listener's backlog */
    HERD_EV_DESCRIPTORS_EXHAUSTED, /* the system has no descriptors or memory left: new
                                    * connections of every role wait */
    HERD_EV_ACCEPT_FAILED, /* role, bytes (error text): accepting a connection of that role
                            * failed for another reason, and is tried again in a moment */
    HERD_EV_DISK_SAID,     /* bytes: the program of DISK_START wrote this line for people */
    HERD_EV_DISK_ENDED,    /* bytes (text: how): it has ended, or could not be started */
    HERD_EV_LOG_LINES_LOST, /* lines: of the log, lost since the last such event */
    HERD_EV_TICK,           /* time has passed */
    HERD_EV_STOP, /* shut down: answer commands that were read, send remaining records,
                     close */
};

struct herd_event {
    enum herd_event_kind kind;
    struct herd_mono mono;
    struct herd_wall wall;
    herd_conn_id conn;
    enum herd_role role;
    int64_t server;              /* index in the configuration, or -1 */
    bool from_neighbour_address; /* OPENED of a PEER: accepted from the address of one of
                                  * this server's neighbours */
    struct herd_slice address; /* OPENED of a CLIENT, EVICTED, ADDRESS_REFUSED: its address
                                * as text, without the port; borrowed as `bytes` are */
    uint64_t to_self; /* DIAL_FAILED, OPENED of a dialled PEER: attempts of this dial that
                       * were connected to themselves, since nobody listened there */
    uint64_t request_id;
    uint64_t lines;
    int status; /* HTTP status; 0: no reply came */
    int64_t
        retry_after_ms; /* how long not to ask again, as the reply says; 0: it does not */
    struct herd_slice bytes; /* borrowed for the step and until its actions are done */
};

enum herd_action_kind {
    HERD_DO_SEND,   /* conn, bytes; PEER: answer with DRAINED */
    HERD_DO_DRAIN,  /* conn: answer with DRAINED */
    HERD_DO_CLOSE,  /* conn: send what is unsent, then close */
    HERD_DO_PAUSE,  /* conn: do not read */
    HERD_DO_RESUME, /* conn: read again */
    HERD_DO_DIAL,   /* server: answer with OPENED or DIAL_FAILED; after STOP none is due */
    HERD_DO_FETCH,  /* request_id, bytes (query or body): answer with PLACES */
    HERD_DO_CANCEL, /* request_id: no answer is wanted any more */
    HERD_DO_DISK_START, /* start the program that keeps the records in state-dir: answer
                         * with DISK_ENDED when it ends */
    HERD_DO_DISK_STOP,  /* let it end */
    HERD_DO_LISTEN,     /* accept clients and neighbours from now on; without state-dir that
                         * is so from the beginning */
    HERD_DO_LOG,        /* conn (or 0), topic, direction, bytes */
    HERD_DO_WIPE, /* a location was forgotten: overwrite what is left of earlier input and
                   * output in buffers, before the next event */
};

enum herd_topic { HERD_TOPIC_CLIENT, HERD_TOPIC_PEER, HERD_TOPIC_PLACES, HERD_TOPIC_HERD };

struct herd_action {
    enum herd_action_kind kind;
    enum herd_topic topic;
    uint32_t server;
    char direction; /* '<' in, '>' out, '-' neither */
    herd_conn_id conn;
    uint64_t request_id;
    struct herd_slice bytes;
    size_t offset; /* the core's own */
};

/* The actions of a step, in order. The array and all bytes belong to the core and live
 * until the next herd_step. */
struct herd_actions {
    const struct herd_action *list;
    size_t count;
};

enum { HERD_MAC_SIZE = 32, HERD_FEED_ID = 16, HERD_NONCE = 16 }; /* bytes */

/* The herd's shared key, without the key: HMAC-SHA256 (RFC 2104) of a text under it. */
struct herd_mac {
    void (*sign)(void *ctx, struct herd_slice text, uint8_t mac[HERD_MAC_SIZE]);
    void *ctx; /* borrowed, outlives the core */
};

struct herd_core_setup {
    const struct herd_mem *mem;     /* borrowed, outlives the core */
    const struct herd_conf *conf;   /* likewise */
    uint32_t self;                  /* index of this server in the configuration */
    uint64_t boot_id;               /* random, not 0, new for each start */
    uint8_t feed_id[HERD_FEED_ID];  /* likewise: names this start's change feed */
    uint8_t nonce_key[16];          /* random and secret; nonces are drawn from it */
    struct herd_mac mac;            /* `sign` is NULL when the herd has no key */
    uint64_t random_seed;           /* for jitter */
    uint8_t hash_key[16];           /* random */
    const char *version;            /* of the program; lives for ever */
    const char *places_unavailable; /* NULL: WHATSAT is served. Else the reason for clients
                                     * why it is not; lives for ever */
};

struct herd_core;

/* *fresh is to be freed by herd_core_free. Errors: HERD_ENOMEM, and then *fresh is NULL. */
int herd_core_new(struct herd_core **fresh, const struct herd_core_setup *setup,
                  struct herd_mono now);

/* Accepts NULL. Connections need not be closed first. */
void herd_core_free(struct herd_core *core);

/* Handles one event. Never fails: a command that cannot be carried out is refused to the
 * client that sent it, and a connection for which memory runs out is closed. */
void herd_step(struct herd_core *core, const struct herd_event *event,
               struct herd_actions *actions);

/* When the core needs its next TICK: HERD_NEVER when no timer runs, the instant 0 when it
 * has work to do at once. */
struct herd_mono herd_deadline(const struct herd_core *core);

/* The counters; live as long as the core. For tests and the simulator. */
const struct herd_stats *herd_core_stats(const struct herd_core *core);

/* The record held about a client; empty when there is none. Lives until the next step. */
struct herd_slice herd_core_record(const struct herd_core *core, struct herd_slice client);

/* The numbers of clients known, of links that are up, and of open connections. */
size_t herd_core_client_count(const struct herd_core *core);
size_t herd_core_links_up(const struct herd_core *core);
size_t herd_core_conn_count(const struct herd_core *core);

/* Calls `visit` for every record held, the oldest change first, until it returns false. */
void herd_core_for_each_record(const struct herd_core *core,
                               bool (*visit)(void *ctx, struct herd_slice record),
                               void *ctx);

#endif
