/* The replies to a client, in the order of its commands. */
#include "client.h"
#include "herd/err.h"

/* More pending lookups of one client than this, and it is not read for a while. */
enum { LOOKUPS_MAX = 64 };

/* ---- new replies ---- */

char *herd_client_reply_room(struct herd_clients *clients, struct herd_client *client,
                             size_t size)
{
    return client->last != NULL ? herd_buf_reserve(&client->last->after, size)
                                : herd_out_reserve_send(&clients->context->out, size);
}

/* Stays where it is instead of coming round: all of it is "much". */
static void count_unsent(struct herd_client *client, size_t size)
{
    client->unsent += size < SIZE_MAX / 2 - client->unsent ? size : 0;
}

bool herd_client_reply_done(struct herd_clients *clients, struct herd_client *client,
                            size_t used)
{
    if (client->last != NULL) {
        herd_buf_commit(&client->last->after, used);
        client->held += used;
        return true;
    }
    if (!herd_out_commit_send(&clients->context->out, client->session.id, used))
        return false;
    count_unsent(client, used);
    if (clients->context->setup.conf->log_traffic)
        (void)herd_out_log_sent(&clients->context->out, HERD_TOPIC_CLIENT,
                                client->session.id, used, used - 1);
    return true;
}

/* ---- replies that were held ---- */

/* Sends a part of what is held, unless it is too much at once: then it waits until all
 * that went before is in the kernel's hands. Returns whether it has gone. */
static bool send_held(struct herd_clients *clients, struct herd_client *client,
                      struct herd_buf *held)
{
    struct herd_slice bytes = herd_buf_bytes(held);
    if (bytes.len == 0)
        return true;
    if (client->unsent > 0 &&
        client->unsent + bytes.len > (size_t)clients->context->setup.conf->output_high) {
        struct herd_action drain = {.kind = HERD_DO_DRAIN, .conn = client->session.id};
        if (!client->draining && !herd_out_add(&clients->context->out, &drain))
            herd_session_end_out_of_memory(&client->session);
        client->draining = true;
        return false;
    }
    client->held -= bytes.len;
    count_unsent(client, bytes.len);
    herd_session_send(&client->session, bytes);
    if (clients->context->setup.conf->log_traffic && !client->session.ending)
        (void)herd_out_log_sent(&clients->context->out, HERD_TOPIC_CLIENT,
                                client->session.id, bytes.len, bytes.len);
    herd_buf_free(held);
    return true;
}

void herd_client_flush(struct herd_clients *clients, struct herd_client *client)
{
    while (!client->session.ending && client->first != NULL && client->first->done) {
        struct herd_lookup *lookup = client->first;
        if (!send_held(clients, client, &lookup->reply) ||
            !send_held(clients, client, &lookup->after))
            return;
        client->first = lookup->later;
        if (client->first == NULL)
            client->last = NULL;
        client->lookup_count--;
        herd_whatsat_drop(clients, lookup);
    }
}

bool herd_client_must_pause(const struct herd_clients *clients,
                            const struct herd_client *client)
{
    return client->lookup_count >= LOOKUPS_MAX ||
           client->held >= (size_t)clients->context->setup.conf->output_high;
}
