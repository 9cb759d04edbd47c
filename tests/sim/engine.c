#include "engine.h"

#include "check.h"

#include <stdio.h>
#include <stdlib.h>

/* 2021-05-19; a server's clock is so much ahead of the one before it. */
#define WALL_NS      INT64_C(1621464828000000000)
#define WALL_SKEW_NS INT64_C(700000000)
#define PIECE_NS     INT64_C(1000)

enum { STEPS_MAX = 20000000 };

struct sim_pipe *sim_pipe_find(struct sim *sim, herd_conn_id id)
{
    struct sim_pipe *pipe = &sim->pipe[(uint32_t)id];
    return pipe->id == id ? pipe : NULL;
}

static int end_of(const struct sim_pipe *pipe, uint32_t server)
{
    return pipe->open[1] && pipe->server[1] == server;
}

static int64_t latency_ns(const struct sim *sim, const struct sim_pipe *pipe)
{
    return sim->latency_ms[pipe->server[0]][pipe->server[1]] * HERD_NS_PER_MS;
}

static struct sim_event to_end(const struct sim *sim, const struct sim_pipe *pipe, int end)
{
    uint32_t server = pipe->server[end];
    return (struct sim_event){.server = server,
                              .life = sim->server[server].life,
                              .conn = pipe->id,
                              .at_ns = sim->now_ns};
}

/* ---- actions ---- */

static void send_piece(struct sim *sim, struct sim_pipe *pipe, int to,
                       struct herd_slice bytes)
{
    struct sim_event event = to_end(sim, pipe, to);
    int64_t arrival = sim->now_ns + latency_ns(sim, pipe);
    if (arrival < pipe->last_ns[to])
        arrival = pipe->last_ns[to];
    event.kind = SIM_DATA;
    event.at_ns = arrival;
    event.bytes = malloc(bytes.len);
    event.len = bytes.len;
    if (event.bytes == NULL)
        abort();
    memcpy(event.bytes, bytes.data, bytes.len);
    queue_put(&sim->queue, event);
    pipe->last_ns[to] = arrival;
}

static void send_bytes(struct sim *sim, struct sim_pipe *pipe, int from,
                       struct herd_slice bytes)
{
    while (sim->pieces && pipe->open[!from] && bytes.len > 1) {
        size_t len = 1 + dice_roll(&sim->dice, (uint32_t)bytes.len);
        if (len >= bytes.len)
            break;
        send_piece(sim, pipe, !from, herd_slice(bytes.data, len));
        pipe->last_ns[!from] += PIECE_NS;
        bytes = herd_slice_from(bytes, len);
    }
    if (pipe->open[!from])
        send_piece(sim, pipe, !from, bytes);
    struct sim_event drained = to_end(sim, pipe, from);
    drained.kind = SIM_DRAINED;
    drained.at_ns = pipe->last_ns[!from] > sim->now_ns ? pipe->last_ns[!from] : sim->now_ns;
    queue_put(&sim->queue, drained);
}

/* The other end hears of it behind the bytes that are under way. */
void sim_pipe_close(struct sim *sim, struct sim_pipe *pipe, int end)
{
    pipe->open[end] = false;
    if (!pipe->open[!end])
        return;
    struct sim_event event = to_end(sim, pipe, !end);
    event.kind = SIM_CLOSED;
    event.at_ns += latency_ns(sim, pipe);
    if (event.at_ns < pipe->last_ns[!end])
        event.at_ns = pipe->last_ns[!end];
    queue_put(&sim->queue, event);
}

static void keep_reply(struct sim *sim, struct herd_slice bytes)
{
    if (bytes.len > SIM_REPLY - sim->reply_len)
        abort();
    memcpy(sim->reply + sim->reply_len, bytes.data, bytes.len);
    sim->reply_len += bytes.len;
}

static void dial(struct sim *sim, uint32_t server, uint32_t other)
{
    struct sim_event event = {.kind = SIM_DIALLED, .server = server, .other = other};
    event.life = sim->server[server].life;
    event.at_ns = sim->now_ns + sim->latency_ms[server][other] * HERD_NS_PER_MS;
    queue_put(&sim->queue, event);
}

static void carry_out(struct sim *sim, uint32_t server, const struct herd_action *action)
{
    struct sim_pipe *pipe = action->conn != 0 ? sim_pipe_find(sim, action->conn) : NULL;
    int end = pipe != NULL ? end_of(pipe, server) : 0;
    bool mine = pipe != NULL && pipe->open[end] && pipe->server[end] == server;
    switch (action->kind) {
    case HERD_DO_SEND:
        if (!CHECK(mine))
            break;
        if (pipe->server[1] == SIM_SERVERS)
            keep_reply(sim, action->bytes);
        else
            send_bytes(sim, pipe, end, action->bytes);
        break;
    case HERD_DO_CLOSE:
        if (CHECK(mine))
            sim_pipe_close(sim, pipe, end);
        break;
    case HERD_DO_DIAL: dial(sim, server, action->server); break;
    case HERD_DO_PAUSE:
    case HERD_DO_RESUME:
    case HERD_DO_FETCH:
    case HERD_DO_CANCEL:
    case HERD_DO_LOG: break;
    }
}

