#include "net.h"

#include "engine.h"
#include "wire.h"

#include <stdlib.h>

/* Pieces of one send arrive so far apart. */
#define PIECE_NS INT64_C(1000)

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
    return pipe;
}

/* ---- paths ---- */

static const struct sim_path *path_from(const struct sim *sim, const struct sim_pipe *pipe,
                                        int end)
{
    return &sim->path[pipe->server[end]][pipe->server[!end]];
}

static struct sim_event event_for(const struct sim *sim, const struct sim_pipe *pipe,
                                  int end, enum sim_kind kind)
{
    return (struct sim_event){
        .kind = kind, .conn = pipe->id, .end = end, .at_ns = sim->now_ns};
}

/* ---- bytes under way ---- */

static void append(struct sim_stream *stream, struct herd_slice bytes)
{
    size_t held = (size_t)(stream->sent - stream->base);
    if (stream->taken > stream->base && stream->taken - stream->base >= held / 2) {
        size_t gone = (size_t)(stream->taken - stream->base);
        memmove(stream->data, stream->data + gone, held - gone);
        stream->base = stream->taken;
        held -= gone;
    }
    if (held + bytes.len > stream->size) {
        stream->size = 2 * (held + bytes.len) + 1024;
        stream->data = realloc(stream->data, stream->size);
        if (stream->data == NULL)
            abort();
    }
    memcpy(stream->data + held, bytes.data, bytes.len);
    stream->sent += bytes.len;
}

/* A path with a rate delivers packet by packet. */
static size_t piece_len(struct sim *sim, const struct sim_path *path, size_t len)
{
    size_t piece = len;
    if (path->segment > 0)
        piece = 1 + dice_roll(&sim->dice, path->segment);
    else if (path->rate > 0)
        piece = NET_PACKET;
    return piece < len ? piece : len;
}

/* As much as the kernel holds is put on the wire. */
static void plan(struct sim *sim, struct sim_pipe *pipe, int from)
{
    struct sim_stream *stream = &pipe->from[from];
    const struct sim_path *path = path_from(sim, pipe, from);
    uint64_t limit = stream->freed + sim->kernel;
    if (limit > stream->sent)
        limit = stream->sent;
    while (stream->planned < limit ||
           (stream->fin && !stream->fin_planned && stream->planned == stream->sent)) {
        struct sim_event event = event_for(sim, pipe, !from, SIM_ARRIVE);
        size_t len = 0;
        if (stream->planned < limit)
            len = piece_len(sim, path, (size_t)(limit - stream->planned));
        else
            stream->fin_planned = true;
        int64_t wire_ns =
            path->rate > 0 ? (int64_t)len * HERD_NS_PER_S / path->rate : PIECE_NS;
        int64_t start_ns = sim->now_ns + path->latency_ns;
        if (start_ns < stream->last_ns)
            start_ns = stream->last_ns;
        else if (path->rate == 0)
            wire_ns = 0;
        stream->last_ns = start_ns + wire_ns;
        stream->planned += len;
        event.at_ns = stream->last_ns;
        event.place = stream->planned + stream->fin_planned;
        queue_put(&sim->queue, event);
    }
}

static bool drained(const struct sim *sim, const struct sim_pipe *pipe, int end)
{
    const struct sim_stream *stream = &pipe->from[end];
    return stream->sent <= stream->freed + sim->kernel;
}

static void report_drained(struct sim *sim, struct sim_pipe *pipe, int end)
{
    struct sim_stream *stream = &pipe->from[end];
    if (!stream->drained_wanted || !pipe->open[end] || !drained(sim, pipe, end))
        return;
    stream->drained_wanted = false;
    engine_set_drained_due(sim, pipe->server[end], pipe->id);
}

/* ---- stalls ---- */

