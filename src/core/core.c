/* SPDX-License-Identifier: ISC */
#include "herd/core.h"

#include "core_internal.h"
#include "herd/err.h"
#include "upstream.h"

enum {
    FULL_PAUSE_MS = 10000, /* the log tells once in this time that a listener waits ... */
    FULL_BURST = 4,        /* ... and more often after a silence */
};

/* ---- life ---- */

static void on_forget(void *ctx, struct herd_slice text)
{
    struct herd_core *core = ctx;
    herd_places_forget(core->places, herd_record_point(text));
    core->forgot = true;
}

static int init_store(struct herd_core *core)
{
    const struct herd_core_setup *setup = &core->context.setup;
    uint8_t digest_key[HERD_MAC_SIZE] = {0};
    if (setup->mac.sign != NULL)
        setup->mac.sign(setup->mac.ctx, HERD_LIT("digest\n"), digest_key);
    int rc = herd_store_init(&core->store, setup->mem, setup->hash_key, digest_key);
    if (rc != HERD_OK)
        return rc;
    core->store.on_forget = (struct herd_store_on_forget){on_forget, core};
    struct herd_store_expiry expiry = {
        .expire_ns = setup->conf->client_expire * HERD_NS_PER_S,
        .skew_ns = setup->conf->link_skew_max_ms * HERD_NS_PER_MS,
        .delay_ns = setup->conf->link_timeout_ms * HERD_NS_PER_MS,
        .clock = &core->context.wall};
    return herd_store_set_expiry(&core->store, &expiry);
}

static int init_parts(struct herd_core *core)
{
    herd_ratelimit_init(&core->full_logged, FULL_PAUSE_MS, FULL_BURST);
    int rc = init_store(core);
    if (rc == HERD_OK)
        rc = herd_upstream_new(&core->places, &core->context);
    if (rc == HERD_OK)
        rc = herd_clients_init(&core->clients, &core->context, &core->store, core->places);
    struct herd_control_setup control = {.context = &core->context,
                                         .sessions = &core->sessions,
                                         .store = &core->store,
                                         .places = core->places,
                                         .clients = &core->clients,
                                         .links = &core->links,
                                         .disk = &core->disk};
    herd_controls_init(&core->controls, &control);
    if (rc == HERD_OK)
        rc = herd_links_init(&core->links, &core->context, &core->store);
    herd_disk_init(&core->disk, &core->context, &core->links, &core->clients);
    herd_sessions_serve(&core->sessions, HERD_ROLE_CLIENT, &herd_client_session_ops,
                        &core->clients);
    herd_sessions_serve(&core->sessions, HERD_ROLE_PEER, &herd_peer_session_ops,
                        &core->links);
    herd_sessions_serve(&core->sessions, HERD_ROLE_CONTROL, &herd_control_session_ops,
                        &core->controls);
    return rc;
}

int herd_core_new(struct herd_core **fresh, const struct herd_core_setup *setup,
                  struct herd_mono now)
{
    struct herd_core *core = herd_mem_zalloc(setup->mem, sizeof *core);
    *fresh = NULL;
    if (core == NULL)
        return HERD_ENOMEM;
    herd_sessions_init(&core->sessions, &core->context);
    int rc = herd_context_init(&core->context, setup, now);
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
    const struct herd_mem *mem = core->context.setup.mem;
    herd_sessions_free(&core->sessions);
    herd_links_free(&core->links);
    herd_clients_free(&core->clients);
    herd_places_free(core->places);
    herd_store_free(&core->store);
    herd_context_free(&core->context);
    herd_mem_free(mem, core, sizeof *core);
}

/* ---- time ---- */

struct herd_mono herd_deadline(const struct herd_core *core)
{
    if (herd_sessions_must_close(&core->sessions) || core->forgot)
        return (struct herd_mono){0};
    struct herd_mono at = herd_links_deadline(&core->links);
    at = herd_mono_min(at, herd_clients_deadline(&core->clients));
    at = herd_mono_min(at, herd_places_deadline(core->places));
    at = herd_mono_min(at, herd_disk_deadline(&core->disk));
    at = herd_mono_min(at, herd_store_expire_deadline(&core->store));
    return herd_mono_min(at, herd_controls_deadline(&core->controls));
}

/* ---- queries ---- */

const struct herd_stats *herd_core_stats(const struct herd_core *core)
{
    return &core->context.stats;
}

struct herd_slice herd_core_record(const struct herd_core *core, struct herd_slice client)
{
    struct herd_store_slot slot = herd_store_lookup(&core->store, client);
    return slot.stored != NULL ? herd_stored_text(slot.stored) : HERD_LIT("");
}

size_t herd_core_client_count(const struct herd_core *core)
{
    return core->store.count;
}

size_t herd_core_links_up(const struct herd_core *core)
{
    return herd_links_up(&core->links);
}

size_t herd_core_conn_count(const struct herd_core *core)
{
    return core->sessions.count;
}

void herd_core_for_each_record(const struct herd_core *core,
                               bool (*visit)(void *ctx, struct herd_slice record),
                               void *ctx)
{
    herd_store_for_each(&core->store, visit, ctx);
}
