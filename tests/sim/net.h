/* The simulated TCP between neighbours, and the queue of what is yet to happen. */
#ifndef TESTS_SIM_NET_H
#define TESTS_SIM_NET_H

#include "sim.h"

struct sim_link {
    uint32_t a, b;
    int64_t latency_ns;
    bool cut;
};

struct sim_link *sim_link_between(const struct sim *sim, uint32_t a, uint32_t b);

/* ---- the queue ---- */

enum sim_kind {
    SIM_SYN,     /* pipe: a dial arrives */
    SIM_SYN_ACK, /* pipe: the dialler learns that it was let in */
    SIM_NO,      /* pipe: the dialler learns that it was not */
    SIM_DATA,    /* pipe, end (the reader's), bytes */
    SIM_FIN,     /* pipe, end (the reader's) */
    SIM_RESET,   /* pipe, end (that is told) */
    SIM_DRAINED, /* pipe, end */
    SIM_PLACES,  /* server, incarnation, lookup */
};

struct sim_event {
    int64_t at_ns;
    uint64_t order; /* of those at the same time */
    enum sim_kind kind;
    struct sim_pipe *pipe;
    int end;
    uint32_t server, incarnation;
    uint64_t lookup;
    char *data; /* owned */
    size_t len;
};

struct sim_queue {
    struct sim_event *heap;
    size_t count, size;
    uint64_t last_order;
};

void sim_queue_put(struct sim_queue *queue, struct sim_event event);
/* When the first one is due; INT64_MAX: there is none. */
int64_t sim_queue_due(const struct sim_queue *queue);
struct sim_event sim_queue_take(struct sim_queue *queue);

/* ---- pipes ---- */

/* One side of a connection. */
struct sim_end {
    uint32_t server, incarnation;
    herd_conn_id conn;
    bool open;     /* the core holds it */
    bool finished; /* the core has closed it: FIN follows what is unsent */
    bool owed;     /* a DRAINED is in the queue */
    struct sim_text unsent;
    size_t under_way;   /* bytes sent and not yet read by the other side */
    int64_t arrival_ns; /* of the last thing sent from here: nothing overtakes */
};

struct sim_pipe {
    struct sim_pipe *next;
    struct sim_link *link;
    struct sim_end end[2]; /* 0 dialled */
    bool dead;             /* reset: what is under way is lost */
    size_t events;         /* in the queue */
};

void sim_net_dial(struct sim *sim, uint32_t from, uint32_t to);
void sim_net_send(struct sim *sim, uint32_t server, herd_conn_id conn,
                  struct herd_slice bytes);
void sim_net_close(struct sim *sim, uint32_t server, herd_conn_id conn);

/* A server is gone: its connections are reset. */
void sim_net_server_gone(struct sim *sim, uint32_t server);
void sim_net_reset_link(struct sim *sim, const struct sim_link *link);

/* Does what has become due. */
void sim_net_happen(struct sim *sim, struct sim_event *event);
void sim_net_free(struct sim *sim);

/* An id for a connection of this server, and its end. */
herd_conn_id sim_conn_new(struct sim *sim, uint32_t server, struct sim_pipe *pipe);
void sim_conn_free(struct sim *sim, uint32_t server, herd_conn_id conn);

#endif
