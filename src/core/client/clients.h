/* SPDX-License-Identifier: ISC */
/* All clients of one server. The rest of the core sees nothing else of them. */
#ifndef HERD_CORE_CLIENT_CLIENTS_H
#define HERD_CORE_CLIENT_CLIENTS_H

#include "places/places.h"
#include "reply_budget.h"
#include "sessions.h"
#include "store/store.h"
#include "timerq.h"
#include "turn.h"

#include <stdbool.h>

struct herd_client;

struct herd_clients {
    struct herd_context *context; /* borrowed */
    struct herd_store *store;     /* borrowed */
    struct herd_places *places;   /* borrowed */
    struct herd_timerq half_lines, quiet_lines, idle_clients;
    struct herd_turn turn;
    struct herd_reply_budget reply_budget;
    size_t queries_waiting; /* WHATSATs whose reply has not left */
};

/* Takes no memory. What is handed in must outlive the clients. Must stay where it is in
 * memory. */
void herd_clients_init(struct herd_clients *clients, struct herd_context *context,
                       struct herd_store *store, struct herd_places *places);

/* The sessions of HERD_ROLE_CLIENT; the service is a struct herd_clients. */
extern const struct herd_session_ops herd_client_session_ops;

/* TICK, the end of a turn: lines and replies that have waited for their turn, and timeouts.
 */
void herd_clients_tick(struct herd_clients *clients);

/* When herd_clients_tick has something to do. */
struct herd_mono herd_clients_deadline(const struct herd_clients *clients);

/* Sends the replies whose queries are finished. */
void herd_clients_deliver(struct herd_clients *clients);

#endif
