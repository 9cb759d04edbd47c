/* SPDX-License-Identifier: ISC */
/* The session of a client: its events, and what they leave to be done. */
#include "client.h"
#include "herd/err.h"
#include "protocol/foreign.h"

#include <assert.h>

/* ---- after any event ---- */

/* A client that sends no more, or whose input is closed, is closed when it has been sent
 * all its replies. */
static void end_if_served(struct herd_client *client)
{
    bool more = !client->input_closed && (!client->session.eof || client->stash.len > 0);
    if (!more && !herd_replies_are_held(&client->replies))
        herd_session_end(&client->session);
}

static void set_paused(struct herd_clients *clients, struct herd_client *client,
                       bool paused)
{
    struct herd_action action = {.kind = paused ? HERD_DO_PAUSE : HERD_DO_RESUME,
                                 .conn = client->session.id};
    if (client->paused == paused || client->session.ending)
        return;
    client->paused = paused;
    if (!herd_out_add(&clients->context->out, &action))
        herd_session_end_out_of_memory(&client->session);
}

/* Lines that wait for nothing but their turn are TICK's. */
static void set_turn(struct herd_clients *clients, struct herd_client *client)
{
    bool waits = client->stash.len > 0 && !client->session.ending &&
                 !herd_replies_must_pause(&client->replies);
    if (!waits)
        herd_list_remove(&client->in_turn);
    else if (!herd_list_linked(&client->in_turn))
        herd_list_push_back(&clients->turn.ready, &client->in_turn);
}

/* One timer, in one of two queues: after its replies a client may be closed sooner. None
 * while it is owed a reply, which is not its fault. */
static void set_idle(struct herd_clients *clients, struct herd_client *client, bool partial)
{
    bool owed = herd_replies_are_held(&client->replies) || client->stash.len > 0;
    bool served = herd_clients_end_served(clients) && client->obeyed && !partial;
    if (owed)
        herd_timer_disarm(&client->idle);
    else
        herd_timer_arm(served ? &clients->served_clients : &clients->idle_clients,
                       &client->idle, clients->context->mono);
}

/* A started line must end within a time that counts from its first byte; half a line in a
 * pause is not the client's fault. */
static void set_timers(struct herd_clients *clients, struct herd_client *client)
{
    bool partial =
        !client->input_closed && !client->paused && herd_line_partial(&client->line);
    if (!partial)
        herd_timer_disarm(&client->half);
    else if (!herd_timer_armed(&client->half))
        herd_timer_arm(&clients->half_lines, &client->half, clients->context->mono);
    if (partial) {
        client->partial_since = clients->context->mono;
        herd_timer_arm(&clients->quiet_lines, &client->quiet, clients->context->mono);
    } else {
        herd_timer_disarm(&client->quiet);
    }
    set_idle(clients, client, partial);
}

void herd_client_settle(struct herd_clients *clients, struct herd_client *client,
                        uint32_t *left)
{
    if (client->stash.len > 0 && !herd_replies_must_pause(&client->replies))
        herd_client_read_stash(clients, client, left);
    if (client->session.eof && client->stash.len == 0 &&
        !herd_replies_must_pause(&client->replies))
        herd_client_read_rest(clients, client);
    end_if_served(client);
    set_turn(clients, client);
    set_paused(clients, client,
               herd_replies_must_pause(&client->replies) || client->stash.len > 0);
    if (!client->session.ending)
        set_timers(clients, client);
}

void herd_client_settle_at_once(struct herd_clients *clients, struct herd_client *client)
{
    uint32_t most = herd_turn_at_once(&clients->turn), left = most;
    herd_client_settle(clients, client, &left);
    herd_turn_use(&clients->turn, most - left);
}

/* ---- the session ---- */

static void on_opened(void *service, struct herd_session *session,
                      const struct herd_event *event)
{
    struct herd_clients *clients = service;
    struct herd_client *client = herd_client_of(session);
    struct herd_context *context = clients->context;
    const struct herd_conf *conf = context->setup.conf;
    herd_line_init(&client->line, context->setup.mem, (size_t)conf->client_line_max);
    herd_buf_init(&client->stash, context->setup.mem, (size_t)conf->output_max);
    client->half.owner = client;
    client->quiet.owner = client;
    client->idle.owner = client;
    client->address_key = herd_places_address_key(clients->places, event->address);
    herd_replies_init(&client->replies, session, &clients->reply_budget,
                      client->address_key);
    context->stats.clients_accepted++;
    herd_timer_arm(&clients->idle_clients, &client->idle, context->mono);
}

