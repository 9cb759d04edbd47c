/* SPDX-License-Identifier: ISC */
/* What the files of this folder share: the session of a client. */
#ifndef HERD_CORE_CLIENT_CLIENT_H
#define HERD_CORE_CLIENT_CLIENT_H

#ifndef HERD_IN_client
#error "private to src/core/client: include client/clients.h"
#endif

#include "clients.h"
#include "line.h"
#include "protocol/command.h"
#include "replies.h"

#include <stdint.h>

/* A client's session. */
struct herd_client {
    struct herd_session session;
    struct herd_line line;
    struct herd_buf stash; /* input that waits for the client's turn, or came before a pause
                            * took effect; at most one DATA */
    struct herd_list_node in_turn; /* in the list of turn.h */
    struct herd_replies replies;
    bool byte_seen, line_seen; /* a first byte, a first line with a word has come */
    bool paused;
    bool input_closed;    /* no further command is read: one-shot, or given up */
    uint64_t address_key; /* its address, as the budget of Places counts it */
    bool ready;           /* is in the list of herd_clients_deliver */
    struct herd_client *next_ready;
    struct herd_timer half, quiet, idle;
};

static inline struct herd_client *herd_client_of(struct herd_session *session)
{
    return (struct herd_client *)session;
}

/* ---- iamat.c, whatsat.c: the commands. They return HERD_OK, or an error that makes the
 * command invalid ---- */

int herd_client_on_iamat(struct herd_clients *clients, struct herd_client *client,
                         const struct herd_call *call);
int herd_client_on_whatsat(struct herd_clients *clients, struct herd_client *client,
                           const struct herd_call *call);

/* The reply to the WHATSAT of this query, which is finished. Returns the
 * client, whose replies are then to be sent. */
struct herd_client *herd_client_complete_query(struct herd_places_query *query);

#endif
