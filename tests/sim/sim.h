/* A herd in one process, on virtual time.
 *
 * N cores, driven as the real driver does it: actions are carried out in order, DRAINED
 * follows what was sent, and after each event comes a TICK. Between neighbours runs a
 * simulated TCP: in order, cut into segments as the seed likes, with a latency for each
 * link and a kernel that takes only so many bytes. Nothing else decides: the same setup
 * and the same calls give the same run, event for event (sim->hash tells). */
#ifndef TESTS_SIM_SIM_H
#define TESTS_SIM_SIM_H

#include "fail_mem.h"
#include "herd/core.h"

#define SIM_MS INT64_C(1000000) /* in nanoseconds */

enum { SIM_CLIENT_CONN = 0, SIM_SLOTS_MAX = 4096 };

struct sim_setup {
    const char *conf; /* text */
    uint64_t seed;
    int64_t latency_min_us, latency_max_us; /* each link draws its own */
    int64_t skew_max_ms; /* wall clocks differ by at most so much; may be 0 */
    size_t segment_max;  /* bytes of a segment at most; 0: as large as can be */
    size_t kernel_bytes; /* under way in one direction at most; 0: no limit */
    bool trace;          /* keep a text of all that happens */
};

struct sim_text {
    char *data; /* ends with NUL once used */
    size_t len, size;
};

struct sim_server {
    struct fail_mem mem;
    struct herd_core *core; /* NULL: down */
    uint32_t incarnation;   /* starts so far */
    bool leaving;
    int64_t wall_offset_ns;
    herd_conn_id client;    /* the connection of sim_say; 0: none */
    struct sim_text heard;  /* what came back on it */
    struct sim_pipe **slot; /* pipe of a connection, by the id's low half */
    uint64_t last_generation;
    struct herd_stats past; /* of the incarnations that are gone */
};

struct sim {
    struct sim_setup setup;
    struct fail_mem conf_mem;
    struct herd_conf conf;
    int64_t now_ns;
    uint64_t random;
    uint64_t hash;   /* of all events so far */
    uint64_t events; /* given to cores so far, ticks left out */
    struct sim_server *server;
    struct sim_link *link; /* by the index of conf.links */
    struct sim_queue *queue;
    struct sim_pipe *pipes; /* all that ever were and are not yet forgotten */
    struct sim_text trace;
    /* Called after each event of a server, if set. */
    void (*watch)(void *ctx, struct sim *sim, uint32_t server);
    void *watch_ctx;
};

/* All servers are down, all links whole. Aborts when the configuration is wrong. */
struct sim *sim_new(const struct sim_setup *setup);

/* Checks that every core gives all its memory back. */
void sim_free(struct sim *sim);

/* ---- servers ---- */

/* With an empty store and a new boot id. */
void sim_start(struct sim *sim, uint32_t server);
void sim_start_all(struct sim *sim);

/* At once, without a word: what it has sent and nobody has read yet is lost. */
void sim_crash(struct sim *sim, uint32_t server);

/* STOP: it goes down by itself, some time later. */
void sim_leave(struct sim *sim, uint32_t server);

bool sim_is_up(const struct sim *sim, uint32_t server);

/* ---- links; a and b are neighbours ---- */

/* Resets the link's connections, losing what is under way, and lets none through. */
void sim_cut(struct sim *sim, uint32_t a, uint32_t b);
void sim_heal(struct sim *sim, uint32_t a, uint32_t b);
bool sim_is_cut(const struct sim *sim, uint32_t a, uint32_t b);

/* Connections between the two that both sides still hold open. */
size_t sim_pipe_count(const struct sim *sim, uint32_t a, uint32_t b);
int64_t sim_latency_ns(const struct sim *sim, uint32_t a, uint32_t b);

/* ---- time ---- */

void sim_run_ms(struct sim *sim, int64_t ms);

/* Until nothing is under way, or for `ms` at most. Returns whether nothing is. */
bool sim_settle(struct sim *sim, int64_t ms);

/* ---- clients ---- */

/* Says a line on the server's one client connection. The replies so far are in
 * sim->server[server].heard. The server must be up. */
void sim_say(struct sim *sim, uint32_t server, const char *line);

/* What a server knows about a client; empty when nothing, or when it is down. */
struct herd_slice sim_record(const struct sim *sim, uint32_t server, const char *client);

/* ---- sums over all servers and incarnations ---- */

struct herd_stats sim_stats(const struct sim *sim);

/* ---- for the parts of the simulator, and for tests ---- */

uint64_t sim_random(struct sim *sim);
/* Evenly from least to most, both included. */
int64_t sim_random_in(struct sim *sim, int64_t least, int64_t most);
void sim_text_add(struct sim_text *text, struct herd_slice bytes);
void sim_note(struct sim *sim, uint32_t server, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Gives one event to a server that is up, then a tick, and does what they ask for. */
void sim_give(struct sim *sim, uint32_t server, struct herd_event event);

#endif