static void on_open_failed(void *service, const struct herd_event *event)
{
    (void)service;
    (void)event;
}

/* Obeys what may be obeyed now, and stashes the rest. */
static void take_input(struct herd_clients *clients, struct herd_client *client,
                       struct herd_slice input, uint32_t *left)
{
    if (client->stash.len == 0)
        herd_client_read_lines(clients, client, &input, left, true);
    if (input.len > 0 && !client->input_closed && !client->session.ending &&
        herd_buf_append(&client->stash, input) != HERD_OK)
        herd_session_end_out_of_memory(&client->session);
}

/* The LF, or CR LF, of a line that was obeyed without it is not a blank line. */
static void skip_line_end(struct herd_client *client, struct herd_slice *text)
{
    while (client->line_end_due && text->len > 0) {
        bool lf = text->data[0] == '\n', cr = text->data[0] == '\r';
        client->line_end_due = cr;
        if (!lf && !cr)
            break;
        *text = herd_slice_from(*text, 1);
    }
}

/* The same as client-compat has it. */
static void take_compat_input(struct herd_clients *clients, struct herd_client *client,
                              struct herd_slice input, uint32_t *left)
{
    struct herd_slice text;
    while (herd_telnet_next(&client->telnet, &input, &text)) {
        skip_line_end(client, &text);
        take_input(clients, client, text, left);
    }
}

static void on_data(void *service, struct herd_session *session, struct herd_slice bytes)
{
    struct herd_clients *clients = service;
    struct herd_client *client = herd_client_of(session);
    uint32_t most = herd_turn_at_once(&clients->turn), left = most;
    if (!client->byte_seen && bytes.len > 0) {
        client->byte_seen = true;
        if (herd_is_tls(bytes)) {
            clients->context->stats.clients_tls++;
            client->input_closed = true;
        }
    }
    if (clients->context->setup.conf->client_compat)
        take_compat_input(clients, client, bytes, &left);
    else
        take_input(clients, client, bytes, &left);
    herd_client_settle(clients, client, &left);
    herd_turn_use(&clients->turn, most - left);
}

static void on_eof(void *service, struct herd_session *session)
{
    herd_client_log_waited(service, herd_client_of(session));
    herd_client_settle_at_once(service, herd_client_of(session));
}

/* No further command is read; the session ends when all replies are sent. */
static void on_stop(void *service, struct herd_session *session)
{
    herd_client_of(session)->input_closed = true;
    herd_client_settle_at_once(service, herd_client_of(session));
}

void herd_client_deliver(struct herd_clients *clients, struct herd_client *client)
{
    herd_replies_send(&client->replies);
    herd_client_settle_at_once(clients, client);
}

static void on_drained(void *service, struct herd_session *session)
{
    struct herd_client *client = herd_client_of(session);
    herd_replies_drained(&client->replies);
    herd_client_deliver(service, client);
}

static void free_client(void *service, struct herd_session *session,
                        struct herd_slice reason)
{
    struct herd_client *client = herd_client_of(session);
    (void)service;
    (void)reason;
    assert(!client->ready);
    herd_list_remove(&client->in_turn);
    herd_replies_free(&client->replies);
    herd_timer_disarm(&client->half);
    herd_timer_disarm(&client->quiet);
    herd_timer_disarm(&client->idle);
    herd_line_free(&client->line);
    herd_buf_free(&client->stash);
}

static void wipe(struct herd_session *session)
{
    struct herd_client *client = herd_client_of(session);
    herd_line_wipe(&client->line);
    herd_buf_wipe_spare(&client->stash);
}

const struct herd_session_ops herd_client_session_ops = {
    .size = sizeof(struct herd_client),
    .open = on_opened,
    .open_failed = on_open_failed,
    .data = on_data,
    .eof = on_eof,
    .drained = on_drained,
    .stop = on_stop,
    .wipe = wipe,
    .free = free_client,
};

/* A client of which several queries are finished gets all these replies at once. */
void herd_clients_deliver(struct herd_clients *clients)
{
    struct herd_client *first = NULL, **end = &first;
    struct herd_places_query *query;
    while ((query = herd_places_next_finished(clients->places)) != NULL) {
        struct herd_client *client = herd_client_complete_query(query);
        if (client->ready)
            continue;
        client->ready = true;
        client->next_ready = NULL;
        *end = client;
        end = &client->next_ready;
    }
    while (first != NULL) {
        struct herd_client *client = first;
        first = client->next_ready;
        client->ready = false;
        herd_client_deliver(clients, client);
    }
}
