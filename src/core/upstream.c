/* SPDX-License-Identifier: ISC */
#include "upstream.h"

#include "decimal.h"

/* ---- calls of Places ---- */

static void fetch(void *ctx, uint64_t request_id, struct herd_slice bytes)
{
    struct herd_context *context = ctx;
    struct herd_action action = {.kind = HERD_DO_FETCH, .request_id = request_id};
    if (context->setup.conf->log_traffic)
        herd_log_copy(context, HERD_TOPIC_PLACES, 0, '>', bytes);
    (void)herd_out_add_copy(&context->out, &action, bytes);
}

static void cancel(void *ctx, uint64_t request_id)
{
    struct herd_context *context = ctx;
    struct herd_action action = {.kind = HERD_DO_CANCEL, .request_id = request_id};
    (void)herd_out_add(&context->out, &action);
}

static void log_line(void *ctx, struct herd_slice text)
{
    herd_log_copy(ctx, HERD_TOPIC_HERD, 0, '-', text);
}

static uint64_t random_bits(void *ctx)
{
    return herd_random(ctx);
}

int herd_upstream_new(struct herd_places **places, struct herd_context *context)
{
    const struct herd_core_setup *core = &context->setup;
    struct herd_places_setup setup = {.mem = core->mem,
                                      .conf = core->conf,
                                      .stats = &context->stats,
                                      .unavailable = core->places_unavailable,
                                      .calls = {.ctx = context,
                                                .fetch = fetch,
                                                .cancel = cancel,
                                                .log = log_line,
                                                .random = random_bits}};
    memcpy(setup.hash_key, core->hash_key, sizeof setup.hash_key);
    return herd_places_new(places, &setup);
}

/* ---- replies ---- */

static void log_reply(struct herd_context *context, const struct herd_event *event)
{
    char text[64];
    if (!context->setup.conf->log_traffic)
        return;
    if (event->status == 0) {
        herd_log(context, HERD_TOPIC_PLACES, 0, '<', event->bytes);
        return;
    }
    memcpy(text, "HTTP ", 5);
    size_t len = 5 + herd_uint_print((uint64_t)event->status, text + 5);
    memcpy(text + len, ", ", 2);
    len += 2;
    len += herd_uint_print(event->bytes.len, text + len);
    memcpy(text + len, " bytes", 6);
    herd_log_copy(context, HERD_TOPIC_PLACES, 0, '<', herd_slice(text, len + 6));
}

void herd_upstream_on_reply(struct herd_places *places, struct herd_context *context,
                            const struct herd_event *event)
{
    log_reply(context, event);
    struct herd_places_reply reply = {.http_status = event->status,
                                      .retry_after_ms = event->retry_after_ms,
                                      .body = event->bytes};
    herd_places_on_reply(places, event->request_id, &reply, context->mono, context->wall);
}
