#include "herd/core.h"

#include "herd/err.h"
#include "state.h"

#include <assert.h>

enum {
    CACHE_ENTRIES = 4096,  /* answers of Places ... */
    CACHE_BYTES = 1 << 24, /* ... and their bytes */
    PROBE_MS = 2000, /* for a sign of life, when a neighbour of the same name has come */
    ACK_MS = 1000,   /* a batch is acknowledged within this time */
};

/* ---- life ---- */

static void init_timers(struct herd_core *core)
{
    const struct herd_conf *conf = core->setup.conf;
    herd_timerq_init(&core->half_lines, conf->client_half_line_ms);
    herd_timerq_init(&core->quiet_lines, conf->client_idle_line_ms);
    herd_timerq_init(&core->idle_clients, conf->client_idle_ms);
    herd_timerq_init(&core->handshakes, conf->handshake_timeout_ms);
    herd_timerq_init(&core->pings, conf->link_ping_ms);
    herd_timerq_init(&core->quiet_links, conf->link_timeout_ms);
    herd_timerq_init(&core->probes, PROBE_MS);
    herd_timerq_init(&core->acks, ACK_MS);
}

static int init_neighbours(struct herd_core *core)
{
    const struct herd_conf *conf = core->setup.conf;
    for (uint32_t i = 0; i < conf->server_count; i++)
        core->neighbour_count += herd_conf_linked(conf, core->setup.self, i);
    if (core->neighbour_count == 0)
        return HERD_OK;
    core->neighbours =
        herd_mem_zalloc(core->setup.mem, core->neighbour_count * sizeof *core->neighbours);
    if (core->neighbours == NULL)
        return HERD_ENOMEM;
    struct herd_neighbour *next = core->neighbours;
    for (uint32_t i = 0; i < conf->server_count; i++) {
        if (!herd_conf_linked(conf, core->setup.self, i))
            continue;
        struct herd_slice name = herd_slice_str(conf->servers[i].name);
        struct herd_link_setup setup = {conf->link_retry_min_ms, conf->link_retry_max_ms,
                                        herd_slice_cmp(core->name, name) < 0};
        herd_link_init(&next->link, &setup, core->mono);
        next->server = i;
        next++;
    }
    return HERD_OK;
}

/* The breaker begins closed. */
static int init_places(struct herd_core *core)
{
    const struct herd_conf *conf = core->setup.conf;
    const struct herd_mem *mem = core->setup.mem;
    const uint8_t *hash_key = core->setup.hash_key;
    struct herd_lookup_limits limits = {(uint32_t)conf->lookups_max,
                                        (uint32_t)conf->lookups_waiting_max,
                                        conf->places_timeout_ms};
    struct herd_cache_setup cache = {.mem = mem,
                                     .keep_ms = conf->places_cache_ms,
                                     .entries_max = CACHE_ENTRIES,
                                     .bytes_max = CACHE_BYTES};
    struct herd_budget_setup budget = {.mem = mem,
                                       .day_max = conf->places_budget_day,
                                       .minute_max = conf->places_budget_minute};
    memcpy(cache.hash_key, hash_key, sizeof cache.hash_key);
    memcpy(budget.hash_key, hash_key, sizeof budget.hash_key);
    core->provider = herd_provider_find(herd_slice_str(conf->places_provider));
    int rc = herd_lookups_init(&core->lookups, mem, &limits, hash_key);
    if (rc == HERD_OK)
        rc = herd_cache_init(&core->cache, &cache);
    if (rc == HERD_OK)
        rc = herd_budget_init(&core->budget, &budget);
    return rc;
}

static int init_parts(struct herd_core *core)
{
    init_timers(core);
    uint8_t digest_key[HERD_MAC_SIZE] = {0};
    if (core->setup.mac.sign != NULL)
        core->setup.mac.sign(core->setup.mac.ctx, HERD_LIT("digest\n"), digest_key);
    int rc =
        herd_store_init(&core->store, core->setup.mem, core->setup.hash_key, digest_key);
    if (rc == HERD_OK)
        rc = init_places(core);
    if (rc == HERD_OK)
        rc = init_neighbours(core);
    return rc;
}

