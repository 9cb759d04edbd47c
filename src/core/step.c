/* One step: an event, and what it leads to. */
#include "herd/err.h"
#include "link/peer.h"

#include <assert.h>

/* ---- events about connections ---- */

static int make_slot(struct herd_core *core, uint32_t slot)
{
    size_t size = core->conns_size > 0 ? core->conns_size : 16;
    if (slot < core->conns_size)
        return HERD_OK;
    while (size <= slot)
        size *= 2;
    struct herd_conn **conns =
        herd_mem_resize(core->setup.mem, core->conns, core->conns_size * sizeof *conns,
                        size * sizeof *conns);
    if (conns == NULL)
        return HERD_ENOMEM;
    memset(conns + core->conns_size, 0, (size - core->conns_size) * sizeof *conns);
    core->conns = conns;
    core->conns_size = size;
    return HERD_OK;
}

static void start_session(struct herd_core *core, struct herd_conn *conn,
                          const struct herd_event *event)
{
    switch (conn->role) {
    case HERD_ROLE_CLIENT: herd_client_open(core, conn, event->address); break;
    case HERD_ROLE_PEER: herd_peer_open(core, conn, event); break;
    default: herd_control_open(core, conn); break;
    }
    if (core->stopping)
        herd_conn_end(core, conn);
}

static void opened(struct herd_core *core, const struct herd_event *event)
{
    uint32_t slot = (uint32_t)event->conn;
    struct herd_conn *conn = NULL;
    if (make_slot(core, slot) == HERD_OK)
        conn = herd_mem_zalloc(core->setup.mem, sizeof *conn);
    if (conn == NULL) {
        struct herd_event failed = *event;
        failed.bytes = HERD_LIT("out of memory");
        if (event->role == HERD_ROLE_PEER && event->server >= 0)
            herd_peer_dial_failed(core, &failed);
        core->stats.out_of_memory++;
        bool told = herd_out_close(&core->out, event->conn);
        assert(told); /* it is the first of this step */
        (void)told;
        return;
    }
    assert(core->conns[slot] == NULL);
    conn->id = event->conn;
    conn->role = event->role;
    core->conns[slot] = conn;
    core->conn_count++;
    start_session(core, conn, event);
}

void herd_conn_free(struct herd_core *core, struct herd_conn *conn, struct herd_slice why)
{
    switch (conn->role) {
    case HERD_ROLE_CLIENT: herd_client_free(core, conn); break;
    case HERD_ROLE_PEER: herd_peer_free(core, conn, why); break;
    default: herd_control_free(conn); break;
    }
    core->conns[(uint32_t)conn->id] = NULL;
    core->conn_count--;
    herd_mem_free(core->setup.mem, conn, sizeof *conn);
}

static void got_data(struct herd_core *core, struct herd_conn *conn,
                     struct herd_slice bytes)
{
    switch (conn->role) {
    case HERD_ROLE_CLIENT: herd_client_data(core, conn, bytes); break;
    case HERD_ROLE_PEER: herd_peer_data(core, conn, bytes); break;
    default: herd_control_data(core, conn, bytes); break;
    }
}

static void got_eof(struct herd_core *core, struct herd_conn *conn)
{
    conn->eof = true;
    if (conn->role == HERD_ROLE_CLIENT)
        herd_client_eof(core, conn);
    else
        herd_conn_end(core, conn);
}

static void drained(struct herd_core *core, struct herd_conn *conn)
{
    struct herd_neighbour *neighbour =
        conn->role == HERD_ROLE_PEER ? herd_neighbour_linked(conn) : NULL;
    if (conn->role == HERD_ROLE_CLIENT)
        herd_client_drained(core, conn);
    else if (neighbour != NULL)
        neighbour->out.busy = false;
}

/* The connection has gone by itself, so no CLOSE is owed for it. */
static void closed(struct herd_core *core, struct herd_conn *conn, struct herd_slice why)
{
    struct herd_conn **at = &core->ending;
    while (conn->ending && *at != conn)
        at = &(*at)->next_ending;
    if (conn->ending)
        *at = conn->next_ending;
    herd_conn_free(core, conn, why);
}

