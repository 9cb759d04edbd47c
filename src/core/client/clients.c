/* The clients of one server together: their beginning and end, and what is due. */
#include "clients.h"

#include "herd/err.h"

enum {
    CACHE_ENTRIES = 4096,  /* answers of Places ... */
    CACHE_BYTES = 1 << 24, /* ... and their bytes */
};

static void init_timers(struct herd_clients *clients)
{
    const struct herd_conf *conf = clients->context->setup.conf;
    herd_timerq_init(&clients->half_lines, conf->client_half_line_ms);
    herd_timerq_init(&clients->quiet_lines, conf->client_idle_line_ms);
    herd_timerq_init(&clients->idle_clients, conf->client_idle_ms);
}

/* The breaker begins closed. */
static int init_places(struct herd_clients *clients)
{
    const struct herd_conf *conf = clients->context->setup.conf;
    const struct herd_mem *mem = clients->context->setup.mem;
    const uint8_t *hash_key = clients->context->setup.hash_key;
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
    clients->provider = herd_provider_find(herd_slice_str(conf->places_provider));
    int rc = herd_lookups_init(&clients->lookups, mem, &limits, hash_key);
    if (rc == HERD_OK)
        rc = herd_cache_init(&clients->cache, &cache);
    if (rc == HERD_OK)
        rc = herd_budget_init(&clients->budget, &budget);
    return rc;
}

int herd_clients_init(struct herd_clients *clients, struct herd_context *context,
                      struct herd_store *store, struct herd_sessions *sessions)
{
    *clients =
        (struct herd_clients){.context = context, .store = store, .sessions = sessions};
    clients->lookups = (struct herd_lookups){.mem = context->setup.mem};
    clients->cache.setup.mem = context->setup.mem;
    clients->budget.setup.mem = context->setup.mem;
    init_timers(clients);
    return init_places(clients);
}

void herd_clients_free(struct herd_clients *clients)
{
    if (clients->context == NULL)
        return;
    herd_lookups_free(&clients->lookups);
    herd_cache_free(&clients->cache);
    herd_budget_free(&clients->budget);
}

struct herd_mono herd_clients_deadline(const struct herd_clients *clients)
{
    struct herd_mono at = herd_timerq_deadline(&clients->half_lines);
    at = herd_mono_min(at, herd_timerq_deadline(&clients->quiet_lines));
    at = herd_mono_min(at, herd_timerq_deadline(&clients->idle_clients));
    at = herd_mono_min(at, herd_timerq_deadline(&clients->lookups.timers));
    return herd_mono_min(at, herd_cache_deadline(&clients->cache));
}
