#include "herd/core.h"

#include "herd/err.h"
#include "link/peer.h"

enum {
    CACHE_ENTRIES = 4096,  /* answers of Places ... */
    CACHE_BYTES = 1 << 24, /* ... and their bytes */
    PROBE_MS = 2000,    /* for a sign of life, when a neighbour of the same name has come */
    ACK_MS = 1000,      /* a batch is acknowledged within this time */
    CONTROL_MS = 10000, /* a control connection that asks nothing for so long ends */
    STRANGERS_MS = 1000,    /* one stranger each is in the log ... */
    STRANGERS_AT_ONCE = 16, /* ... but after a silence more of them ... */
    FULL_MS = 10000,        /* ... and likewise that no place is left */
    FULL_AT_ONCE = 4,
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
    herd_timerq_init(&core->idle_controls, CONTROL_MS);
    herd_ratelimit_init(&core->strangers_logged, STRANGERS_MS, STRANGERS_AT_ONCE);
    herd_ratelimit_init(&core->full_logged, FULL_MS, FULL_AT_ONCE);
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
    int rc = herd_out_init(&core->out, setup->mem);
    if (rc == HERD_OK)
        rc = init_parts(core);
    if (rc != HERD_OK) {
        herd_core_free(core);
        return rc;
    }
    *fresh = core;
    return HERD_OK;
}

void herd_core_free(struct herd_core *core)
{
    if (core == NULL)
        return;
    const struct herd_mem *mem = core->setup.mem;
    for (size_t i = 0; i < core->conns_size; i++)
        if (core->conns[i] != NULL)
            herd_conn_free(core, core->conns[i], HERD_LIT("the server has ended"));
    herd_mem_free(mem, core->conns, core->conns_size * sizeof *core->conns);
    herd_mem_free(mem, core->neighbours, core->neighbour_count * sizeof *core->neighbours);
    herd_lookups_free(&core->lookups);
    herd_cache_free(&core->cache);
    herd_budget_free(&core->budget);
    herd_store_free(&core->store);
    herd_out_free(&core->out);
    herd_mem_free(mem, core, sizeof *core);
}

/* ---- time ---- */

struct herd_mono herd_deadline(const struct herd_core *core)
{
    struct herd_mono at = HERD_NEVER;
    if (core->ending != NULL)
        return (struct herd_mono){0};
    at = herd_mono_min(at, herd_send_deadline(core));
    at = herd_mono_min(at, herd_timerq_deadline(&core->half_lines));
    at = herd_mono_min(at, herd_timerq_deadline(&core->quiet_lines));
    at = herd_mono_min(at, herd_timerq_deadline(&core->idle_clients));
    at = herd_mono_min(at, herd_timerq_deadline(&core->idle_controls));
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