static void conn_event(struct herd_core *core, const struct herd_event *event)
{
    struct herd_conn *conn = herd_conn_find(core, event->conn);
    if (conn == NULL || (conn->ending && event->kind != HERD_EV_CLOSED))
        return;
    switch (event->kind) {
    case HERD_EV_CLOSED: closed(core, conn, event->bytes); break;
    case HERD_EV_DATA: got_data(core, conn, event->bytes); break;
    case HERD_EV_EOF: got_eof(core, conn); break;
    default: drained(core, conn); break; /* HERD_EV_DRAINED */
    }
}

/* ---- time ---- */

static void dial_neighbours(struct herd_core *core)
{
    for (uint32_t i = 0; i < core->neighbour_count; i++) {
        struct herd_neighbour *neighbour = &core->neighbours[i];
        struct herd_action dial = {.kind = HERD_DO_DIAL, .server = neighbour->server};
        if (core->stopping || !herd_link_call(&neighbour->link, core->mono))
            continue;
        core->stats.dials++;
        if (!herd_out_add(&core->out, &dial))
            herd_link_call_failed(&neighbour->link, core->mono, herd_random(core));
    }
}

static void tick(struct herd_core *core)
{
    herd_client_timers(core);
    herd_upstream_timers(core);
    herd_control_timers(core);
    herd_handshake_timers(core);
    herd_heartbeat_timers(core);
    herd_receive_timers(core);
    dial_neighbours(core);
    herd_send_all(core);
}

static void stop(struct herd_core *core)
{
    core->stopping = true;
    for (size_t i = 0; i < core->conns_size; i++) {
        struct herd_conn *conn = core->conns[i];
        if (conn == NULL ||
            (conn->role == HERD_ROLE_PEER && conn->peer.stage == HERD_STAGE_UP))
            continue;
        if (conn->role == HERD_ROLE_CLIENT)
            herd_client_leave(core, conn);
        else
            herd_conn_end(core, conn);
    }
}

/* ---- the end of connections ---- */

/* Closes what the step has ended; freeing one connection may end another. Those whose CLOSE
 * finds no memory stay for the next step, which has room for one at least. */
static void sweep(struct herd_core *core)
{
    while (core->ending != NULL && herd_out_close(&core->out, core->ending->id)) {
        struct herd_conn *conn = core->ending;
        core->ending = conn->next_ending;
        herd_conn_free(core, conn, HERD_LIT("closed"));
    }
}

/* ---- the end of a step ---- */

static void deliver(struct herd_core *core)
{
    while (core->ready != NULL) {
        struct herd_conn *conn = core->ready;
        core->ready = conn->client.next_ready;
        conn->client.ready = false;
        herd_client_deliver(core, conn);
    }
}

/* What clients get may let them ask again, or end; what has ended makes room for what
 * waits; and that may be refused, which clients get. */
static void settle(struct herd_core *core)
{
    do {
        deliver(core);
        sweep(core);
    } while (herd_upstream_depart(core));
}

/* ---- the door ---- */

void herd_step(struct herd_core *core, const struct herd_event *event,
               struct herd_actions *actions)
{
    core->mono = event->mono;
    /* A clock before 1970 is wrong by so much that it does not matter how much. */
    core->wall.ns = event->wall.ns > 0 ? event->wall.ns : 0;
    herd_out_reset(&core->out);
    switch (event->kind) {
    case HERD_EV_OPENED: opened(core, event); break;
    case HERD_EV_DATA:
    case HERD_EV_EOF:
    case HERD_EV_CLOSED:
    case HERD_EV_DRAINED: conn_event(core, event); break;
    case HERD_EV_DIAL_FAILED: herd_peer_dial_failed(core, event); break;
    case HERD_EV_PLACES: herd_upstream_answer(core, event); break;
    case HERD_EV_FULL: herd_conns_full(core, event->role); break;
    case HERD_EV_TICK: tick(core); break;
    case HERD_EV_STOP: stop(core); break;
    }
    settle(core);
    herd_out_seal(&core->out);
    actions->list = core->out.list;
    actions->count = core->out.count;
}
