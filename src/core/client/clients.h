/* All clients of one server: their sessions, and the queries that they have asked.
 *
 * This is what the rest of the core sees of clients. */
#ifndef HERD_CORE_CLIENT_CLIENTS_H
#define HERD_CORE_CLIENT_CLIENTS_H

#include "herd/provider.h"
#include "places/breaker.h"
#include "places/budget.h"
#include "places/cache.h"
#include "places/lookup.h"
#include "sessions.h"
#include "store/store.h"
#include "timerq.h"

#include <stdbool.h>

struct herd_client;

struct herd_clients {
    struct herd_context *context; /* borrowed */
    struct herd_store *store;     /* borrowed */
    struct herd_sessions *sessions;
    struct herd_timerq half_lines, quiet_lines, idle_clients;
    struct herd_client *ready, *last_ready; /* with lookups that have ended */
    const struct herd_provider *provider;
    struct herd_lookups lookups;
    struct herd_cache cache;
    struct herd_budget budget;
    struct herd_breaker breaker;
};

/* What is handed in must outlive the clients. Must stay where it is in memory. Errors:
 * HERD_ENOMEM; the clients can then be given to herd_clients_free. */
int herd_clients_init(struct herd_clients *clients, struct herd_context *context,
                      struct herd_store *store, struct herd_sessions *sessions);

/* After all sessions of clients are gone. */
void herd_clients_free(struct herd_clients *clients);

/* The sessions of HERD_ROLE_CLIENT; the service is a struct herd_clients. */
extern const struct herd_session_ops herd_client_session_ops;

/* PLACES: the answer to an upstream request. */
void herd_clients_on_places(struct herd_clients *clients, const struct herd_event *event);

/* TICK: timeouts. */
void herd_clients_tick(struct herd_clients *clients);

/* When herd_clients_tick has something to do. */
struct herd_mono herd_clients_deadline(const struct herd_clients *clients);

/* Sends the replies whose queries have ended. */
void herd_clients_deliver(struct herd_clients *clients);

/* Starts the upstream requests that may start. Returns true when that has ended queries,
 * which herd_clients_deliver then has to answer. */
bool herd_clients_start_requests(struct herd_clients *clients);

#endif
