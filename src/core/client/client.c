/* SPDX-License-Identifier: ISC */
#include "client.h"
#include "herd/err.h"
#include "protocol/foreign.h"

#include <assert.h>

/* ---- replies ---- */

/* ? and an exact copy of the line. */
static void reply_invalid(struct herd_clients *clients, struct herd_client *client,
                          struct herd_slice line)
{
    clients->context->stats.invalid++;
    char *room = herd_replies_room(&client->replies, line.len + 3);
    if (room == NULL)
        return;
    memcpy(room, "? ", 2);
    memcpy(room + 2, line.data, line.len);
    room[line.len + 2] = '\n';
    herd_replies_commit(&client->replies, line.len + 3);
}

/* ---- commands ---- */

/* All commands of clients. */
static const struct command {
    struct herd_command command;
    int (*handle)(struct herd_clients *clients, struct herd_client *client,
                  const struct herd_call *call);
} commands[] = {
    {HERD_COMMAND("IAMAT", 3, 3), herd_client_on_iamat},
    {HERD_COMMAND("WHATSAT", 3, 3), herd_client_on_whatsat},
};

static const struct command *find_command(const struct herd_call *call)
{
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
        if (herd_command_is(&commands[i].command, call))
            return &commands[i];
    return NULL;
}

/* A browser that a web page makes send a request here must not send commands in its
 * body. */
static bool is_http(struct herd_client *client, const struct herd_words *words,
                    bool is_command)
{
    bool first = !client->line_seen && words->count > 0;
    client->line_seen = client->line_seen || first;
    return (first && herd_is_http_method(words)) ||
           (!is_command && herd_is_http_request(words));
}

static void obey(struct herd_clients *clients, struct herd_client *client,
                 struct herd_slice line)
{
    struct herd_call call = {.line = line};
    clients->context->stats.commands++;
    /* This line has ended; the time of the next one counts from its own first byte. */
    herd_timer_disarm(&client->half);
    herd_words_split(line, &call.words);
    const struct command *command = find_command(&call);
    if (command == NULL || !herd_command_fits(&command->command, &call) ||
        command->handle(clients, client, &call) != HERD_OK)
        reply_invalid(clients, client, line);
    herd_replies_send(&client->replies); /* a query may have been finished at once */
    if (is_http(client, &call.words, command != NULL)) {
        clients->context->stats.clients_http++;
        client->input_closed = true;
    }
    if (clients->context->setup.conf->client_one_shot)
        client->input_closed = true;
}

/* ---- input ---- */

/* A client that sends no more, or whose input is closed, is closed when it has been sent
 * all its replies. */
static void end_if_served(struct herd_client *client)
{
    bool more = !client->input_closed && (!client->session.eof || client->stash.len > 0);
    if (!more && !herd_replies_are_held(&client->replies))
        herd_session_end(&client->session);
}

/* Obeys the lines of `input` until it is used up or the client has to wait, or `*left` is
 * used up. `fresh`: the bytes are the event's and outlive the step, so the log need not
 * copy them. */
static void read_lines(struct herd_clients *clients, struct herd_client *client,
                       struct herd_slice *input, uint32_t *left, bool fresh)
{
    struct herd_slice line;
    int rc = 0;
    herd_line_prefetch_start(&clients->ahead, *input);
    while (*left > 0 && !client->input_closed && !client->session.ending &&
           !herd_replies_must_pause(&client->replies) &&
           (rc = herd_line_next(&client->line, input, &line)) == 1) {
        if (clients->context->setup.conf->log_traffic && fresh && !client->line.taken)
            herd_log(clients->context, HERD_TOPIC_CLIENT, client->session.id, '<', line);
        else if (clients->context->setup.conf->log_traffic)
            herd_log_copy(clients->context, HERD_TOPIC_CLIENT, client->session.id, '<',
                          line);
        herd_line_prefetch_next(&clients->ahead);
        uint32_t cost = herd_turn_cost(line.len);
        *left -= cost < *left ? cost : *left;
        obey(clients, client, line);
    }
    herd_line_prefetch_end(&clients->ahead);
    if (rc == HERD_ETOOLONG) {
        clients->context->stats.lines_too_long++;
        reply_invalid(clients, client, line);
        client->input_closed = true;
    } else if (rc < 0) {
        herd_session_end_out_of_memory(&client->session);
    }
}

/* The unfinished line, when the client sends no more or was silent for
 * client-idle-line-ms: it counts as complete. */
