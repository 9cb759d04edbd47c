/* SPDX-License-Identifier: ISC */
/* From bytes to commands: the lines of a client, and what becomes of each. */
#include "client.h"
#include "herd/err.h"
#include "protocol/foreign.h"

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
    int (*check)(const struct herd_clients *clients, const struct herd_call *call);
} commands[] = {
    {HERD_COMMAND("IAMAT", 3, 3), herd_client_on_iamat, herd_client_check_iamat},
    {HERD_COMMAND("WHATSAT", 3, 3), herd_client_on_whatsat, herd_client_check_whatsat},
};

static const struct command *find_command(const struct herd_call *call)
{
    return herd_command_find(commands, sizeof commands, sizeof *commands, call);
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
    client->obeyed = true;
}

/* ---- lines ---- */

void herd_client_read_lines(struct herd_clients *clients, struct herd_client *client,
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

void herd_client_read_rest(struct herd_clients *clients, struct herd_client *client)
{
    struct herd_slice line;
    if (client->input_closed || client->session.ending ||
        herd_line_rest(&client->line, &line) == 0)
        return;
    if (clients->context->setup.conf->log_traffic)
        herd_log_copy(clients->context, HERD_TOPIC_CLIENT, client->session.id, '<', line);
    obey(clients, client, line);
}

void herd_client_read_stash(struct herd_clients *clients, struct herd_client *client,
                            uint32_t *left)
{
    struct herd_slice input = herd_buf_bytes(&client->stash);
    size_t before = input.len;
    herd_client_read_lines(clients, client, &input, left, false);
    herd_buf_consume(&client->stash,
                     client->input_closed ? client->stash.len : before - input.len);
    if (client->stash.len == 0)
        herd_buf_free(&client->stash);
}

bool herd_client_rest_is_command(struct herd_clients *clients, struct herd_client *client)
{
    struct herd_call call = {.line = herd_line_unfinished(&client->line)};
    herd_words_split(call.line, &call.words);
    const struct command *command = find_command(&call);
    return command != NULL && herd_command_fits(&command->command, &call) &&
           command->check(clients, &call) == HERD_OK;
}
