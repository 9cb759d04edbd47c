/* SPDX-License-Identifier: ISC */
#include "net.h"

#include "engine.h"
#include "stream.h"

#include <stdlib.h>

/* ---- connections ---- */

struct sim_pipe *net_find(struct sim *sim, herd_conn_id id)
{
    struct sim_pipe *pipe = sim->pipe[(uint32_t)id];
    return pipe != NULL && pipe->id == id ? pipe : NULL;
}

int net_end(const struct sim_pipe *pipe, uint32_t server)
{
    return pipe->server[0] == server ? 0 : pipe->server[1] == server ? 1 : -1;
}

static bool in_use(const struct sim_pipe *pipe)
{
    return pipe->open[0] || pipe->open[1] || pipe->opening[0] || pipe->opening[1];
}

static struct sim_pipe *free_slot(struct sim *sim)
{
    uint32_t slot = 0;
    while (slot < sim->pipe_count && in_use(sim->pipe[slot]))
        slot++;
    if (slot == SIM_PIPES)
        abort();
    if (slot == sim->pipe_count) {
        sim->pipe[slot] = calloc(1, sizeof *sim->pipe[slot]);
        if (sim->pipe[slot] == NULL)
            abort();
        sim->pipe_count++;
    }
    sim->pipe[slot]->slot = slot;
    return sim->pipe[slot];
}

struct sim_pipe *net_open(struct sim *sim, uint32_t from, uint32_t to)
{
    struct sim_pipe *pipe = free_slot(sim);
    pipe->id = ++sim->generation << 32 | pipe->slot;
    for (int end = 0; end < 2; end++) {
        struct sim_stream *stream = &pipe->from[end];
        *stream = (struct sim_stream){.data = stream->data, .size = stream->size};
        pipe->server[end] = end == 0 ? from : to;
        pipe->open[end] = end == 0 || to != SIM_SERVERS;
        pipe->opening[end] = false;
    }
    pipe->follower = NULL;
    return pipe;
}

/* ---- dials ---- */

static void fail_dial(struct sim *sim, uint32_t from, uint32_t to, int64_t in_ns)
{
    queue_put(&sim->queue, (struct sim_event){.kind = SIM_DIAL_FAILED,
                                              .server = from,
                                              .life = sim->server[from].life,
                                              .other = to,
                                              .at_ns = sim->now_ns + in_ns});
}

void net_dial(struct sim *sim, uint32_t from, uint32_t to)
{
    const struct sim_path *there = &sim->path[from][to], *back = &sim->path[to][from];
    int64_t timeout_ns = sim->conf.link_connect_timeout_ms * HERD_NS_PER_MS;
    int64_t hole_ns = there->hole_until_ns > back->hole_until_ns ? there->hole_until_ns
                                                                 : back->hole_until_ns;
    int64_t start_ns = hole_ns > sim->now_ns ? hole_ns : sim->now_ns;
    int64_t trip_ns = there->latency_ns + back->latency_ns;
    if (start_ns - sim->now_ns + trip_ns >= timeout_ns || sim->server[to].vanished) {
        fail_dial(sim, from, to, timeout_ns);
        return;
    }
    queue_put(&sim->queue, (struct sim_event){.kind = SIM_SYN,
                                              .server = from,
                                              .life = sim->server[from].life,
                                              .other = to,
                                              .at_ns = start_ns + there->latency_ns});
}

static bool alive(const struct sim *sim, uint32_t server, uint64_t life)
{
    return sim->server[server].core != NULL && sim->server[server].life == life;
}

static void report_opened(struct sim *sim, struct sim_pipe *pipe, int end, int64_t dialled)
{
    uint32_t server = pipe->server[end];
    size_t before = herd_core_conn_count(sim->server[server].core);
    engine_step(sim, server,
                (struct herd_event){.kind = HERD_EV_OPENED,
                                    .role = HERD_ROLE_PEER,
                                    .conn = pipe->id,
                                    .server = dialled});
    if (pipe->open[end] && herd_core_conn_count(sim->server[server].core) == before)
        sim_broken(sim, "a connection is forgotten");
}

