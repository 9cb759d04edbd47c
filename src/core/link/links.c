/* SPDX-License-Identifier: ISC */
#include "links.h"

#include "herd/err.h"
#include "follower.h"
#include "handshake.h"
#include "neighbour.h"
#include "protocol/hello.h"

#include <assert.h>

enum {
    PROBE_MS = 2000, /* a probed neighbour must send something within this time */
    ACK_MS = 1000,   /* an ACK is sent within this time of a batch */
    UNAUTHENTICATED_LOG_PAUSE_MS =
        1000,                       /* one unauthenticated connection is logged in it ... */
    UNAUTHENTICATED_LOG_BURST = 16, /* ... and this many after a time without any */
};

/* ---- life ---- */

static void init_timers(struct herd_links *links)
{
    const struct herd_conf *conf = links->context->setup.conf;
    herd_timerq_init(&links->handshakes, conf->handshake_timeout_ms);
    herd_timerq_init(&links->pings, conf->link_ping_ms);
    herd_timerq_init(&links->timeouts, conf->link_timeout_ms);
    herd_timerq_init(&links->probes, PROBE_MS);
    herd_timerq_init(&links->acks, ACK_MS);
    herd_ratelimit_init(&links->unauthenticated_log_limit, UNAUTHENTICATED_LOG_PAUSE_MS,
                        UNAUTHENTICATED_LOG_BURST);
}

static void add_neighbour(struct herd_links *links, uint32_t server)
{
    struct herd_neighbour *neighbour = &links->neighbours[links->neighbour_count];
    const struct herd_conf *conf = links->context->setup.conf;
    struct herd_slice name = herd_slice_str(conf->servers[server].name);
    struct herd_link_fsm_setup setup = {conf->link_retry_min_ms, conf->link_retry_max_ms,
                                        herd_slice_cmp(links->context->name, name) < 0};
    herd_link_fsm_init(&neighbour->fsm, &setup, links->context->mono);
    neighbour->server = server;
    herd_neighbour_init(neighbour, name.data);
    links->partners[links->partner_count++] = &neighbour->partner;
    links->neighbour_count++;
}

static int add_neighbours(struct herd_links *links)
{
    const struct herd_mem *mem = links->context->setup.mem;
    const struct herd_conf *conf = links->context->setup.conf;
    uint32_t self = links->context->setup.self, count = 0;
    for (uint32_t i = 0; i < conf->server_count; i++)
        count += herd_conf_linked(conf, self, i);
    links->partners_capacity = count + HERD_FOLLOWERS_MAX;
    links->partners =
        herd_mem_zalloc(mem, links->partners_capacity * sizeof *links->partners);
    if (links->partners == NULL)
        return HERD_ENOMEM;
    if (count == 0)
        return HERD_OK;
    links->neighbours = herd_mem_zalloc(mem, count * sizeof *links->neighbours);
    if (links->neighbours == NULL)
        return HERD_ENOMEM;
    for (uint32_t i = 0; i < conf->server_count; i++)
        if (herd_conf_linked(conf, self, i))
            add_neighbour(links, i);
    return HERD_OK;
}

int herd_links_init(struct herd_links *links, struct herd_context *context,
                    struct herd_store *store)
{
    *links =
        (struct herd_links){.context = context,
                            .store = store,
                            .rules = herd_hello_rules(context->setup.conf->client_expire)};
    links->followers = (struct herd_session_service){
        .role = HERD_ROLE_CONTROL, .ops = &herd_follower_session_ops, .state = links};
    links->waits_for_disk = herd_conf_acks_from_disk(context->setup.conf);
    init_timers(links);
    return add_neighbours(links);
}

void herd_links_free(struct herd_links *links)
{
    if (links->context == NULL)
        return;
    const struct herd_mem *mem = links->context->setup.mem;
    herd_mem_free(mem, links->neighbours,
                  links->neighbour_count * sizeof *links->neighbours);
    herd_mem_free(mem, links->partners, links->partners_capacity * sizeof *links->partners);
    links->neighbours = NULL;
    links->partners = NULL;
    links->neighbour_count = links->partner_count = links->partners_capacity = 0;
}

/* ---- dials ---- */

void herd_links_on_dial_failed(struct herd_links *links, int64_t server,
                               struct herd_slice reason)
{
    struct herd_context *context = links->context;
    struct herd_neighbour *neighbour = herd_neighbour_find(links, server);
    assert(neighbour != NULL);
    context->stats.dials_failed++;
    herd_link_fsm_on_dial_failed(&neighbour->fsm, context->mono, herd_random(context));
    /* A neighbour that is down for a day is worth a line, not a line every 30 seconds. */
    if (neighbour->partner.peer == NULL &&
        herd_partner_set_reason(&neighbour->partner, reason))
        herd_logf(context, 0, "cannot reach %s: %s", neighbour->partner.name,
                  neighbour->partner.down_reason.text);
}

static void dial_neighbours(struct herd_links *links)
{
    struct herd_context *context = links->context;
    for (uint32_t i = 0; i < links->neighbour_count; i++) {
        struct herd_neighbour *neighbour = &links->neighbours[i];
        struct herd_action dial = {.kind = HERD_DO_DIAL, .server = neighbour->server};
        if (context->stopping || !herd_link_fsm_should_dial(&neighbour->fsm, context->mono))
            continue;
        context->stats.dials++;
        if (!herd_out_add(&context->out, &dial))
            herd_link_fsm_on_dial_failed(&neighbour->fsm, context->mono,
                                         herd_random(context));
    }
}

/* ---- time ---- */

void herd_links_tick(struct herd_links *links)
{
    herd_handshake_tick(links);
    herd_heartbeat_tick(links);
    herd_receive_tick(links);
    dial_neighbours(links);
    herd_send_tick(links);
    if (links->waits_for_disk)
        herd_follower_see_caught_up(links);
}

struct herd_mono herd_links_deadline(const struct herd_links *links)
{
    struct herd_mono at = herd_send_deadline(links);
    at = herd_mono_min(at, herd_timerq_deadline(&links->handshakes));
    at = herd_mono_min(at, herd_timerq_deadline(&links->pings));
    at = herd_mono_min(at, herd_timerq_deadline(&links->timeouts));
    at = herd_mono_min(at, herd_timerq_deadline(&links->probes));
    at = herd_mono_min(at, herd_timerq_deadline(&links->acks));
    for (uint32_t i = 0; i < links->neighbour_count && !links->context->stopping; i++)
        at = herd_mono_min(at, herd_link_fsm_deadline(&links->neighbours[i].fsm));
    return at;
}

/* ---- status ---- */

size_t herd_links_up(const struct herd_links *links)
{
    size_t up = 0;
    for (uint32_t i = 0; i < links->neighbour_count; i++)
        up += herd_link_fsm_is_up(&links->neighbours[i].fsm);
    return up;
}

struct herd_link_status herd_links_status(const struct herd_links *links, uint32_t i)
{
    const struct herd_partner *partner = links->partners[i];
    struct herd_link_status status = {.name = partner->name,
                                      .up = partner->peer != NULL,
                                      .reason = partner->down_reason.text};
    if (status.up) {
        status.dialled = partner->peer->dialled;
        status.behind = herd_send_behind(links, partner);
        status.mode = herd_send_mode_name(&partner->send);
        status.rtt_us = partner->heartbeat.rtt_ns / 1000;
        status.skew_ms = partner->heartbeat.skew_ns / HERD_NS_PER_MS;
    }
    return status;
}
