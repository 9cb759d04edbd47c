/* SPDX-License-Identifier: ISC */
/* What the files of this folder share: the session of a client. */
#ifndef HERD_CORE_CLIENT_CLIENT_H
#define HERD_CORE_CLIENT_CLIENT_H

#ifndef HERD_IN_client
#error "private to src/core/client: include client/clients.h"
#endif

#include "clients.h"
#include "compat.h"
#include "line.h"
#include "protocol/command.h"
#include "replies.h"
#include "telnet.h"

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
    bool input_closed; /* no further command is read: given up */
    bool obeyed;       /* a line was, so it got a reply or is owed one */
    bool line_end_due; /* a line was obeyed at rest: its LF may follow */
    enum herd_telnet telnet;
    uint64_t address_key; /* its address, as the budget of Places counts it */
    bool ready;           /* is in the list of herd_clients_deliver */
    struct herd_client *next_ready;
    struct herd_timer half, quiet, idle;
    struct herd_mono partial_since; /* the last bytes of the unfinished line have come */
};

static inline struct herd_client *herd_client_of(struct herd_session *session)
{
    return (struct herd_client *)session;
}

/* ---- lines.c: from bytes to commands ---- */

/* Obeys the lines of `input` until it is used up or the client has to wait, or `*left` is
 * used up. `fresh`: the bytes are the event's and outlive the step, so the log need not
 * copy them. */
void herd_client_read_lines(struct herd_clients *clients, struct herd_client *client,
                            struct herd_slice *input, uint32_t *left, bool fresh);

/* Likewise, of the stash. */
void herd_client_read_stash(struct herd_clients *clients, struct herd_client *client,
                            uint32_t *left);

/* The unfinished line, if there is one, counts as complete: the client sends no more, or
 * was silent for long enough. */
void herd_client_read_rest(struct herd_clients *clients, struct herd_client *client);

/* Whether the unfinished line is a command that the grammar accepts. */
bool herd_client_rest_is_command(struct herd_clients *clients, struct herd_client *client);

/* ---- client.c: after any event ---- */

/* Obeys the lines that were stashed, as many as `*left` allows, sets the turn, the pause
 * and the timers, ends the session when it is done. */
void herd_client_settle(struct herd_clients *clients, struct herd_client *client,
                        uint32_t *left);

/* Likewise, within what a client may use at once. */
void herd_client_settle_at_once(struct herd_clients *clients, struct herd_client *client);

/* Sends the replies that may leave, and settles. */
void herd_client_deliver(struct herd_clients *clients, struct herd_client *client);

/* ---- timeouts.c ---- */

/* Ends lines and clients whose time is over. */
void herd_clients_end_waits(struct herd_clients *clients);

/* The client sends no more: tells in the log when its unfinished line has waited for long.
 */
void herd_client_log_waited(struct herd_clients *clients, struct herd_client *client);

/* ---- iamat.c, whatsat.c: the commands. They return HERD_OK, or an error that makes the
 * command invalid ---- */

int herd_client_on_iamat(struct herd_clients *clients, struct herd_client *client,
                         const struct herd_call *call);
int herd_client_on_whatsat(struct herd_clients *clients, struct herd_client *client,
                           const struct herd_call *call);

/* Whether the operands are valid, as far as the grammar goes: HERD_OK, or an error. */
int herd_client_check_iamat(const struct herd_clients *clients,
                            const struct herd_call *call);
int herd_client_check_whatsat(const struct herd_clients *clients,
                              const struct herd_call *call);

/* The reply to the WHATSAT of this query, which is finished. Returns the
 * client, whose replies are then to be sent. */
struct herd_client *herd_client_complete_query(struct herd_places_query *query);

#endif
