/* SPDX-License-Identifier: ISC */
/* A whole herd in one process, on virtual time: the same seed gives the same run, event by
 * event. The cores are driven as src/driver does it: the actions of a step are carried out
 * in order; DRAINED follows each SEND when the simulated kernel has accepted all bytes; a
 * connection that stalls for link-timeout-ms while bytes wait for the kernel is closed; a
 * TICK ends each turn and comes at the deadline; a connection is never mentioned after its
 * end. net.h has the network. Mistakes of a test abort. */
#ifndef TESTS_SIM_SIM_H
#define TESTS_SIM_SIM_H

#include "fail_mem.h"
#include "queue.h"
#include "dice.h"

enum {
    SIM_SERVERS = 40, /* impostors included */
    SIM_PIPES = 2048,
    SIM_REPLY = 1 << 20,
    SIM_DRAINED_DUE = 128,
};

/* The first instant of the virtual clock, and the servers' wall clocks at that time. */
#define SIM_START_NS HERD_NS_PER_S
#define SIM_WALL_NS  INT64_C(1621464828000000000)

/* One server; or an impostor with the name and configuration of another one. */
struct sim_server {
    struct herd_core *core; /* NULL: the server is down */
    struct fail_mem mem;
    const struct herd_conf *conf; /* to start with */
    uint32_t self;                /* index in the configuration */
    uint64_t life;                /* counts the starts */
    int64_t tick_ns;              /* the next TICK; INT64_MAX: none */
    int64_t turn_ns;              /* the last one */
    uint32_t turns_at_once;       /* at that instant */
    int64_t frozen_until_ns;      /* it gets no events before */
    int64_t wall_offset_ns;       /* of its clock */
    uint8_t key[16];              /* of the herd, if `keyed` */
    bool keyed;
    bool vanished;    /* with its machine: packets for it get no answer */
    bool stopping;    /* STOP was given */
    char version_min; /* a digit for its HELLO; 0: as the core wrote it */
    char version_max;
    bool other_rules; /* its HELLO has other merge rules */
    herd_conn_id drained_due[SIM_DRAINED_DUE];
    size_t drained_due_count; /* connections whose DRAINED is due */
};

/* One direction of a connection: a stream of bytes. Offsets count from its beginning; the
 * FIN takes one offset after the last byte. taken <= planned <= sent. */
struct sim_stream {
    char *data;  /* from `base` on */
    size_t size; /* allocated; kept for the next connection */
    uint64_t base;
    uint64_t taken;             /* by the receiver */
    uint64_t freed;             /* released by the sender's kernel */
    uint64_t planned;           /* given to the network */
    uint64_t sent;              /* by the core */
    int64_t last_ns;            /* when the last planned byte arrives */
    bool fin, fin_planned;      /* the sender has closed */
    bool lost;                  /* nothing arrives any more, without a reset */
    bool drained_wanted;        /* DRAINED is due when all is in the kernel */
    bool watched;               /* a SIM_STALL is planned */
    int64_t moved_ns;           /* when the receiver last acknowledged bytes */
    uint64_t batch, batch_end;  /* offsets of the last BATCH */
    uint64_t last_non_idle_end; /* of the last frame that is no heartbeat and no ACK */
    bool spoil;                 /* a record of the next BATCH is damaged */
    bool is_sync;               /* SYNC was sent, but not SYNCED */
    uint64_t tail;              /* of the feed, in the last PING */
};

struct follower;

/* A connection; both ends know it by the same id. [0] dialled; a client's, or a follower's,
 * has only [0]. */
struct sim_pipe {
    herd_conn_id id;
    uint32_t slot;
    uint32_t server[2];
    bool open[2];              /* the core has it */
    bool opening[2];           /* ... or will have it soon */
    struct sim_stream from[2]; /* what that end sends */
    struct follower *follower; /* of which it is; NULL: of none */
};

/* From one server to another. */
struct sim_path {
    int64_t latency_ns;
    int64_t rate;          /* bytes a second; 0: unlimited */
    int64_t hole_until_ns; /* nothing gets through before */
    uint32_t segment;      /* bytes that arrive at once at most; 0: unlimited */
    uint32_t spoil;        /* records to damage */
    bool cut;              /* dials are refused */
};

/* A frame that a core has sent. */
struct sim_frame {
    uint32_t from, to;
    const struct sim_pipe *pipe;
    struct herd_slice verb, args, payload;
    size_t size; /* header and payload */
};

struct sim;

/* Callbacks of a test; each may be NULL. */
struct sim_hooks {
    void (*stepped)(void *ctx, struct sim *sim, uint32_t server);
    void (*frame)(void *ctx, struct sim *sim, const struct sim_frame *frame);
    void (*timer)(void *ctx, struct sim *sim, uint64_t number);
    void *ctx;
};

/* Lines of a transcript, without LF. */
struct sim_notes {
    void (*note)(void *ctx, const char *line); /* NULL: no transcript */
    void *ctx;
};