int herd_core_new(struct herd_core **fresh, const struct herd_core_setup *setup,
                  struct herd_mono now)
{
    struct herd_core *core = herd_mem_zalloc(setup->mem, sizeof *core);
    *fresh = NULL;
    if (core == NULL)
        return HERD_ENOMEM;
    core->setup = *setup;
    core->name = herd_slice_str(setup->conf->servers[setup->self].name);
    core->started = now;
    core->mono = now;
    core->random_state = setup->random_seed;
    core->rules = herd_hello_rules();
    core->store = (struct herd_store){.mem = setup->mem};
    core->store.feed = (struct herd_feed_node){&core->store.feed, &core->store.feed, 0};
    core->lookups = (struct herd_lookups){.mem = setup->mem};
    core->cache.setup.mem = setup->mem;
    core->budget.setup.mem = setup->mem;
    herd_out_init(&core->out, setup->mem);
    int rc = init_parts(core);
    if (rc != HERD_OK) {
        herd_core_free(core);
        return rc;
    }
    *fresh = core;
    return HERD_OK;
}

static void free_conn(struct herd_core *core, struct herd_conn *conn, struct herd_slice why)
{
    switch (conn->role) {
    case HERD_CLIENT: herd_client_free(core, conn); break;
    case HERD_PEER: herd_peer_free(core, conn, why); break;
    default: herd_line_free(&conn->control.line); break;
    }
    core->conns[(uint32_t)conn->id] = NULL;
    core->conn_count--;
    herd_mem_free(core->setup.mem, conn, sizeof *conn);
}

void herd_core_free(struct herd_core *core)
{
    if (core == NULL)
        return;
    const struct herd_mem *mem = core->setup.mem;
    for (size_t i = 0; i < core->conns_size; i++)
        if (core->conns[i] != NULL)
            free_conn(core, core->conns[i], HERD_LIT("the server has ended"));
    herd_mem_free(mem, core->conns, core->conns_size * sizeof *core->conns);
    herd_mem_free(mem, core->neighbours, core->neighbour_count * sizeof *core->neighbours);
    herd_lookups_free(&core->lookups);
    herd_cache_free(&core->cache);
    herd_budget_free(&core->budget);
    herd_store_free(&core->store);
    herd_out_free(&core->out);
    herd_mem_free(mem, core, sizeof *core);
}

/* ---- the end of connections ---- */

/* Closes what the step has ended. Freeing one connection may end another; one that finds
 * no memory for its CLOSE stays for the next step. */
static void sweep(struct herd_core *core)
{
    struct herd_conn *left = NULL;
    while (core->ending != NULL) {
        struct herd_conn *conn = core->ending;
        struct herd_action close = {.kind = HERD_DO_CLOSE, .conn = conn->id};
        core->ending = conn->next_ending;
        if (herd_out_add(&core->out, &close)) {
            free_conn(core, conn, HERD_LIT("closed"));
        } else {
            conn->next_ending = left;
            left = conn;
        }
    }
    core->ending = left;
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
    case HERD_CLIENT: herd_client_open(core, conn, event->address); break;
    case HERD_PEER: herd_peer_open(core, conn, event->server); break;
    default: herd_line_init(&conn->control.line, core->setup.mem, 256); break;
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
        struct herd_action close = {.kind = HERD_DO_CLOSE, .conn = event->conn};
        struct herd_event failed = *event;
        failed.bytes = HERD_LIT("out of memory");
        if (event->role == HERD_PEER && event->server >= 0)
            herd_peer_dial_failed(core, &failed);
        core->stats.out_of_memory++;
        (void)herd_out_add(&core->out, &close);
        return;
    }
    assert(core->conns[slot] == NULL);
    conn->id = event->conn;
    conn->role = event->role;
    core->conns[slot] = conn;
    core->conn_count++;
    start_session(core, conn, event);
}

static void got_data(struct herd_core *core, struct herd_conn *conn,
                     struct herd_slice bytes)
{
    switch (conn->role) {
    case HERD_CLIENT: herd_client_data(core, conn, bytes); break;
    case HERD_PEER: herd_peer_data(core, conn, bytes); break;
    default: herd_control_data(core, conn, bytes); break;
    }
}

static void got_eof(struct herd_core *core, struct herd_conn *conn)
{
    conn->eof = true;
    if (conn->role == HERD_CLIENT)
        herd_client_eof(core, conn);
    else
        herd_conn_end(core, conn);
}