static void watch_stall(struct sim *sim, struct sim_pipe *pipe, int end)
{
    struct sim_stream *stream = &pipe->from[end];
    struct sim_event event = event_for(sim, pipe, end, SIM_STALL);
    if (stream->watched || drained(sim, pipe, end))
        return;
    stream->watched = true;
    event.at_ns += sim->conf.link_timeout_ms * HERD_NS_PER_MS;
    queue_put(&sim->queue, event);
}

/* The bytes that the kernel has not accepted are lost. */
static void give_up(struct sim *sim, struct sim_pipe *pipe, int end)
{
    struct herd_event event = {.kind = HERD_EV_CLOSED, .conn = pipe->id};
    event.bytes = HERD_LIT("does not read: took nothing for too long");
    sim->stalls++;
    pipe->from[end].sent = pipe->from[end].planned;
    net_close(sim, pipe, end);
    engine_step(sim, pipe->server[end], event);
}

static void stall(struct sim *sim, const struct sim_event *event)
{
    struct sim_pipe *pipe = net_find(sim, event->conn);
    struct sim_event again = *event;
    if (pipe == NULL)
        return;
    struct sim_stream *stream = &pipe->from[event->end];
    stream->watched = false;
    if (!pipe->open[event->end] || drained(sim, pipe, event->end))
        return;
    again.at_ns = stream->moved_ns + sim->conf.link_timeout_ms * HERD_NS_PER_MS;
    if (again.at_ns <= sim->now_ns) {
        give_up(sim, pipe, event->end);
        return;
    }
    stream->watched = true;
    queue_put(&sim->queue, again);
}

/* ---- sending ---- */

void net_drain(struct sim *sim, struct sim_pipe *pipe, int end)
{
    pipe->from[end].drained_wanted = true;
    report_drained(sim, pipe, end);
}

void net_send(struct sim *sim, struct sim_pipe *pipe, int end, struct herd_slice bytes)
{
    struct sim_stream *stream = &pipe->from[end];
    if (drained(sim, pipe, end))
        stream->moved_ns = sim->now_ns;
    append(stream, bytes);
    wire_sent(sim, pipe, end, stream->data + (stream->sent - stream->base) - bytes.len,
              bytes.len);
    plan(sim, pipe, end);
    net_drain(sim, pipe, end);
    watch_stall(sim, pipe, end);
    uint64_t held = stream->freed + sim->kernel;
    size_t unsent = stream->sent > held ? (size_t)(stream->sent - held) : 0;
    if (unsent > sim->most_unsent)
        sim->most_unsent = unsent;
}

void net_close(struct sim *sim, struct sim_pipe *pipe, int end)
{
    pipe->open[end] = false;
    pipe->from[end].fin = true;
    plan(sim, pipe, end);
}

void net_abandon(struct sim *sim, struct sim_pipe *pipe, int end, bool silently)
{
    if (!silently) {
        net_close(sim, pipe, end);
        return;
    }
    pipe->open[end] = false;
    pipe->from[end].lost = true;
}

/* ---- arrivals ---- */

static void note_cut_batch(struct sim *sim, const struct sim_stream *stream)
{
    sim->wire.cut_batches +=
        stream->taken > stream->batch && stream->taken < stream->batch_end;
}

static void on_reset(struct sim *sim, struct sim_pipe *pipe, int end)
{
    struct herd_event event = {.kind = HERD_EV_CLOSED, .conn = pipe->id};
    event.bytes = HERD_LIT("connection reset by peer");
    if (!pipe->open[end])
        return;
    note_cut_batch(sim, &pipe->from[!end]);
    pipe->open[end] = false;
    sim_note(sim, "%s sees a reset", sim_name(sim, pipe->server[end]));
    engine_step(sim, pipe->server[end], event);
}

/* That end has closed. */
static void answer_with_reset(struct sim *sim, struct sim_pipe *pipe, int end)
{
    struct sim_event event = event_for(sim, pipe, !end, SIM_RESET);
    int64_t last_ns = pipe->from[end].last_ns;
    if (!pipe->open[!end] || sim->server[pipe->server[end]].vanished)
        return;
    event.at_ns += path_from(sim, pipe, end)->latency_ns;
    if (event.at_ns < last_ns)
        event.at_ns = last_ns;
    queue_put(&sim->queue, event);
}