static void read_rest(struct herd_clients *clients, struct herd_client *client)
{
    struct herd_slice line;
    if (client->input_closed || client->session.ending ||
        herd_line_rest(&client->line, &line) == 0)
        return;
    if (clients->context->setup.conf->log_traffic)
        herd_log_copy(clients->context, HERD_TOPIC_CLIENT, client->session.id, '<', line);
    obey(clients, client, line);
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
    if (partial)
        herd_timer_arm(&clients->quiet_lines, &client->quiet, clients->context->mono);
    else
        herd_timer_disarm(&client->quiet);
    herd_timer_arm(&clients->idle_clients, &client->idle, clients->context->mono);
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

static void read_stash(struct herd_clients *clients, struct herd_client *client,
                       uint32_t *left)
{
    struct herd_slice input = herd_buf_bytes(&client->stash);
    size_t before = input.len;
    read_lines(clients, client, &input, left, false);
    herd_buf_consume(&client->stash,
                     client->input_closed ? client->stash.len : before - input.len);
    if (client->stash.len == 0)
        herd_buf_free(&client->stash);
}

/* After any event of a client: obeys the lines that were stashed, as many as `*left`
 * allows, sets the turn, the pause and the timers, ends the session when it is done. */
static void settle(struct herd_clients *clients, struct herd_client *client, uint32_t *left)
{
    if (client->stash.len > 0 && !herd_replies_must_pause(&client->replies))
        read_stash(clients, client, left);
    if (client->session.eof && client->stash.len == 0 &&
        !herd_replies_must_pause(&client->replies))
        read_rest(clients, client);
    end_if_served(client);
    set_turn(clients, client);
    set_paused(clients, client,
               herd_replies_must_pause(&client->replies) || client->stash.len > 0);
    if (!client->session.ending)
        set_timers(clients, client);
}

/* Likewise, within what a client may use at once. */
static void settle_at_once(struct herd_clients *clients, struct herd_client *client)
{
    uint32_t most = herd_turn_at_once(&clients->turn), left = most;
    settle(clients, client, &left);
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

static void on_data(void *service, struct herd_session *session, struct herd_slice bytes)
{
    struct herd_clients *clients = service;
    struct herd_client *client = herd_client_of(session);
    struct herd_slice input = bytes;
    uint32_t most = herd_turn_at_once(&clients->turn), left = most;
    if (!client->byte_seen && bytes.len > 0) {
        client->byte_seen = true;
        if (herd_is_tls(bytes)) {
            clients->context->stats.clients_tls++;
            client->input_closed = true;
        }
    }
    if (client->stash.len == 0)
        read_lines(clients, client, &input, &left, true);
    if (input.len > 0 && !client->input_closed && !session->ending &&
        herd_buf_append(&client->stash, input) != HERD_OK)
        herd_session_end_out_of_memory(session);
    settle(clients, client, &left);
    herd_turn_use(&clients->turn, most - left);
}

static void on_eof(void *service, struct herd_session *session)
{
    settle_at_once(service, herd_client_of(session));
}

/* No further command is read; the session ends when all replies are sent. */
static void on_stop(void *service, struct herd_session *session)
{
    herd_client_of(session)->input_closed = true;
    settle_at_once(service, herd_client_of(session));
}

static void deliver(struct herd_clients *clients, struct herd_client *client)
{
    herd_replies_send(&client->replies);
    settle_at_once(clients, client);
}

static void on_drained(void *service, struct herd_session *session)
{
    struct herd_client *client = herd_client_of(session);
    herd_replies_drained(&client->replies);
    deliver(service, client);
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

const struct herd_session_ops herd_client_session_ops = {
    .size = sizeof(struct herd_client),
    .open = on_opened,
    .open_failed = on_open_failed,
    .data = on_data,
    .eof = on_eof,
    .drained = on_drained,
    .stop = on_stop,
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
        deliver(clients, client);
    }
}

/* ---- the end of a turn ---- */

/* Each of those that wait once, until this turn's budget is used up or there is no room. */
static void serve_replies(struct herd_clients *clients)
{
    struct herd_reply_budget *budget = &clients->reply_budget;
    const struct herd_list_node *last = herd_list_last(&budget->waiting);
    struct herd_list_node *node = NULL;
    budget->serving = true;
    budget->blocked = false;
    while (node != last && budget->turn_left > 0 && !budget->blocked) {
        node = herd_list_pop_front(&budget->waiting);
        deliver(clients,
                herd_list_item(node, offsetof(struct herd_client, replies.waiting)));
    }
    if (budget->blocked && herd_list_linked(node)) {
        herd_list_remove(node);
        herd_list_push_front(&budget->waiting, node);
    }
    budget->serving = false;
    budget->stuck = budget->turn_left > 0;
}

/* Each gets a share in turn, again and again, until this turn's budget is used up. */
static void serve_lines(struct herd_clients *clients)
{
    struct herd_turn *turn = &clients->turn;
    struct herd_list_node *node;
    if (turn->left < HERD_TURN_TICK_LEAST)
        turn->left = HERD_TURN_TICK_LEAST;
    while (turn->left > 0 && (node = herd_list_pop_front(&turn->ready)) != NULL) {
        uint32_t most = turn->left < HERD_TURN_STASH ? turn->left : HERD_TURN_STASH;
        uint32_t left = most;
        settle(clients, herd_list_item(node, offsetof(struct herd_client, in_turn)), &left);
        herd_turn_use(turn, most - left + 1);
    }
}

/* ---- time ---- */

static void close_for(struct herd_clients *clients, struct herd_client *client,
                      uint64_t *counter, const char *why)
{
    (*counter)++;
    herd_log(clients->context, HERD_TOPIC_CLIENT, client->session.id, '-',
             herd_slice_str(why));
    herd_session_end(&client->session);
}

static void end_waits(struct herd_clients *clients)
{
    struct herd_context *context = clients->context;
    struct herd_client *client;
    while ((client = herd_timerq_expired(&clients->half_lines, context->mono)) != NULL)
        close_for(clients, client, &context->stats.lines_too_slow,
                  "closed: the line was not finished in time");
    while ((client = herd_timerq_expired(&clients->idle_clients, context->mono)) != NULL)
        close_for(clients, client, &context->stats.clients_idle, "closed: idle");
    while ((client = herd_timerq_expired(&clients->quiet_lines, context->mono)) != NULL) {
        read_rest(clients, client);
        settle_at_once(clients, client);
    }
}

void herd_clients_tick(struct herd_clients *clients)
{
    serve_replies(clients);
    serve_lines(clients);
    end_waits(clients);
    clients->turn.left = HERD_TURN_BUDGET;
    herd_reply_budget_turn(&clients->reply_budget);
}
