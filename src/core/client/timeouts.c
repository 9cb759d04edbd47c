/* SPDX-License-Identifier: ISC */
/* What becomes of clients as time passes. */
#include "client.h"

void herd_client_set_timers(struct herd_clients *clients, struct herd_client *client)
{
    bool partial =
        !client->input_closed && !client->paused && herd_line_partial(&client->line);
    if (!partial)
        herd_timer_disarm(&client->half);
    else if (!herd_timer_armed(&client->half))
        herd_timer_arm(&clients->half_lines, &client->half, clients->context->mono);
    if (partial)
        herd_timer_arm(&clients->quiet_lines, &client->quiet, clients->context->mono);
    else
        herd_timer_disarm(&client->quiet);
    herd_timer_arm(&clients->idle_clients, &client->idle, clients->context->mono);
}

static void close_for(struct herd_clients *clients, struct herd_client *client,
                      uint64_t *counter, const char *why)
{
    (*counter)++;
    herd_log(clients->context, HERD_TOPIC_CLIENT, client->session.id, '-',
             herd_slice_str(why));
    herd_session_end(&client->session);
}

void herd_clients_end_waits(struct herd_clients *clients)
{
    struct herd_context *context = clients->context;
    struct herd_client *client;
    while ((client = herd_timerq_expired(&clients->half_lines, context->mono)) != NULL)
        close_for(clients, client, &context->stats.lines_too_slow,
                  "closed: the line was not finished in time");
    while ((client = herd_timerq_expired(&clients->idle_clients, context->mono)) != NULL)
        close_for(clients, client, &context->stats.clients_idle, "closed: idle");
    while ((client = herd_timerq_expired(&clients->quiet_lines, context->mono)) != NULL) {
        herd_client_read_rest(clients, client);
        herd_client_settle_at_once(clients, client);
    }
}