static void drained(struct herd_core *core, struct herd_conn *conn)
{
    struct herd_neighbour *neighbour =
        conn->role == HERD_PEER ? herd_neighbour_linked(conn) : NULL;
    if (conn->role == HERD_CLIENT)
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
    free_conn(core, conn, why);
}

static void conn_event(struct herd_core *core, const struct herd_event *event)
{
    struct herd_conn *conn = herd_conn_find(core, event->conn);
    if (event->kind == HERD_EV_CLOSED) {
        if (conn != NULL)
            closed(core, conn, event->bytes);
        return;
    }
    if (conn == NULL) {
        /* There was no memory to take it in, nor to say so. */
        struct herd_action close = {.kind = HERD_DO_CLOSE, .conn = event->conn};
        (void)herd_out_add(&core->out, &close);
        return;
    }
    if (conn->ending)
        return;
    switch (event->kind) {
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
    herd_handshake_timers(core);
    herd_beat_timers(core);
    herd_inflow_timers(core);
    dial_neighbours(core);
    herd_feed_neighbours(core);
}

static void stop(struct herd_core *core)
{
    core->stopping = true;
    for (size_t i = 0; i < core->conns_size; i++) {
        struct herd_conn *conn = core->conns[i];
        if (conn == NULL || (conn->role == HERD_PEER && conn->peer.stage == HERD_STAGE_UP))
            continue;
        if (conn->role == HERD_CLIENT)
            herd_client_leave(core, conn);
        else
            herd_conn_end(core, conn);
    }
}

struct herd_mono herd_deadline(const struct herd_core *core)
{
    struct herd_mono at = HERD_NEVER;
    if (core->ending != NULL)
        return (struct herd_mono){0};
    at = herd_mono_min(at, herd_feed_deadline(core));
    at = herd_mono_min(at, herd_timerq_deadline(&core->half_lines));
    at = herd_mono_min(at, herd_timerq_deadline(&core->quiet_lines));
    at = herd_mono_min(at, herd_timerq_deadline(&core->idle_clients));
    at = herd_mono_min(at, herd_timerq_deadline(&core->handshakes));
    at = herd_mono_min(at, herd_timerq_deadline(&core->pings));
    at = herd_mono_min(at, herd_timerq_deadline(&core->quiet_links));
    at = herd_mono_min(at, herd_timerq_deadline(&core->probes));
    at = herd_mono_min(at, herd_timerq_deadline(&core->acks));
    at = herd_mono_min(at, herd_timerq_deadline(&core->lookups.timers));
    at = herd_mono_min(at, herd_cache_deadline(&core->cache));
    for (uint32_t i = 0; i < core->neighbour_count && !core->stopping; i++)
        at = herd_mono_min(at, herd_link_deadline(&core->neighbours[i].link));
    return at;
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
    case HERD_EV_TICK: tick(core); break;
    case HERD_EV_STOP: stop(core); break;
    }
    settle(core);
    herd_out_seal(&core->out);
    actions->list = core->out.list;
    actions->count = core->out.count;
}

/* ---- looking in ---- */

const struct herd_stats *herd_core_stats(const struct herd_core *core)
{
    return &core->stats;
}

struct herd_slice herd_core_record(const struct herd_core *core, struct herd_slice client)
{
    struct herd_store_spot spot = herd_store_look(&core->store, client);
    return spot.at != NULL ? herd_stored_text(spot.at) : HERD_LIT("");
}

size_t herd_core_client_count(const struct herd_core *core)
{
    return core->store.count;
}

size_t herd_core_links_up(const struct herd_core *core)
{
    size_t up = 0;
    for (uint32_t i = 0; i < core->neighbour_count; i++)
        up += herd_link_is_up(&core->neighbours[i].link);
    return up;
}

size_t herd_core_conn_count(const struct herd_core *core)
{
    return core->conn_count;
}

void herd_core_each(const struct herd_core *core,
                    bool (*visit)(void *ctx, struct herd_slice record), void *ctx)
{
    const struct herd_feed_node *node = core->store.feed.next;
    for (; node != &core->store.feed; node = node->next)
        if (node->seq != 0 &&
            !visit(ctx, herd_stored_text((const struct herd_stored *)node)))
            return;
}
