#include "net.h"

#include <stdlib.h>

enum { DIAL_TIMEOUT_MS = 500 };

struct sim_link *sim_link_between(const struct sim *sim, uint32_t a, uint32_t b)
{
    for (uint32_t i = 0; i < sim->conf.link_count; i++) {
        struct sim_link *link = &sim->link[i];
        if ((link->a == a && link->b == b) || (link->a == b && link->b == a))
            return link;
    }
    abort();
}

/* ---- what is to happen to a pipe ---- */

static void put(struct sim *sim, struct sim_pipe *pipe, enum sim_kind kind, int end,
                int64_t at_ns)
{
    pipe->events++;
    sim_queue_put(sim->queue, (struct sim_event){
                                  .at_ns = at_ns, .kind = kind, .pipe = pipe, .end = end});
}

/* When something sent now from this end arrives at the other. */
static int64_t arrival(struct sim *sim, struct sim_pipe *pipe, struct sim_end *from)
{
    int64_t at = sim->now_ns + pipe->link->latency_ns;
    if (at > from->arrival_ns)
        from->arrival_ns = at;
    return from->arrival_ns;
}

static bool is_up(const struct sim *sim, const struct sim_end *end)
{
    const struct sim_server *server = &sim->server[end->server];
    return server->core != NULL && server->incarnation == end->incarnation;
}

static void give(struct sim *sim, struct sim_end *end, enum herd_event_kind kind,
                 struct herd_slice bytes)
{
    sim_give(sim, end->server,
             (struct herd_event){.kind = kind, .conn = end->conn, .bytes = bytes});
}

static void let_go(struct sim *sim, struct sim_end *end)
{
    if (!end->open)
        return;
    end->open = false;
    if (is_up(sim, end))
        sim_conn_free(sim, end->server, end->conn);
}

/* ---- sending ---- */

static size_t segment_size(struct sim *sim, const struct sim_end *from)
{
    size_t most = from->unsent.len, kernel = sim->setup.kernel_bytes;
    if (kernel > 0 && most > kernel - from->under_way)
        most = kernel - from->under_way;
    if (sim->setup.segment_max > 0 && most > sim->setup.segment_max)
        most = sim->setup.segment_max;
    if (most > 1 && sim->setup.segment_max > 0)
        most = (size_t)sim_random_in(sim, 1, (int64_t)most);
    return most;
}

static void send_segment(struct sim *sim, struct sim_pipe *pipe, int end, size_t len)
{
    struct sim_end *from = &pipe->end[end];
    struct sim_event event = {.at_ns = arrival(sim, pipe, from),
                              .kind = SIM_DATA,
                              .pipe = pipe,
                              .end = 1 - end,
                              .data = malloc(len),
                              .len = len};
    if (event.data == NULL)
        abort();
    memcpy(event.data, from->unsent.data, len);
    from->unsent.len -= len;
    memmove(from->unsent.data, from->unsent.data + len, from->unsent.len);
    from->under_way += len;
    pipe->events++;
    sim_queue_put(sim->queue, event);
}

/* Hands the kernel what it takes; with nothing left come DRAINED or FIN. */
static void pump(struct sim *sim, struct sim_pipe *pipe, int end)
{
    struct sim_end *from = &pipe->end[end];
    size_t len;
    while ((len = segment_size(sim, from)) > 0)
        send_segment(sim, pipe, end, len);
    if (from->unsent.len > 0)
        return;
    if (from->open && !from->owed) {
        from->owed = true;
        put(sim, pipe, SIM_DRAINED, end, sim->now_ns);
    }
    if (from->finished) {
        from->finished = false;
        put(sim, pipe, SIM_FIN, 1 - end, arrival(sim, pipe, from));
    }
}

static struct sim_pipe *find(struct sim *sim, uint32_t server, herd_conn_id conn, int *end)
{
    struct sim_pipe *pipe = sim->server[server].slot[(uint32_t)conn];
    *end = pipe->end[0].server == server ? 0 : 1;
    return pipe;
}

void sim_net_send(struct sim *sim, uint32_t server, herd_conn_id conn,
                  struct herd_slice bytes)
{
    int end;
    struct sim_pipe *pipe = find(sim, server, conn, &end);
    if (pipe->dead)
        return;
    sim_text_add(&pipe->end[end].unsent, bytes);
    pump(sim, pipe, end);
}

void sim_net_close(struct sim *sim, uint32_t server, herd_conn_id conn)
{
    int end;
    struct sim_pipe *pipe = find(sim, server, conn, &end);
    let_go(sim, &pipe->end[end]);
    if (pipe->dead)
        return;
    pipe->end[end].finished = true;
    pump(sim, pipe, end);
}

/* ---- dialling ---- */

void sim_net_dial(struct sim *sim, uint32_t from, uint32_t to)
{
    struct sim_pipe *pipe = calloc(1, sizeof *pipe);
    if (pipe == NULL)
        abort();
    pipe->link = sim_link_between(sim, from, to);
    pipe->end[0].server = from;
    pipe->end[0].incarnation = sim->server[from].incarnation;
    pipe->end[1].server = to;
    pipe->next = sim->pipes;
    sim->pipes = pipe;
    if (pipe->link->cut)
        put(sim, pipe, SIM_NO, 0, sim->now_ns + DIAL_TIMEOUT_MS * SIM_MS);
    else
        put(sim, pipe, SIM_SYN, 1, arrival(sim, pipe, &pipe->end[0]));
}

