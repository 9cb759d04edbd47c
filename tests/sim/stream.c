/* SPDX-License-Identifier: ISC */
#include "stream.h"

#include "engine.h"
#include "net.h"
#include "wire.h"

#include <stdlib.h>

/* Pieces of one send arrive with this time between them. */
#define PIECE_NS INT64_C(1000)

/* ---- paths ---- */

const struct sim_path *stream_path(const struct sim *sim, const struct sim_pipe *pipe,
                                   int end)
{
    return &sim->path[pipe->server[end]][pipe->server[!end]];
}

struct sim_event stream_event(const struct sim *sim, const struct sim_pipe *pipe, int end,
                              enum sim_kind kind)
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
    const struct sim_path *path = stream_path(sim, pipe, from);
    uint64_t limit = stream->freed + sim->kernel;
    if (limit > stream->sent)
        limit = stream->sent;
    while (stream->planned < limit ||
           (stream->fin && !stream->fin_planned && stream->planned == stream->sent)) {
        struct sim_event event = stream_event(sim, pipe, !from, SIM_ARRIVE);
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
    struct sim_event event = stream_event(sim, pipe, end, SIM_STALL);
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

void stream_on_stall(struct sim *sim, const struct sim_event *event)
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
    pipe->open[end] = false;
    if (pipe->server[1] == SIM_SERVERS)
        return;
    if (!silently)
        net_close(sim, pipe, end);
    else
        pipe->from[end].lost = true;
}

/* ---- arrivals ---- */

static void note_cut_batch(struct sim *sim, const struct sim_stream *stream)
{
    sim->wire.cut_batches +=
        stream->taken > stream->batch && stream->taken < stream->batch_end;
}

void stream_on_reset(struct sim *sim, struct sim_pipe *pipe, int end)
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
    struct sim_event event = stream_event(sim, pipe, !end, SIM_RESET);
    int64_t last_ns = pipe->from[end].last_ns;
    if (!pipe->open[!end] || sim->server[pipe->server[end]].vanished)
        return;
    event.at_ns += stream_path(sim, pipe, end)->latency_ns;
    if (event.at_ns < last_ns)
        event.at_ns = last_ns;
    queue_put(&sim->queue, event);
}

static void free_kernel(struct sim *sim, struct sim_pipe *pipe, int from)
{
    struct sim_stream *stream = &pipe->from[from];
    const struct sim_path *back = stream_path(sim, pipe, !from);
    if (pipe->from[!from].lost)
        return;
    if (drained(sim, pipe, from) && back->hole_until_ns <= sim->now_ns) {
        stream->freed = stream->taken;
        return;
    }
    struct sim_event event = stream_event(sim, pipe, from, SIM_FREED);
    if (back->hole_until_ns > event.at_ns)
        event.at_ns = back->hole_until_ns;
    event.at_ns += back->latency_ns;
    event.place = stream->taken;
    queue_put(&sim->queue, event);
}

void stream_take(struct sim *sim, struct sim_pipe *pipe, int to, uint64_t place)
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

void stream_on_arrive(struct sim *sim, const struct sim_event *event)
{
    struct sim_pipe *pipe = net_find(sim, event->conn);
    if (pipe == NULL || pipe->from[!event->end].lost)
        return;
    const struct sim_path *path = stream_path(sim, pipe, !event->end);
    struct sim_event later = *event;
    if (path->hole_until_ns > sim->now_ns) {
        later.at_ns = path->hole_until_ns;
        queue_put(&sim->queue, later);
    } else if (pipe->opening[event->end]) {
        later.at_ns += PIECE_NS;
        queue_put(&sim->queue, later);
    } else if (pipe->open[event->end]) {
        stream_take(sim, pipe, event->end, event->place);
    } else if (event->place <= pipe->from[!event->end].sent) {
        answer_with_reset(sim, pipe, event->end);
    }
}

void stream_on_freed(struct sim *sim, const struct sim_event *event)
{
    struct sim_pipe *pipe = net_find(sim, event->conn);
    if (pipe == NULL || pipe->from[event->end].freed >= event->place)
        return;
    pipe->from[event->end].freed = event->place;
    pipe->from[event->end].moved_ns = sim->now_ns;
    plan(sim, pipe, event->end);
    report_drained(sim, pipe, event->end);
}
