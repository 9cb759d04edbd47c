/* SPDX-License-Identifier: ISC */
/* What becomes of clients whose time is over, and of their unfinished lines. */
#include "client.h"

#include <inttypes.h>
#include <stdio.h>

/* ---- the log ---- */

enum { QUOTED_MAX = 96, WHY_MAX = 192 };

/* "WHY: LINE", with the beginning of the unfinished line. The log escapes it. */
static void log_unfinished(struct herd_clients *clients, struct herd_client *client,
                           const char *why)
{
    const struct herd_conf *conf = clients->context->setup.conf;
    struct herd_slice line = herd_line_unfinished(&client->line);
    bool cut = line.len > QUOTED_MAX;
    char text[WHY_MAX + QUOTED_MAX];
    int len = snprintf(
        text, WHY_MAX, "%s%s; %zu bytes without LF%s: ", why,
        conf->client_compat ? "" : " (client-compat yes is for clients that send no LF)",
        line.len, cut ? ", which begin" : "");
    memcpy(text + len, line.data, cut ? QUOTED_MAX : line.len);
    herd_log_copy(clients->context, HERD_TOPIC_CLIENT, client->session.id, '-',
                  herd_slice(text, (size_t)len + (cut ? QUOTED_MAX : line.len)));
}

void herd_client_log_waited(struct herd_clients *clients, struct herd_client *client)
{
    char why[WHY_MAX / 2];
    int64_t ms = (clients->context->mono.ns - client->partial_since.ns) / HERD_NS_PER_MS;
    if (!herd_line_partial(&client->line) || client->paused ||
        clients->context->setup.conf->client_compat || ms < HERD_COMPAT_COMMAND_MS)
        return;
    snprintf(why, sizeof why, "the client sent no more after %" PRId64 " ms", ms);
    log_unfinished(clients, client, why);
}

static void close_for(struct herd_clients *clients, struct herd_client *client,
                      uint64_t *counter, const char *why)
{
    (*counter)++;
    if (herd_line_partial(&client->line))
        log_unfinished(clients, client, why);
    else
        herd_log(clients->context, HERD_TOPIC_CLIENT, client->session.id, '-',
                 herd_slice_str(why));
    herd_session_end(&client->session);
}

/* ---- time is over ---- */

/* The next of this queue; NULL: none is due, or enough for this turn. */
static inline struct herd_client *next_due(struct herd_clients *clients,
                                           struct herd_timerq *queue, uint32_t *left)
{
    if (*left == 0)
        return NULL;
    struct herd_client *client = herd_timerq_expired(queue, clients->context->mono);
    *left -= client != NULL;
    return client;
}

static void obey_rested(struct herd_clients *clients, struct herd_client *client)
{
    clients->context->stats.lines_rested++;
    client->line_end_due = true; /* only client-compat looks at it */
    herd_client_read_rest(clients, client);
    herd_client_settle_at_once(clients, client);
}

/* What is no command may be the beginning of one, so it waits for longer. */
static void end_rests(struct herd_clients *clients, uint32_t *left)
{
    struct herd_client *client;
    while ((client = next_due(clients, &clients->quiet_lines, left)) != NULL)
        if (clients->refusable_lines.duration_ms == 0 ||
            herd_client_rest_is_command(clients, client))
            obey_rested(clients, client);
        else
            herd_timer_arm(&clients->refusable_lines, &client->quiet,
                           clients->context->mono);
    while (herd_clients_end_served(clients) &&
           (client = next_due(clients, &clients->refusable_lines, left)) != NULL)
        obey_rested(clients, client);
}

static void close_served(struct herd_clients *clients, struct herd_client *client)
{
    const struct herd_conf *conf = clients->context->setup.conf;
    clients->context->stats.clients_served++;
    if (conf->log_traffic)
        herd_log(clients->context, HERD_TOPIC_CLIENT, client->session.id, '-',
                 conf->client_one_shot
                     ? HERD_LIT("closed: quiet after its last reply (client-one-shot)")
                     : HERD_LIT("closed: quiet after its last reply (client-compat)"));
    herd_session_end(&client->session);
}

void herd_clients_end_waits(struct herd_clients *clients)
{
    struct herd_stats *stats = &clients->context->stats;
    struct herd_client *client;
    uint32_t left = HERD_TURN_TIMEOUTS;
    while ((client = next_due(clients, &clients->half_lines, &left)) != NULL)
        close_for(clients, client, &stats->lines_too_slow,
                  "closed: the line was not finished in time");
    while ((client = next_due(clients, &clients->idle_clients, &left)) != NULL)
        close_for(clients, client, &stats->clients_idle, "closed: idle");
    while (herd_clients_end_served(clients) &&
           (client = next_due(clients, &clients->served_clients, &left)) != NULL)
        close_served(clients, client);
    end_rests(clients, &left);
}
