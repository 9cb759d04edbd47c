/* SPDX-License-Identifier: ISC */
#include "control.h"
#include "herd/err.h"
#include "follow.h"
#include "forget.h"
#include "protocol/command.h"
#include "protocol/foreign.h"
#include "session.h"

#include <assert.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

enum {
    LINE_MAX_BYTES = 8192, /* of a command */
    STATUS_MAX = 1 << 20,  /* bytes of the reply to STATUS */
    IDLE_MS = 10000,       /* a connection without a command for this time is closed */
};

/* The reply to STATUS. After one failure nothing more is added. */
struct reply {
    struct herd_buf text;
    int rc;
};

static void put(struct reply *reply, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void put(struct reply *reply, const char *format, ...)
{
    char line[512];
    va_list args;
    va_start(args, format);
    int len = vsnprintf(line, sizeof line, format, args);
    va_end(args);
    assert(len >= 0 && len < (int)sizeof line);
    if (reply->rc == HERD_OK)
        reply->rc = herd_buf_append(&reply->text, herd_slice(line, (size_t)len));
}

static void put_counters(struct reply *reply, const struct herd_stats *stats)
{
#define PUT(field, what) put(reply, "%s %" PRIu64 "\n", #field, stats->field);
    HERD_STATS(PUT)
#undef PUT
}

static void put_gauges(struct reply *reply, const struct herd_control_setup *parts,
                       const struct herd_places_status *places)
{
    const struct herd_context *context = parts->context;
    struct herd_store *store = parts->store;
    struct herd_store_counts counts = herd_store_counts(store);
    put(reply, "server %s\nversion %s\n", context->name.data, context->setup.version);
    put(reply, "uptime_ms %" PRId64 "\n",
        (context->mono.ns - context->started.ns) / HERD_NS_PER_MS);
    put(reply, "clients_known %zu\n", counts.known);
    put(reply, "clients_forgotten %zu\n", counts.forgotten);
    put(reply, "clients_expired %zu\n", counts.expired);
    put(reply, "records_bytes %zu\n", store->bytes);
    put(reply, "store_bytes %zu\n", herd_store_memory(store));
    put(reply, "digest %016" PRIx64 "\n", herd_store_digest_at(store, context->wall));
    put(reply, "connections_open %zu\n", parts->sessions->count);
    put(reply, "requests_running %" PRIu32 "\n", places->running);
    put(reply, "queries_waiting %zu\n", parts->clients->queries_waiting);
    put(reply, "requests_waiting %" PRIu32 "\n", places->waiting);
    put(reply, "reports_waiting %" PRIu64 "\n", parts->clients->disk_waits.reports);
}

/* places PROVIDER closed|open|probing RETRY_MS */
static void put_places(struct reply *reply, const struct herd_places_status *places)
{
    put(reply, "places %s %s %" PRId64 "\n", places->provider, places->breaker,
        places->retry_ms);
}

/* link NAME up dialled|accepted BEHIND MODE RTT SKEW, or link NAME down - 0 REASON... */
static void put_link(struct reply *reply, const struct herd_link_status *link)
{
    if (!link->up) {
        put(reply, "link %s down - 0 %s\n", link->name, link->reason);
        return;
    }
    put(reply, "link %s up %s %" PRIu64 " %s %" PRId64 " %" PRId64 "\n", link->name,
        link->dialled ? "dialled" : "accepted", link->behind, link->mode, link->rtt_us,
        link->skew_ms);
}

static void put_links(struct reply *reply, const struct herd_links *links)
{
    for (uint32_t i = 0; i < links->neighbour_count; i++) {
        struct herd_link_status status = herd_links_status(links, i);
        put_link(reply, &status);
    }
}

/* follower NAME MODE BEHIND UNACKNOWLEDGED */
static void put_followers(struct reply *reply, const struct herd_links *links)
{
    for (uint32_t i = 0; i < herd_links_follower_count(links); i++) {
        struct herd_follower_status status = herd_links_follower_status(links, i);
        put(reply, "follower %s %s %" PRIu64 " %" PRIu64 "\n", status.name, status.mode,
            status.behind, status.unacknowledged);
    }
}

/* disk NAME STATE BEHIND REASON...; without state-dir there is none */
static void put_disk(struct reply *reply, const struct herd_disk *disk)
{
    if (!disk->on)
        return;
    struct herd_disk_status status = herd_disk_status(disk);
    put(reply, "disk %s %s %" PRIu64 " %.400s\n", HERD_DISK_NAME, status.state,
        status.behind, status.reason);
}

static void put_refusals(struct reply *reply, const struct herd_links *links)
{
    for (size_t i = 0; i < HERD_REFUSALS; i++)
        if (links->refusals[i].count > 0)
            put(reply, "refusal %s %" PRIu64 " %s\n", links->refusals[i].name,
                links->refusals[i].count, links->refusals[i].reason.text);
}

static int send_status(struct herd_controls *controls, struct herd_session *session,
                       const struct herd_call *call)
{
    const struct herd_control_setup *parts = &controls->parts;
    struct reply reply = {.rc = HERD_OK};
    (void)call;
    struct herd_places_status places =
        herd_places_status(parts->places, parts->context->mono);
    herd_buf_init(&reply.text, parts->context->setup.mem, STATUS_MAX);
    put_gauges(&reply, parts, &places);
    put_counters(&reply, &parts->context->stats);
    put_places(&reply, &places);
    put_links(&reply, parts->links);
    put_followers(&reply, parts->links);
    put_disk(&reply, parts->disk);
    put_refusals(&reply, parts->links);
    /* The empty line proves that the reply is complete. */
    put(&reply, "\n");
    if (reply.rc == HERD_OK)
        herd_session_send(session, herd_buf_bytes(&reply.text));
    else
        herd_session_end(session);
    herd_buf_free(&reply.text);
    return HERD_OK;
}

/* The record or tombstone that is held about a client, unless it has expired. */
static int send_record(struct herd_controls *controls, struct herd_session *session,
                       const struct herd_call *call)
{
    const struct herd_store *store = controls->parts.store;
    struct herd_store_slot slot = herd_store_lookup(store, call->words.word[1]);
    if (slot.stored == NULL || !herd_stored_is_visible(store, slot.stored))
        return HERD_EBAD;
    herd_session_send(session, herd_stored_text(slot.stored));
    herd_session_send(session, HERD_LIT("\n"));
    return HERD_OK;
}

/* ---- commands ---- */

static const struct command {
    struct herd_command command;
    int (*handle)(struct herd_controls *controls, struct herd_session *session,
                  const struct herd_call *call);
} commands[] = {
    {HERD_COMMAND("STATUS", 0, 0), send_status},
    {HERD_COMMAND("FORGET", 1, 1), herd_control_on_forget},
    {HERD_COMMAND("RECORD", 1, 1), send_record},
    {HERD_COMMAND("FOLLOW", 2, 2), herd_control_on_follow},
};

static void on_line(struct herd_controls *controls, struct herd_session *session,
                    struct herd_slice line)
{
    struct herd_call call = {.line = line};
    herd_words_split(line, &call.words);
    const struct command *command =
        herd_command_find(commands, sizeof commands, sizeof *commands, &call);
    if (command != NULL && herd_command_fits(&command->command, &call) &&
        command->handle(controls, session, &call) == HERD_OK)
        return;
    herd_session_send(session, HERD_LIT("? "));
    herd_session_send(session, line);
    herd_session_send(session, HERD_LIT("\n"));
    if (herd_is_http_method(&call.words) || herd_is_http_request(&call.words))
        herd_session_end(session);
}

/* ---- the session ---- */

static void on_opened(void *service, struct herd_session *session,
                      const struct herd_event *event)
{
    struct herd_controls *controls = service;
    struct herd_control *control = herd_control_of(session);
    struct herd_context *context = controls->parts.context;
    (void)event;
    herd_line_init(&control->line, context->setup.mem, LINE_MAX_BYTES);
    control->idle.owner = control;
    herd_timer_arm(&controls->idle, &control->idle, context->mono);
}

static void on_open_failed(void *service, const struct herd_event *event)
{
    (void)service;
    (void)event;
}

static void on_data(void *service, struct herd_session *session, struct herd_slice bytes)
{
    struct herd_controls *controls = service;
    struct herd_control *control = herd_control_of(session);
    struct herd_slice line;
    int rc = 0;
    if (!control->byte_seen && bytes.len > 0 && herd_is_tls(bytes))
        herd_session_end(session);
    control->byte_seen = true;
    while (!session->ending && !herd_control_follows(control) &&
           (rc = herd_line_next(&control->line, &bytes, &line)) == 1) {
        herd_timer_arm(&controls->idle, &control->idle, controls->parts.context->mono);
        on_line(controls, session, line);
    }
    if (rc < 0)
        herd_session_end(session);
    else if (!session->ending && herd_control_follows(control))
        herd_links_follow(controls->parts.links, session, control->follower_name, bytes);
}

static void end(void *service, struct herd_session *session)
{
    (void)service;
    herd_session_end(session);
}

static void on_drained(void *service, struct herd_session *session)
{
    (void)service;
    (void)session;
}

static void free_control(void *service, struct herd_session *session,
                         struct herd_slice reason)
{
    struct herd_control *control = herd_control_of(session);
    (void)service;
    (void)reason;
    herd_timer_disarm(&control->idle);
    herd_line_free(&control->line);
}

const struct herd_session_ops herd_control_session_ops = {
    .size = sizeof(struct herd_control),
    .open = on_opened,
    .open_failed = on_open_failed,
    .data = on_data,
    .eof = end,
    .drained = on_drained,
    .stop = end,
    .free = free_control,
};

/* ---- all of them ---- */

void herd_controls_init(struct herd_controls *controls,
                        const struct herd_control_setup *setup)
{
    controls->parts = *setup;
    herd_timerq_init(&controls->idle, IDLE_MS);
}

void herd_controls_tick(struct herd_controls *controls)
{
    struct herd_context *context = controls->parts.context;
    struct herd_control *control;
    while ((control = herd_timerq_expired(&controls->idle, context->mono)) != NULL) {
        context->stats.controls_idle++;
        herd_session_end(&control->session);
    }
}

struct herd_mono herd_controls_deadline(const struct herd_controls *controls)
{
    return herd_timerq_deadline(&controls->idle);
}
