/* A whole herd in one process, on virtual time: nothing waits, and the same seed gives the
 * same run, event by event.
 *
 * The simulator is a careful caller of the cores: it carries out the actions of a step in
 * order, ticks a core after each event and at its deadline, and never mentions a
 * connection after its end. Bytes on a connection arrive in order, after the latency of
 * the link. Programming mistakes of a test (an unknown server) abort. */
#ifndef TESTS_SIM_SIM_H
#define TESTS_SIM_SIM_H

#include "fail_mem.h"
#include "queue.h"
#include "unit/dice.h"

enum { SIM_SERVERS = 8, SIM_PIPES = 128, SIM_REPLY = 1024 };

struct sim_server {
    struct herd_core *core; /* NULL: is down */
    uint64_t life;          /* counts the starts */
    int64_t tick_ns;        /* the planned TICK; another one is out of date */
};

/* A connection. Both ends know it by the same id; [0] dialled, [1] accepted. A client's
 * has one end only. */
struct sim_pipe {
    herd_conn_id id;
    uint32_t server[2];
    bool open[2];
    int64_t last_ns[2]; /* when the last bytes for that end arrive */
};

struct sim {
    struct fail_mem mem, conf_mem;
    struct herd_conf conf;
    struct dice dice;
    struct sim_queue queue;
    int64_t now_ns;
    uint64_t steps;
    uint64_t generation;
    struct sim_server server[SIM_SERVERS];
    struct sim_pipe pipe[SIM_PIPES];
    int64_t latency_ms[SIM_SERVERS][SIM_SERVERS];
    bool link_cut[SIM_SERVERS][SIM_SERVERS];
    bool pieces; /* bytes arrive in random pieces */
    char reply[SIM_REPLY];
    size_t reply_len;
    /* Called after each step of a core; may be NULL. */
    void (*watch)(void *ctx, struct sim *sim, uint32_t server);
    void *watch_ctx;
};

/* The herd that the configuration describes, all servers just started, all latencies
 * 10 ms. */
struct sim *sim_new(const char *conf, uint64_t seed);

/* Checks that the cores gave all memory back. */
void sim_free(struct sim *sim);

/* Until everything planned up to that instant (ms since the start) has happened. */
void sim_run_until(struct sim *sim, int64_t ms);
void sim_run_for(struct sim *sim, int64_t ms);

/* Runs until all links between living servers that are not cut are up, at most a minute;
 * then half a second more. False: they are not. */
bool sim_settle(struct sim *sim);

/* A client connects, reports, and leaves, all at once; the reply is in sim->reply. Checks
 * that it is an AT. `seconds` is the client's time. */
void sim_report(struct sim *sim, uint32_t server, const char *client, const char *location,
                int64_t seconds);

/* The record that a living server holds; lives until its next step. */
struct herd_slice sim_record(const struct sim *sim, uint32_t server, const char *client);

/* Its client time in seconds, or -1 when there is none. */
int64_t sim_seconds(const struct sim *sim, uint32_t server, const char *client);

/* A crash, and a start with an empty store and a new boot id. */
void sim_stop(struct sim *sim, uint32_t server);
void sim_start(struct sim *sim, uint32_t server);
bool sim_is_up(const struct sim *sim, uint32_t server);

/* Cutting drops the connections between the two at once, with all bytes under way. */
void sim_cut(struct sim *sim, uint32_t a, uint32_t b);
void sim_heal(struct sim *sim, uint32_t a, uint32_t b);

/* Records sent by all living servers since they started. */
uint64_t sim_records_sent(const struct sim *sim);

/* Connections between the two servers that are open on at least one end. */
size_t sim_pipes(const struct sim *sim, uint32_t a, uint32_t b);

#endif
