/* SPDX-License-Identifier: ISC */
/* The clients of one server together: their beginning, and when something is due. */
#include "clients.h"
#include "compat.h"

static void init_timers(struct herd_clients *clients, const struct herd_conf *conf)
{
    /* client-idle-line-ms, if it is set, is for all lines. */
    bool compat = conf->client_compat && conf->client_idle_line_ms == 0;
    int64_t served_ms = conf->client_one_shot ? HERD_ONE_SHOT_SERVED_MS
                        : conf->client_compat ? HERD_COMPAT_SERVED_MS
                                              : 0;
    if (conf->client_idle_ms > 0 && conf->client_idle_ms < served_ms)
        served_ms = conf->client_idle_ms;
    herd_timerq_init(&clients->half_lines, conf->client_half_line_ms);
    herd_timerq_init(&clients->quiet_lines,
                     compat ? HERD_COMPAT_COMMAND_MS : conf->client_idle_line_ms);
    herd_timerq_init(&clients->refusable_lines,
                     compat ? HERD_COMPAT_LINE_MS - HERD_COMPAT_COMMAND_MS : 0);
    herd_timerq_init(&clients->idle_clients, conf->client_idle_ms);
    herd_timerq_init(&clients->served_clients, served_ms);
}

int herd_clients_init(struct herd_clients *clients, struct herd_context *context,
                      struct herd_store *store, struct herd_places *places)
{
    const struct herd_conf *conf = context->setup.conf;
    *clients = (struct herd_clients){
        .context = context, .store = store, .places = places, .ahead = {.store = store}};
    herd_turn_init(&clients->turn);
    herd_reply_budget_init(&clients->reply_budget, (size_t)conf->replies_memory_max / 4);
    herd_list_init(&clients->disk_waits.all);
    clients->disk_waits.on = herd_conf_acks_from_disk(conf);
    init_timers(clients, conf);
    return herd_shares_init(&clients->waiting, context->setup.mem,
                            (size_t)conf->lookups_max + (size_t)conf->lookups_waiting_max);
}

void herd_clients_free(struct herd_clients *clients)
{
    herd_shares_free(&clients->waiting);
}

struct herd_mono herd_clients_deadline(const struct herd_clients *clients)
{
    if (!herd_list_is_empty(&clients->turn.ready) ||
        herd_reply_budget_is_due(&clients->reply_budget))
        return (struct herd_mono){0};
    struct herd_mono at = herd_timerq_deadline(&clients->half_lines);
    at = herd_mono_min(at, herd_timerq_deadline(&clients->quiet_lines));
    if (herd_clients_end_served(clients)) {
        at = herd_mono_min(at, herd_timerq_deadline(&clients->refusable_lines));
        at = herd_mono_min(at, herd_timerq_deadline(&clients->served_clients));
    }
    return herd_mono_min(at, herd_timerq_deadline(&clients->idle_clients));
}
