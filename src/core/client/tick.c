/* SPDX-License-Identifier: ISC */
/* TICK, the end of a turn: the clients that have waited for their turn, then timeouts. */
#include "client.h"

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
        herd_client_deliver(
            clients, herd_list_item(node, offsetof(struct herd_client, replies.waiting)));
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
        herd_client_settle(
            clients, herd_list_item(node, offsetof(struct herd_client, in_turn)), &left);
        herd_turn_use(turn, most - left + 1);
    }
}

void herd_clients_tick(struct herd_clients *clients)
{
    serve_replies(clients);
    serve_lines(clients);
    herd_clients_end_waits(clients);
    clients->disk_waits.turn++;
    clients->turn.left = HERD_TURN_BUDGET;
    herd_reply_budget_turn(&clients->reply_budget);
}
