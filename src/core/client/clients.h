/* SPDX-License-Identifier: ISC */
/* All clients of one server. The rest of the core sees nothing else of them. */
#ifndef HERD_CORE_CLIENT_CLIENTS_H
#define HERD_CORE_CLIENT_CLIENTS_H

#include "line_prefetch.h"
#include "places/places.h"
#include "reply_budget.h"
#include "sessions.h"
#include "shares.h"
#include "store/store.h"
#include "timerq.h"
#include "turn.h"

#include <stdbool.h>

struct herd_client;

/* Replies that wait for the disk: disk_waits.h. */
struct herd_disk_waits {
    bool on; /* report-ack disk */
    struct herd_list all;
    uint64_t reports; /* whose replies wait */
    uint64_t turn;    /* of the loop */
};

struct herd_clients {
    struct herd_context *context; /* borrowed */
    struct herd_store *store;     /* borrowed */
    struct herd_places *places;   /* borrowed */
    struct herd_timerq half_lines;
    struct herd_timerq quiet_lines;     /* unfinished lines that rest ... */
    struct herd_timerq refusable_lines; /* ... and, by client-compat, rest for longer */
    struct herd_timerq idle_clients;
    struct herd_timerq served_clients; /* as idle ones, after their last reply */
    struct herd_turn turn;
    struct herd_line_prefetch ahead; /* of the lines that are obeyed at present */
    struct herd_reply_budget reply_budget;
    struct herd_disk_waits disk_waits;
    size_t queries_waiting;     /* WHATSATs whose reply has not left */
    struct herd_shares waiting; /* WHATSATs without an answer, by the client's address */
};

/* What is handed in must outlive the clients. Must stay where it is in memory. Errors:
 * HERD_ENOMEM; the clients can then be given to herd_clients_free. */
int herd_clients_init(struct herd_clients *clients, struct herd_context *context,
                      struct herd_store *store, struct herd_places *places);

/* Whether clients are closed after their last reply (client-compat, client-one-shot).
 * Without these options no timer is ever in refusable_lines and served_clients. */
static inline bool herd_clients_end_served(const struct herd_clients *clients)
{
    return clients->served_clients.duration_ms > 0;
}

/* After all sessions of clients are gone. Accepts all zero. */
void herd_clients_free(struct herd_clients *clients);

/* The sessions of HERD_ROLE_CLIENT; the service is a struct herd_clients. */
extern const struct herd_session_ops herd_client_session_ops;

/* TICK, the end of a turn: lines and replies that have waited for their turn, and timeouts.
 */
void herd_clients_tick(struct herd_clients *clients);

/* When herd_clients_tick has something to do. */
struct herd_mono herd_clients_deadline(const struct herd_clients *clients);

/* ---- report-ack disk ---- */

/* Whether a reply waits for the disk, and since when the first one does; HERD_NEVER: none.
 */
bool herd_clients_wait_for_disk(const struct herd_clients *clients);
struct herd_mono herd_clients_disk_wait_since(const struct herd_clients *clients);

/* The disk has every change up to `seq`: sends the replies that have waited for one of
 * them. */
void herd_clients_on_disk(struct herd_clients *clients, uint64_t seq);

/* ---- queries ---- */

/* Sends the replies whose queries are finished. */
void herd_clients_deliver(struct herd_clients *clients);

#endif
