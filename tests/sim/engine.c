/* SPDX-License-Identifier: ISC */
#include "engine.h"

#include "check.h"
#include "follower.h"
#include "net.h"

#include <inttypes.h>
#include <stdlib.h>

enum { STEPS_AT_ONCE = 1000000, TURNS_AT_ONCE = 200, SPINS = 20 };

/* ---- actions ---- */

static void keep_reply(struct sim *sim, struct herd_slice bytes)
{
    if (bytes.len > SIM_REPLY - sim->reply_len)
        abort();
    memcpy(sim->reply + sim->reply_len, bytes.data, bytes.len);
    sim->reply_len += bytes.len;
}

static void note_log(struct sim *sim, uint32_t server, const struct herd_action *action)
{
    if (action->topic == HERD_TOPIC_HERD && sim->notes.note != NULL)
        sim_note(sim, "%s: %.*s", sim_name(sim, server), (int)action->bytes.len,
                 action->bytes.data);
}

static void carry_out(struct sim *sim, uint32_t server, const struct herd_action *action)
{
    struct sim_pipe *pipe = action->conn != 0 ? net_find(sim, action->conn) : NULL;
    int end = pipe != NULL ? net_end(pipe, server) : -1;
    bool mine = end >= 0 && pipe->open[end];
    switch (action->kind) {
    case HERD_DO_SEND:
        if (!mine)
            sim_broken(sim, "server %" PRIu32 " sends on a connection it has not", server);
        else if (pipe->follower != NULL)
            follower_send(pipe->follower, action->bytes);
        else if (pipe->server[1] == SIM_SERVERS)
            keep_reply(sim, action->bytes);
        else
            net_send(sim, pipe, end, action->bytes);
        break;
    case HERD_DO_CLOSE:
        if (!mine)
            sim_broken(sim, "server %" PRIu32 " closes a connection it has not", server);
        else if (pipe->server[1] == SIM_SERVERS)
            pipe->open[end] = false;
        else
            net_close(sim, pipe, end);
        break;
    case HERD_DO_DRAIN:
        if (!mine)
            sim_broken(sim, "server %" PRIu32 " drains a connection it has not", server);
        else if (pipe->follower != NULL)
            follower_drain(pipe->follower);
        else if (pipe->server[1] == SIM_SERVERS)
            engine_set_drained_due(sim, server, pipe->id);
        else
            net_drain(sim, pipe, end);
        break;
    case HERD_DO_DIAL: net_dial(sim, server, action->server); break;
    case HERD_DO_LOG: note_log(sim, server, action); break;
    case HERD_DO_PAUSE:
    case HERD_DO_RESUME:
    case HERD_DO_FETCH:
    case HERD_DO_CANCEL:
    case HERD_DO_DISK_START:
    case HERD_DO_DISK_STOP:
    case HERD_DO_LISTEN:
    case HERD_DO_WIPE: break;
    }
}

/* ---- steps ---- */

static void step(struct sim *sim, uint32_t server, struct herd_event event)
{
    struct sim_server *at = &sim->server[server];
    struct herd_actions actions;
    event.mono = (struct herd_mono){sim->now_ns};
    event.wall = (struct herd_wall){SIM_WALL_NS + sim->now_ns + at->wall_offset_ns};
    sim->steps++;
    if (++sim->steps_at_once > STEPS_AT_ONCE) {
        sim_broken(sim, "the herd does not come to rest");
        return;
    }
    herd_step(at->core, &event, &actions);
    for (size_t i = 0; i < actions.count; i++)
        carry_out(sim, server, &actions.list[i]);
    if (sim->hooks.stepped != NULL)
        sim->hooks.stepped(sim->hooks.ctx, sim, server);
}

void engine_step(struct sim *sim, uint32_t server, struct herd_event event)
{
    step(sim, server, event);
    sim->server[server].tick_ns = sim->now_ns;
}

void engine_set_drained_due(struct sim *sim, uint32_t server, herd_conn_id conn)
{
    struct sim_server *at = &sim->server[server];
    if (at->drained_due_count == SIM_DRAINED_DUE)
        abort();
    at->drained_due[at->drained_due_count++] = conn;
    at->tick_ns = sim->now_ns;
}

/* Time would pass for a server that is so busy. */
static void spin(struct sim *sim, uint32_t server)
{
    struct sim_server *at = &sim->server[server];
    at->tick_ns = sim->now_ns + HERD_NS_PER_MS;
    at->turns_at_once = 0;
    if (++sim->spins > SPINS)
        sim_broken(sim, "server %" PRIu32 " is busy with nothing", server);
}

