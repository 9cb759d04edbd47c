/* SPDX-License-Identifier: ISC */
/* One core on a bench: a configuration from text, clocks that the test moves, and a
 * transcript of what the core wants done. Unit tests and fuzzers stand on it.
 *
 * The rig is a careful caller: it carries out the actions in order, never mentions a
 * connection after its end, hands out DATA in memory of exactly its size, and checks that
 * what the core wants makes sense. Connections are called by the low half of their ids. */
#ifndef TESTS_RIG_RIG_H
#define TESTS_RIG_RIG_H

#include "fail_mem.h"
#include "herd/core.h"
#include "text.h"

enum { RIG_CONNS = 128, RIG_SERVERS = 8, RIG_REQUESTS = 512 };

/* 0.263873386 s after the time in the example of the protocol. */
#define RIG_WALL_NS INT64_C(1621464828223371889)

typedef void rig_watch(void *watcher, const struct herd_action *action);

struct rig {
    struct fail_mem mem, conf_mem;
    struct herd_conf conf;
    struct herd_core *core; /* NULL: herd_core_new failed */
    struct herd_mono mono;
    struct herd_wall wall;
    bool quiet;     /* no transcript is kept */
    bool logs;      /* the transcript shows LOG actions too */
    bool only_herd; /* of these, only those that are no traffic */
    bool fresh;   /* no connection's id is used twice: the high half counts them. Otherwise
                   * it is 0, and tests can make up events by themselves */
    size_t piece; /* unless 0: DATA of scripts is cut after this many bytes ... */
    bool pieces;  /* ... or into pieces of this many bytes */
    rig_watch *watch;                  /* unless NULL, gets each action ... */
    void *watcher;                     /* ... with this */
    bool open[RIG_CONNS];              /* by connection */
    bool ended[RIG_CONNS];             /* its EOF was told: it says no more */
    bool paused[RIG_CONNS];            /* the core does not want to hear from it */
    bool owes[RIG_CONNS];              /* the core waits for DRAINED */
    uint32_t generation[RIG_CONNS];    /* the high half of its id */
    bool dialling[RIG_SERVERS];        /* a DIAL waits for its answer */
    struct rig_text said;              /* the actions, one a line, indented */
    struct rig_text sent;              /* all bytes sent to connection 1 */
    size_t sends;                      /* SEND actions so far */
    uint64_t request_id[RIG_REQUESTS]; /* by number, from 1 on, in the order of FETCHes */
    bool fetching[RIG_REQUESTS];       /* neither answered nor cancelled */
    size_t request_count;
};

/* ---- life ---- */

/* The server called `self` of the herd in `conf`. Places can be asked. */
void rig_start(struct rig *rig, const char *conf, const char *self);

/* Clark of the herd in `conf`, with these options after it. */
void rig_start_with(struct rig *rig, const char *conf, const char *options);

/* The same as rig_start, but the setup is the caller's to change before rig_build. */
void rig_prepare(struct rig *rig, const char *conf, const char *self,
                 struct herd_core_setup *setup);
void rig_build(struct rig *rig, const struct herd_core_setup *setup);

/* Frees everything and checks that the core gave all its memory back. */
void rig_end(struct rig *rig);

/* ---- events ---- */

/* One event; the clocks are filled in. */
void rig_step(struct rig *rig, struct herd_event event);

/* `server` is the one that was dialled, or -1. */
void rig_open(struct rig *rig, herd_conn_id conn, enum herd_role role, int64_t server);
/* A PEER that was accepted from the address of a neighbour. */
void rig_open_near(struct rig *rig, herd_conn_id conn);
/* A client that is not on this machine: 127.0.0.1 is where all others come from. */
void rig_open_from(struct rig *rig, herd_conn_id conn, struct herd_slice address);

/* These do nothing when the connection is not open, or what it says has ended; then they
 * return false. */
bool rig_data(struct rig *rig, herd_conn_id conn, struct herd_slice bytes);
bool rig_eof(struct rig *rig, herd_conn_id conn);
bool rig_drained(struct rig *rig, herd_conn_id conn);
bool rig_evicted(struct rig *rig, herd_conn_id conn, struct herd_slice address);
bool rig_closed(struct rig *rig, herd_conn_id conn, struct herd_slice why);

void rig_tick(struct rig *rig);
void rig_pass_ms(struct rig *rig, int64_t ms);

/* The kernel takes everything that was sent. */
void rig_drain(struct rig *rig);

/* The answer to the request of that number, or to one that never was. */
void rig_places(struct rig *rig, size_t number, int status, struct herd_slice body);
void rig_places_after(struct rig *rig, size_t number, int status, int64_t retry_after_ms,
                      struct herd_slice body);

/* Likewise with an answer of Google, `size` bytes long, that has no results. */
void rig_places_sized(struct rig *rig, size_t number, size_t size);

/* A step so large that the core gives back its memory in the next one: client connection
 * `conn` asks where the client is, and gets the largest reply that output-max allows. */
void rig_large_step(struct rig *rig, herd_conn_id conn, const char *client);

/* The number of the oldest request under way; 0: there is none. */
size_t rig_oldest_request(const struct rig *rig);

/* ---- looking in ---- */

/* Forgets the transcript so far. */
void rig_hush(struct rig *rig);

/* Checks that every record held is one that the validator accepts. */
void rig_check_records(const struct rig *rig);

/* The count of `field` in the core's statistics. */
#define RIG_STAT(rig, field) ((int64_t)herd_core_stats((rig)->core)->field)

#endif
