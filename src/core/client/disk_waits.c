/* SPDX-License-Identifier: ISC */
#include "disk_waits.h"

static void free_wait(struct herd_held_reply *reply)
{
    struct herd_disk_wait *wait = (struct herd_disk_wait *)reply;
    struct herd_clients *clients = wait->clients;
    herd_list_remove(&wait->in_all);
    clients->disk_waits.reports -= wait->reports;
    clients->reply_budget.after -= sizeof *wait;
    herd_mem_free(clients->context->setup.mem, wait, sizeof *wait);
}

/* The one of this turn, if its reply is the last one that is held. */
static struct herd_disk_wait *present(const struct herd_clients *clients,
                                      const struct herd_client *client)
{
    struct herd_held_reply *last = client->replies.last;
    if (last == NULL || last->free != free_wait || last->complete)
        return NULL;
    struct herd_disk_wait *wait = (struct herd_disk_wait *)last;
    return wait->turn == clients->disk_waits.turn ? wait : NULL;
}

/* It costs memory like the replies that wait behind it. */
static struct herd_disk_wait *begin(struct herd_clients *clients,
                                    struct herd_client *client)
{
    struct herd_disk_wait *wait = herd_mem_alloc(clients->context->setup.mem, sizeof *wait);
    if (wait == NULL) {
        herd_session_end_out_of_memory(&client->session);
        return NULL;
    }
    *wait = (struct herd_disk_wait){.clients = clients,
                                    .client = client,
                                    .turn = clients->disk_waits.turn,
                                    .since = clients->context->mono};
    clients->reply_budget.after += sizeof *wait;
    herd_list_push_back(&clients->disk_waits.all, &wait->in_all);
    herd_replies_hold(&client->replies, &wait->reply, free_wait);
    return wait;
}

struct herd_disk_wait *herd_disk_wait_for(struct herd_clients *clients,
                                          struct herd_client *client)
{
    struct herd_disk_wait *wait = present(clients, client);
    if (wait == NULL)
        wait = begin(clients, client);
    return wait;
}

void herd_disk_wait_until(struct herd_disk_wait *wait, uint64_t seq)
{
    wait->seq = wait->seq > seq ? wait->seq : seq;
    wait->reports++;
    wait->clients->disk_waits.reports++;
}

static struct herd_disk_wait *first(const struct herd_clients *clients)
{
    return herd_list_item(herd_list_first(&clients->disk_waits.all),
                          offsetof(struct herd_disk_wait, in_all));
}

bool herd_clients_wait_for_disk(const struct herd_clients *clients)
{
    return first(clients) != NULL;
}

struct herd_mono herd_clients_disk_wait_since(const struct herd_clients *clients)
{
    const struct herd_disk_wait *wait = first(clients);
    return wait != NULL ? wait->since : HERD_NEVER;
}

void herd_clients_on_disk(struct herd_clients *clients, uint64_t seq)
{
    static const struct herd_slice nothing[HERD_REPLY_PARTS] = {{NULL, 0}};
    struct herd_disk_wait *wait;
    while ((wait = first(clients)) != NULL && wait->seq <= seq) {
        struct herd_client *client = wait->client;
        herd_list_remove(&wait->in_all);
        clients->disk_waits.reports -= wait->reports;
        wait->reports = 0;
        herd_replies_complete(&client->replies, &wait->reply, nothing);
        herd_client_deliver(clients, client);
    }
}