static void syn(struct sim *sim, struct sim_pipe *pipe)
{
    struct sim_end *end = &pipe->end[1];
    if (pipe->dead || sim->server[end->server].core == NULL) {
        put(sim, pipe, SIM_NO, 0, arrival(sim, pipe, end));
        return;
    }
    end->incarnation = sim->server[end->server].incarnation;
    end->conn = sim_conn_new(sim, end->server, pipe);
    end->open = true;
    put(sim, pipe, SIM_SYN_ACK, 0, arrival(sim, pipe, end));
    sim_give(
        sim, end->server,
        (struct herd_event){
            .kind = HERD_EV_OPENED, .conn = end->conn, .role = HERD_PEER, .server = -1});
}

static void syn_ack(struct sim *sim, struct sim_pipe *pipe, bool ok)
{
    struct sim_end *end = &pipe->end[0];
    struct herd_event event = {.server = pipe->end[1].server, .role = HERD_PEER};
    if (!is_up(sim, end)) {
        pipe->dead = true;
        if (pipe->end[1].open)
            put(sim, pipe, SIM_RESET, 1, arrival(sim, pipe, end));
        return;
    }
    if (ok && !pipe->dead) {
        end->conn = sim_conn_new(sim, end->server, pipe);
        end->open = true;
        event.kind = HERD_EV_OPENED;
        event.conn = end->conn;
    } else {
        event.kind = HERD_EV_DIAL_FAILED;
        event.bytes = HERD_LIT("connection refused");
    }
    sim_give(sim, end->server, event);
}

/* ---- arriving ---- */

static void reset(struct sim *sim, struct sim_pipe *pipe, int told)
{
    struct sim_end *end = &pipe->end[told];
    pipe->dead = true;
    if (!end->open || !is_up(sim, end))
        return;
    let_go(sim, end);
    give(sim, end, HERD_EV_CLOSED, HERD_LIT("connection reset"));
}

static void data(struct sim *sim, struct sim_pipe *pipe, int reader,
                 struct herd_slice bytes)
{
    struct sim_end *to = &pipe->end[reader], *from = &pipe->end[1 - reader];
    if (pipe->dead)
        return;
    from->under_way -= bytes.len;
    if (to->open)
        give(sim, to, HERD_EV_DATA, bytes);
    else if (from->open)
        put(sim, pipe, SIM_RESET, 1 - reader, arrival(sim, pipe, to));
    if (!pipe->dead && (from->unsent.len > 0 || from->finished))
        pump(sim, pipe, 1 - reader);
}

static void forget_if_done(struct sim *sim, struct sim_pipe *pipe)
{
    struct sim_pipe **at = &sim->pipes;
    if (pipe->events > 0 || pipe->end[0].open || pipe->end[1].open)
        return;
    while (*at != pipe)
        at = &(*at)->next;
    *at = pipe->next;
    free(pipe->end[0].unsent.data);
    free(pipe->end[1].unsent.data);
    free(pipe);
}

void sim_net_happen(struct sim *sim, struct sim_event *event)
{
    struct sim_pipe *pipe = event->pipe;
    struct sim_end *end = &pipe->end[event->end];
    switch (event->kind) {
    case SIM_SYN: syn(sim, pipe); break;
    case SIM_SYN_ACK: syn_ack(sim, pipe, true); break;
    case SIM_NO: syn_ack(sim, pipe, false); break;
    case SIM_DATA: data(sim, pipe, event->end, herd_slice(event->data, event->len)); break;
    case SIM_FIN:
        if (end->open && !pipe->dead)
            give(sim, end, HERD_EV_EOF, HERD_LIT(""));
        break;
    case SIM_RESET: reset(sim, pipe, event->end); break;
    case SIM_DRAINED:
        end->owed = false;
        if (end->open && !pipe->dead)
            give(sim, end, HERD_EV_DRAINED, HERD_LIT(""));
        break;
    case SIM_PLACES: break;
    }
    pipe->events--;
    forget_if_done(sim, pipe);
}

/* ---- faults ---- */

/* Both sides learn of it, each after some time. */
static void kill(struct sim *sim, struct sim_pipe *pipe)
{
    if (pipe->dead)
        return;
    pipe->dead = true;
    for (int end = 0; end < 2; end++)
        if (pipe->end[end].open)
            put(sim, pipe, SIM_RESET, end,
                sim->now_ns + sim_random_in(sim, 0, 4) * pipe->link->latency_ns);
}

void sim_net_server_gone(struct sim *sim, uint32_t server)
{
    for (struct sim_pipe *pipe = sim->pipes; pipe != NULL; pipe = pipe->next)
        for (int end = 0; end < 2; end++)
            if (pipe->end[end].server == server && pipe->end[end].open) {
                pipe->end[end].open = false;
                kill(sim, pipe);
            }
}

void sim_net_reset_link(struct sim *sim, const struct sim_link *link)
{
    for (struct sim_pipe *pipe = sim->pipes; pipe != NULL; pipe = pipe->next)
        if (pipe->link == link)
            kill(sim, pipe);
}

void sim_net_free(struct sim *sim)
{
    while (sim->queue->count > 0) {
        struct sim_event event = sim_queue_take(sim->queue);
        free(event.data);
    }
    while (sim->pipes != NULL) {
        struct sim_pipe *pipe = sim->pipes;
        sim->pipes = pipe->next;
        free(pipe->end[0].unsent.data);
        free(pipe->end[1].unsent.data);
        free(pipe);
    }
}