static void free_kernel(struct sim *sim, struct sim_pipe *pipe, int from)
{
    struct sim_stream *stream = &pipe->from[from];
    const struct sim_path *back = path_from(sim, pipe, !from);
    if (pipe->from[!from].lost)
        return;
    if (drained(sim, pipe, from) && back->hole_until_ns <= sim->now_ns) {
        stream->freed = stream->taken;
        return;
    }
    struct sim_event event = event_for(sim, pipe, from, SIM_FREED);
    if (back->hole_until_ns > event.at_ns)
        event.at_ns = back->hole_until_ns;
    event.at_ns += back->latency_ns;
    event.place = stream->taken;
    queue_put(&sim->queue, event);
}

static void take(struct sim *sim, struct sim_pipe *pipe, int to, uint64_t place)
{
    struct sim_stream *stream = &pipe->from[!to];
    uint32_t server = pipe->server[to];
    struct herd_event event = {.kind = HERD_EV_DATA, .conn = pipe->id};
    uint64_t upto = place < stream->sent ? place : stream->sent;
    if (upto > stream->taken) {
        event.bytes = herd_slice(stream->data + (stream->taken - stream->base),
                                 (size_t)(upto - stream->taken));
        stream->taken = upto;
        free_kernel(sim, pipe, !to);
        engine_step(sim, server, event);
    }
    /* The step may have closed this end. */
    if (place > stream->sent && stream->fin && pipe->open[to]) {
        event.kind = HERD_EV_EOF;
        event.bytes = HERD_LIT("");
        engine_step(sim, server, event);
    }
}

static void arrive(struct sim *sim, const struct sim_event *event)
{
    struct sim_pipe *pipe = net_find(sim, event->conn);
    if (pipe == NULL || pipe->from[!event->end].lost)
        return;
    const struct sim_path *path = path_from(sim, pipe, !event->end);
    struct sim_event later = *event;
    if (path->hole_until_ns > sim->now_ns) {
        later.at_ns = path->hole_until_ns;
        queue_put(&sim->queue, later);
    } else if (pipe->opening[event->end]) {
        later.at_ns += PIECE_NS;
        queue_put(&sim->queue, later);
    } else if (pipe->open[event->end]) {
        take(sim, pipe, event->end, event->place);
    } else if (event->place <= pipe->from[!event->end].sent) {
        answer_with_reset(sim, pipe, event->end);
    }
}

static void freed(struct sim *sim, const struct sim_event *event)
{
    struct sim_pipe *pipe = net_find(sim, event->conn);
    if (pipe == NULL || pipe->from[event->end].freed >= event->place)
        return;
    pipe->from[event->end].freed = event->place;
    pipe->from[event->end].moved_ns = sim->now_ns;
    plan(sim, pipe, event->end);
    report_drained(sim, pipe, event->end);
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
    struct sim_event opened = event_for(sim, pipe, 0, SIM_OPENED);
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
    case SIM_ARRIVE: arrive(sim, event); break;
    case SIM_FREED: freed(sim, event); break;
    case SIM_RESET:
        if ((pipe = net_find(sim, event->conn)) != NULL)
            on_reset(sim, pipe, event->end);
        break;
    case SIM_STALL: stall(sim, event); break;
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
        take(sim, pipe, to, stream->taken + dice_roll(&sim->dice, (uint32_t)under_way + 1));
}

void net_reset(struct sim *sim, struct sim_pipe *pipe)
{
    herd_conn_id id = pipe->id;
    for (int end = 0; end < 2; end++)
        if (pipe->id == id)
            take_some(sim, pipe, end);
    for (int end = 0; end < 2; end++)
        if (pipe->id == id)
            on_reset(sim, pipe, end);
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