enum sim_verb {
    SIM_HELLO,
    SIM_AUTH,
    SIM_UP,
    SIM_HAVE,
    SIM_RESUME,
    SIM_SYNC,
    SIM_SYNCED,
    SIM_WAIT,
    SIM_BATCH,
    SIM_ACK,
    SIM_PING,
    SIM_PONG,
    SIM_BYE,
    SIM_OTHER,
    SIM_VERBS
};

/* Counters of all connections. */
struct sim_wire {
    uint64_t frames[SIM_VERBS], bytes[SIM_VERBS];
    uint64_t records;
    uint64_t cut_batches;  /* lost when a part had arrived */
    uint64_t idle_resumes; /* RESUME from the very end of the feed */
};

struct sim_setup {
    const char *conf; /* text */
    uint64_t seed;
    bool keyed;
    bool unstarted; /* no server is started */
    struct sim_hooks hooks;
};

struct sim {
    struct sim_hooks hooks;
    struct sim_notes notes;
    struct fail_mem conf_mem;
    struct herd_conf conf;
    uint64_t seed;
    struct dice dice;
    struct sim_queue queue;
    int64_t now_ns;
    uint64_t steps, steps_at_once, spins, generation;
    uint32_t count; /* servers and impostors */
    struct sim_server server[SIM_SERVERS];
    struct sim_pipe *pipe[SIM_PIPES];
    uint32_t pipe_count; /* slots that were ever used */
    struct sim_path path[SIM_SERVERS][SIM_SERVERS];
    size_t kernel; /* bytes that the kernels hold for one direction */
    struct sim_wire wire;
    struct herd_stats past; /* of lives that have ended */
    uint64_t stalls;        /* connections closed because they stalled */
    size_t most_unsent;     /* bytes that a core had to keep for one neighbour */
    char *reply;            /* to the last client; SIM_REPLY bytes */
    size_t reply_len;
    bool reply_closed; /* by the server */
    char broken[256];  /* an error of the simulator or a core; "": none */
};

/* A herd that runs, with 10 ms on all paths. */
struct sim *sim_new(const char *conf, uint64_t seed);
struct sim *sim_new_with(const struct sim_setup *setup);
/* Checks that the cores gave all memory back. */
void sim_free(struct sim *sim);

/* Handles all events up to that instant (ms since the start). */
void sim_run_until(struct sim *sim, int64_t ms);
void sim_run_for(struct sim *sim, int64_t ms);
int64_t sim_ms(const struct sim *sim);
/* Runs until all possible links are up, at most a minute; then half a second more. */
bool sim_settle(struct sim *sim);
/* Calls hooks.timer after that time. */
void sim_timer(struct sim *sim, int64_t in_ms, uint64_t number);
/* Adds a line to the transcript, with the time. */
void sim_note(struct sim *sim, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* Reports an error; the first one is kept in sim->broken. */
void sim_broken(struct sim *sim, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* A client connects, sends these lines and EOF, and is closed; the replies are in
 * sim->reply. The server must be up. */
struct herd_slice sim_client_send(struct sim *sim, uint32_t server,
                                  struct herd_slice lines);
/* The same for herdctl. */
struct herd_slice sim_control_send(struct sim *sim, uint32_t server,
                                   struct herd_slice lines);
/* Sends IAMAT with that time and half a second; checks that the reply is an AT. */
void sim_report(struct sim *sim, uint32_t server, const char *client, const char *location,
                int64_t seconds);
/* Empty when the server is down or does not know the client. */
struct herd_slice sim_record(const struct sim *sim, uint32_t server, const char *client);
/* The record's client time, or -1 when there is none. */
int64_t sim_seconds(const struct sim *sim, uint32_t server, const char *client);
/* The server's clock. */
int64_t sim_wall_ns(const struct sim *sim, uint32_t server);
/* A digest of all records that it holds, independent of the core's. When records expire,
 * only of those that have not expired by any server's clock. */
uint64_t sim_digest(const struct sim *sim, uint32_t server);

/* A start with an empty store; false: out of memory. */
bool sim_start(struct sim *sim, uint32_t server);
/* Starts another server with the name and configuration of `server`, and the clock and the
 * paths of it. Returns its number. */
uint32_t sim_impostor(struct sim *sim, uint32_t server);
/* A crash: the kernel closes the connections. */
void sim_stop(struct sim *sim, uint32_t server);
/* The machine is gone: its connections die without a reset. */
void sim_vanish(struct sim *sim, uint32_t server);
/* An orderly end: the core shuts down within three seconds. */
void sim_shut_down(struct sim *sim, uint32_t server);
bool sim_is_up(const struct sim *sim, uint32_t server);
/* Impostors are called "twin". */
const char *sim_name(const struct sim *sim, uint32_t server);

/* The counters of all servers and lives. */
struct herd_stats sim_stats(const struct sim *sim);
uint64_t sim_records_sent(const struct sim *sim);
/* Connections between the two that are open on at least one end. */
size_t sim_pipes(const struct sim *sim, uint32_t a, uint32_t b);

#endif
