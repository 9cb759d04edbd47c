/* SPDX-License-Identifier: ISC */
/* The entry point of the core: handles one event completely. */
#include "core_internal.h"
#include "herd/core.h"
#include "upstream.h"

#include <inttypes.h>
#include <stdio.h>

enum { LIMIT_LINE_MAX = 192 };

/* Logs which limit is reached, but seldom. */
static void log_limit(struct herd_core *core, const char *what)
{
    uint64_t left_out;
    if (!herd_ratelimit_pass(&core->full_logged, core->context.mono, &left_out))
        return;
    if (left_out > 0)
        herd_logf(&core->context, 0, "%s; left out of this log: %" PRIu64 " such lines",
                  what, left_out);
    else
        herd_logf(&core->context, 0, "%s", what);
}

/* Bytes of an address that get into the log. */
static int shown(struct herd_slice address)
{
    enum { ADDRESS_MAX = 64 };
    return (int)(address.len < ADDRESS_MAX ? address.len : ADDRESS_MAX);
}

static void on_evicted(struct herd_core *core, const struct herd_event *event)
{
    struct herd_event closed = {
        .kind = HERD_EV_CLOSED, .conn = event->conn, .bytes = HERD_LIT("evicted")};
    char line[LIMIT_LINE_MAX];
    core->context.stats.clients_evicted++;
    snprintf(line, sizeof line,
             "all slots for clients are in use (connections-max): a new client takes the "
             "place of the longest idle one of %.*s",
             shown(event->address), event->address.data);
    log_limit(core, line);
    herd_sessions_on_event(&core->sessions, &closed);
}

static void on_address_refused(struct herd_core *core, const struct herd_event *event)
{
    char line[LIMIT_LINE_MAX];
    core->context.stats.clients_refused++;
    snprintf(line, sizeof line,
             "connections-per-address (%" PRId64
             ") is reached: closed a new client of %.*s",
             core->context.setup.conf->connections_per_address, shown(event->address),
             event->address.data);
    log_limit(core, line);
}

static void on_role_full(struct herd_core *core, enum herd_role role)
{
    struct herd_stats *stats = &core->context.stats;
    switch (role) {
    case HERD_ROLE_CLIENT: break; /* they never wait */
    case HERD_ROLE_PEER:
        stats->peers_full++;
        log_limit(core, "new peer connections wait: all slots for them are in use");
        break;
    case HERD_ROLE_CONTROL:
        stats->controls_full++;
        log_limit(core, "new control connections wait: all slots for them are in use");
        break;
    }
}

static void on_descriptors_exhausted(struct herd_core *core)
{
    core->context.stats.accept_paused++;
    log_limit(core, "new connections wait: no descriptors or memory are left");
}

static void on_accept_failed(struct herd_core *core, const struct herd_event *event)
{
    static const char *const roles[] = {[HERD_ROLE_CLIENT] = "client",
                                        [HERD_ROLE_PEER] = "peer",
                                        [HERD_ROLE_CONTROL] = "control"};
    char what[LIMIT_LINE_MAX];
    core->context.stats.accept_failed++;
    snprintf(what, sizeof what, "new %s connections wait: accept: %.*s", roles[event->role],
             (int)(event->bytes.len < 64 ? event->bytes.len : 64), event->bytes.data);
    log_limit(core, what);
}

/* The turn in which a location was forgotten ends: the buffers that events and actions of
 * this turn and of earlier ones went through are overwritten where they are not in use. */
static void wipe(struct herd_core *core)
{
    struct herd_action action = {.kind = HERD_DO_WIPE};
    herd_buf_wipe_spare(&core->context.out.bytes);
    herd_sessions_wipe(&core->sessions);
    core->forgot = !herd_out_add(&core->context.out, &action);
}

static void on_tick(struct herd_core *core)
{
    if (core->forgot)
        wipe(core);
    herd_clients_tick(&core->clients);
    herd_places_tick(core->places, core->context.mono);
    herd_controls_tick(&core->controls);
    herd_links_tick(&core->links);
    herd_disk_tick(&core->disk);
    core->context.stats.records_expired +=
        herd_store_expire(&core->store, core->context.mono);
}

static void on_stop(struct herd_core *core)
{
    core->context.stopping = true;
    herd_sessions_stop(&core->sessions);
}

/* A reply may let a client ask again, or end; an ended client makes room for a request that
 * waits; and that request may be refused, which is a reply again. Most steps have nothing
 * to do with queries. */
static void settle(struct herd_core *core)
{
    if (herd_clients_wait_for_disk(&core->clients))
        herd_clients_on_disk(&core->clients, herd_links_disk_seq(&core->links));
    if (herd_places_is_quiet(core->places)) {
        herd_sessions_close_ended(&core->sessions);
        return;
    }
    do {
        herd_clients_deliver(&core->clients);
        herd_sessions_close_ended(&core->sessions);
    } while (herd_places_start_ready(core->places, core->context.mono, core->context.wall));
}

void herd_step(struct herd_core *core, const struct herd_event *event,
               struct herd_actions *actions)
{
    struct herd_context *context = &core->context;
    context->mono = event->mono;
    /* A clock before 1970 counts as 1970. */
    context->wall.ns = event->wall.ns > 0 ? event->wall.ns : 0;
    herd_out_reset(&context->out);
    switch (event->kind) {
    case HERD_EV_OPENED:
    case HERD_EV_DATA:
    case HERD_EV_EOF:
    case HERD_EV_CLOSED:
    case HERD_EV_DRAINED: herd_sessions_on_event(&core->sessions, event); break;
    case HERD_EV_DIAL_FAILED:
        context->stats.dials_to_self += event->to_self;
        herd_links_on_dial_failed(&core->links, event->server, event->bytes);
        break;
    case HERD_EV_PLACES: herd_upstream_on_reply(core->places, context, event); break;
    case HERD_EV_EVICTED: on_evicted(core, event); break;
    case HERD_EV_ADDRESS_REFUSED: on_address_refused(core, event); break;
    case HERD_EV_ROLE_FULL: on_role_full(core, event->role); break;
    case HERD_EV_DESCRIPTORS_EXHAUSTED: on_descriptors_exhausted(core); break;
    case HERD_EV_ACCEPT_FAILED: on_accept_failed(core, event); break;
    case HERD_EV_DISK_SAID: herd_disk_on_said(&core->disk, event->bytes); break;
    case HERD_EV_DISK_ENDED: herd_disk_on_ended(&core->disk, event->bytes); break;
    case HERD_EV_LOG_LINES_LOST: context->stats.log_lines_lost += event->lines; break;
    case HERD_EV_TICK: on_tick(core); break;
    case HERD_EV_STOP: on_stop(core); break;
    }
    settle(core);
    herd_out_seal(&context->out);
    actions->list = context->out.list;
    actions->count = context->out.count;
}