static void syn(struct sim *sim, const struct sim_event *event)
{
    uint32_t from = event->server, to = event->other;
    int64_t back_ns = sim->path[to][from].latency_ns;
    if (!alive(sim, from, event->life))
        return;
    if (sim->server[to].core == NULL || sim->server[to].stopping ||
        sim->path[from][to].cut) {
        fail_dial(sim, from, to, back_ns);
        return;
    }
    struct sim_pipe *pipe = net_open(sim, from, to);
    struct sim_event opened = stream_event(sim, pipe, 0, SIM_OPENED);
    pipe->open[0] = false;
    pipe->opening[0] = true;
    pipe->from[1].last_ns = sim->now_ns + back_ns;
    opened.server = from;
    opened.life = event->life;
    opened.other = to;
    opened.at_ns += back_ns;
    queue_put(&sim->queue, opened);
    report_opened(sim, pipe, 1, -1);
}

static void opened(struct sim *sim, const struct sim_event *event)
{
    struct sim_pipe *pipe = net_find(sim, event->conn);
    bool here = alive(sim, event->server, event->life);
    if (pipe == NULL) {
        if (here)
            abort();
        return;
    }
    pipe->opening[0] = false;
    if (!here) {
        net_abandon(sim, pipe, 0, sim->server[event->server].vanished);
        return;
    }
    pipe->open[0] = true;
    report_opened(sim, pipe, 0, event->other);
}

static void dial_failed(struct sim *sim, const struct sim_event *event)
{
    struct herd_event failed = {.kind = HERD_EV_DIAL_FAILED, .server = event->other};
    failed.bytes = HERD_LIT("connection refused");
    if (alive(sim, event->server, event->life))
        engine_step(sim, event->server, failed);
}

void net_happen(struct sim *sim, const struct sim_event *event)
{
    struct sim_pipe *pipe;
    switch (event->kind) {
    case SIM_SYN: syn(sim, event); break;
    case SIM_OPENED: opened(sim, event); break;
    case SIM_DIAL_FAILED: dial_failed(sim, event); break;
    case SIM_ARRIVE: stream_on_arrive(sim, event); break;
    case SIM_FREED: stream_on_freed(sim, event); break;
    case SIM_RESET:
        if ((pipe = net_find(sim, event->conn)) != NULL)
            stream_on_reset(sim, pipe, event->end);
        break;
    case SIM_STALL: stream_on_stall(sim, event); break;
    case SIM_TIMER: break;
    }
}

/* ---- faults ---- */

static bool joins(const struct sim_pipe *pipe, uint32_t a, uint32_t b)
{
    return (pipe->server[0] == a && pipe->server[1] == b) ||
           (pipe->server[0] == b && pipe->server[1] == a);
}

/* Often this ends inside a frame. */
static void take_some(struct sim *sim, struct sim_pipe *pipe, int to)
{
    const struct sim_stream *stream = &pipe->from[!to];
    uint64_t under_way = stream->planned - stream->taken;
    if (pipe->open[to] && !stream->lost && under_way > 0)
        stream_take(sim, pipe, to,
                    stream->taken + dice_roll(&sim->dice, (uint32_t)under_way + 1));
}

void net_reset(struct sim *sim, struct sim_pipe *pipe)
{
    herd_conn_id id = pipe->id;
    for (int end = 0; end < 2; end++)
        if (pipe->id == id)
            take_some(sim, pipe, end);
    for (int end = 0; end < 2; end++)
        if (pipe->id == id)
            stream_on_reset(sim, pipe, end);
    if (pipe->id != id)
        return;
    pipe->from[0].lost = true;
    pipe->from[1].lost = true;
}

void net_reset_all(struct sim *sim, uint32_t a, uint32_t b)
{
    for (uint32_t i = 0; i < sim->pipe_count; i++)
        if (joins(sim->pipe[i], a, b))
            net_reset(sim, sim->pipe[i]);
}

void net_lose(struct sim *sim, uint32_t a, uint32_t b)
{
    for (uint32_t i = 0; i < sim->pipe_count; i++) {
        struct sim_pipe *pipe = sim->pipe[i];
        if (joins(pipe, a, b))
            pipe->from[net_end(pipe, a)].lost = true;
    }
}

void net_cut(struct sim *sim, uint32_t a, uint32_t b)
{
    sim->path[a][b].cut = sim->path[b][a].cut = true;
    net_reset_all(sim, a, b);
}

void net_heal(struct sim *sim, uint32_t a, uint32_t b)
{
    sim->path[a][b].cut = sim->path[b][a].cut = false;
}

void net_hole(struct sim *sim, uint32_t a, uint32_t b, int64_t ms)
{
    int64_t until_ns = sim->now_ns + ms * HERD_NS_PER_MS;
    if (until_ns > sim->path[a][b].hole_until_ns)
        sim->path[a][b].hole_until_ns = until_ns;
}
