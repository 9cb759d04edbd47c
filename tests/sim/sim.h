/* A whole herd in one process, on virtual time: the same seed gives the same run, event by
 * event. The simulator carries out the actions of a step in order, ticks a core after each
 * event and at its deadline, and never mentions a connection after its end. Bytes arrive
 * in order, after the latency of the link. Mistakes of a test abort. */
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

/* A connection; both ends know it by the same id. [0] dialled; a client's has only [0]. */
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
    uint64_t steps, generation;
    struct sim_server server[SIM_SERVERS];
    struct sim_pipe pipe[SIM_PIPES];
    int64_t latency_ms[SIM_SERVERS][SIM_SERVERS]; /* 10 at first */
    bool link_cut[SIM_SERVERS][SIM_SERVERS];
    bool pieces; /* bytes arrive in random pieces */
    char reply[SIM_REPLY];
    size_t reply_len;
    void (*watch)(void *ctx, struct sim *sim, uint32_t server); /* after each step */
    void *watch_ctx;
};

struct sim *sim_new(const char *conf, uint64_t seed);
/* Checks that the cores gave all memory back. */
void sim_free(struct sim *sim);
/* Until all that was planned up to that instant (ms since the start) has happened. */
void sim_run_until(struct sim *sim, int64_t ms);
void sim_run_for(struct sim *sim, int64_t ms);
/* Until all possible links are up, at most a minute; then half a second. */
bool sim_settle(struct sim *sim);
/* A client connects, reports and leaves at once; checks that the reply is an AT. */
void sim_report(struct sim *sim, uint32_t server, const char *client, const char *location,
                int64_t seconds);
struct herd_slice sim_record(const struct sim *sim, uint32_t server, const char *client);
/* The record's client time, or -1 when there is none. */
int64_t sim_seconds(const struct sim *sim, uint32_t server, const char *client);
/* A crash, and a start with an empty store. Nobody hears of the end of one that vanishes.
 */
void sim_stop(struct sim *sim, uint32_t server);
void sim_vanish(struct sim *sim, uint32_t server);
void sim_start(struct sim *sim, uint32_t server);
bool sim_is_up(const struct sim *sim, uint32_t server);
/* Cutting drops the connections at once, with all bytes under way. */
void sim_cut(struct sim *sim, uint32_t a, uint32_t b);
void sim_heal(struct sim *sim, uint32_t a, uint32_t b);
uint64_t sim_records_sent(const struct sim *sim);
/* Connections between the two that are open on at least one end. */
size_t sim_pipes(const struct sim *sim, uint32_t a, uint32_t b);

#endif