/* The DRAINED events that are due, then TICK, in the order of the driver's loop. */
static void turn(struct sim *sim, uint32_t server)
{
    struct sim_server *at = &sim->server[server];
    for (size_t i = 0; i < at->drained_due_count; i++) {
        const struct sim_pipe *pipe = net_find(sim, at->drained_due[i]);
        int end = pipe != NULL ? net_end(pipe, server) : -1;
        if (end >= 0 && pipe->open[end])
            step(sim, server,
                 (struct herd_event){.kind = HERD_EV_DRAINED, .conn = at->drained_due[i]});
    }
    at->drained_due_count = 0;
    step(sim, server, (struct herd_event){.kind = HERD_EV_TICK});
    struct herd_mono deadline = herd_deadline(at->core);
    bool at_once = at->drained_due_count > 0 || deadline.ns <= sim->now_ns;
    at->tick_ns = at_once ? sim->now_ns : deadline.ns;
    at->turns_at_once = at_once && at->turn_ns == sim->now_ns ? at->turns_at_once + 1 : 0;
    at->turn_ns = sim->now_ns;
    if (at->turns_at_once >= TURNS_AT_ONCE)
        spin(sim, server);
}

/* ---- time ---- */

void sim_timer(struct sim *sim, int64_t in_ms, uint64_t number)
{
    queue_put(&sim->queue, (struct sim_event){.kind = SIM_TIMER,
                                              .at_ns = sim->now_ns + in_ms * HERD_NS_PER_MS,
                                              .place = number});
}

/* The server that gets the event; SIM_SERVERS: none in particular. */
static uint32_t whose(struct sim *sim, const struct sim_event *event)
{
    if (event->kind == SIM_TIMER)
        return SIM_SERVERS;
    if (event->kind == SIM_SYN)
        return event->other;
    if (event->kind == SIM_OPENED || event->kind == SIM_DIAL_FAILED)
        return event->server;
    const struct sim_pipe *pipe = net_find(sim, event->conn);
    return pipe != NULL ? pipe->server[event->end] : SIM_SERVERS;
}

static void happen(struct sim *sim, struct sim_event event)
{
    uint32_t server = whose(sim, &event);
    if (server < SIM_SERVERS && sim->server[server].frozen_until_ns > sim->now_ns) {
        event.at_ns = sim->server[server].frozen_until_ns;
        queue_put(&sim->queue, event);
    } else if (event.kind == SIM_TIMER) {
        if (sim->hooks.timer != NULL)
            sim->hooks.timer(sim->hooks.ctx, sim, event.place);
    } else {
        net_happen(sim, &event);
    }
}

static uint32_t next_to_tick(const struct sim *sim, int64_t *at_ns)
{
    uint32_t next = 0;
    *at_ns = INT64_MAX;
    for (uint32_t i = 0; i < sim->count; i++) {
        const struct sim_server *at = &sim->server[i];
        int64_t ns = at->tick_ns > at->frozen_until_ns ? at->tick_ns : at->frozen_until_ns;
        if (at->tick_ns != INT64_MAX && ns < *at_ns) {
            *at_ns = ns;
            next = i;
        }
    }
    return next;
}

static void run_until(struct sim *sim, int64_t end_ns)
{
    while (sim->broken[0] == '\0') {
        int64_t tick_ns;
        uint32_t server = next_to_tick(sim, &tick_ns);
        const struct sim_event *next = queue_peek(&sim->queue);
        bool event = next != NULL && next->at_ns <= tick_ns;
        int64_t at_ns = event ? next->at_ns : tick_ns;
        if (at_ns > end_ns || (!event && tick_ns == INT64_MAX))
            break;
        if (at_ns > sim->now_ns) {
            sim->now_ns = at_ns;
            sim->steps_at_once = 0;
        }
        if (event)
            happen(sim, queue_take(&sim->queue));
        else
            turn(sim, server);
    }
    if (sim->now_ns < end_ns)
        sim->now_ns = end_ns;
}

void sim_run_until(struct sim *sim, int64_t ms)
{
    run_until(sim, SIM_START_NS + ms * HERD_NS_PER_MS);
}

void sim_run_for(struct sim *sim, int64_t ms)
{
    run_until(sim, sim->now_ns + ms * HERD_NS_PER_MS);
}

int64_t sim_ms(const struct sim *sim)
{
    return (sim->now_ns - SIM_START_NS) / HERD_NS_PER_MS;
}