/* ---- steps ---- */

static void step(struct sim *sim, uint32_t server, struct herd_event event)
{
    struct herd_actions actions;
    struct herd_core *core = sim->server[server].core;
    event.mono = (struct herd_mono){sim->now_ns};
    event.wall = (struct herd_wall){WALL_NS + sim->now_ns + server * WALL_SKEW_NS};
    if (++sim->steps > STEPS_MAX) {
        fprintf(stderr, "the simulated herd does not come to rest\n");
        abort();
    }
    herd_step(core, &event, &actions);
    for (size_t i = 0; i < actions.count; i++)
        carry_out(sim, server, &actions.list[i]);
    if (sim->watch != NULL)
        sim->watch(sim->watch_ctx, sim, server);
}

void sim_tick(struct sim *sim, uint32_t server)
{
    struct sim_server *at = &sim->server[server];
    step(sim, server, (struct herd_event){.kind = HERD_EV_TICK});
    struct herd_mono deadline = herd_deadline(at->core);
    at->tick_ns = deadline.ns > sim->now_ns ? deadline.ns : sim->now_ns;
    if (herd_mono_is_never(deadline))
        return;
    queue_put(&sim->queue, (struct sim_event){.kind = SIM_TICK,
                                              .server = server,
                                              .life = at->life,
                                              .at_ns = at->tick_ns});
}

void sim_step(struct sim *sim, uint32_t server, struct herd_event event)
{
    step(sim, server, event);
    sim_tick(sim, server);
}

struct sim_pipe *sim_pipe_open(struct sim *sim, uint32_t from, uint32_t to)
{
    uint32_t slot = 0;
    while (slot < SIM_PIPES && (sim->pipe[slot].open[0] || sim->pipe[slot].open[1]))
        slot++;
    if (slot == SIM_PIPES)
        abort();
    struct sim_pipe *pipe = &sim->pipe[slot];
    *pipe = (struct sim_pipe){.id = ++sim->generation << 32 | slot,
                              .server = {from, to},
                              .open = {true, to != SIM_SERVERS}};
    return pipe;
}

static void dialled(struct sim *sim, uint32_t server, uint32_t other)
{
    struct herd_event event = {.kind = HERD_EV_DIAL_FAILED, .server = other};
    if (sim->server[other].core == NULL || sim->link_cut[server][other]) {
        event.bytes = HERD_LIT("nobody there");
        sim_step(sim, server, event);
        return;
    }
    event.kind = HERD_EV_OPENED;
    event.role = HERD_PEER;
    event.conn = sim_pipe_open(sim, server, other)->id;
    sim_step(sim, server, event);
    event.server = -1;
    sim_step(sim, other, event);
}

static void conn_happens(struct sim *sim, const struct sim_event *event)
{
    struct sim_pipe *pipe = sim_pipe_find(sim, event->conn);
    int end = pipe != NULL ? end_of(pipe, event->server) : 0;
    if (pipe == NULL || !pipe->open[end] || pipe->server[end] != event->server)
        return;
    struct herd_event out = {.kind = HERD_EV_DRAINED, .conn = event->conn};
    if (event->kind == SIM_DATA) {
        out.kind = HERD_EV_DATA;
        out.bytes = herd_slice(event->bytes, event->len);
    } else if (event->kind == SIM_CLOSED) {
        out.kind = HERD_EV_CLOSED;
        out.bytes = HERD_LIT("closed by the other side");
        pipe->open[end] = false;
    }
    sim_step(sim, event->server, out);
}

void sim_pipe_break(struct sim *sim, struct sim_pipe *pipe, int end)
{
    struct sim_event event = to_end(sim, pipe, end);
    event.kind = SIM_CLOSED;
    if (pipe->open[end])
        conn_happens(sim, &event);
}

static void happen(struct sim *sim, const struct sim_event *event)
{
    const struct sim_server *at = &sim->server[event->server];
    if (at->core == NULL || at->life != event->life)
        return;
    if (event->kind == SIM_DIALLED)
        dialled(sim, event->server, event->other);
    else if (event->kind != SIM_TICK)
        conn_happens(sim, event);
    else if (event->at_ns == at->tick_ns)
        sim_tick(sim, event->server);
}

void sim_run_until(struct sim *sim, int64_t ms)
{
    int64_t end_ns = SIM_START_NS + ms * HERD_NS_PER_MS;
    const struct sim_event *next;
    while ((next = queue_peek(&sim->queue)) != NULL && next->at_ns <= end_ns) {
        struct sim_event event = queue_take(&sim->queue);
        sim->now_ns = event.at_ns;
        happen(sim, &event);
        free(event.bytes);
    }
    sim->now_ns = end_ns;
}

void sim_run_for(struct sim *sim, int64_t ms)
{
    sim_run_until(sim, (sim->now_ns - SIM_START_NS) / HERD_NS_PER_MS + ms);
}
