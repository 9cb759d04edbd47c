/* SPDX-License-Identifier: ISC */
/* The replies to one client, in the order of its commands: the only owner of that queue.
 *
 * A reply that is known at once is sent at once, unless an earlier one is *held*, which
 * means that it is still to come: then it waits after that one. Held replies leave in
 * portions of at most output-high bytes, the next when the kernel has taken the last,
 * so that a slow query does not make a client look like one that does not read.
 *
 * They also share the budget of all clients, and wait in its list when it is used up.
 *
 * Any failed allocation ends the session. */
#ifndef HERD_CORE_CLIENT_REPLIES_H
#define HERD_CORE_CLIENT_REPLIES_H

#ifndef HERD_IN_client
#error "private to src/core/client: include client/clients.h"
#endif

#include "herd/buf.h"
#include "list.h"
#include "reply_budget.h"
#include "sessions.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { HERD_REPLY_PARTS = 4 };

/* Embedded in the struct of the command that the reply is for; all zero before
 * herd_replies_hold. */
struct herd_held_reply {
    struct herd_held_reply *next;
    struct herd_buf after; /* replies to later commands, up to the next held reply */
    bool complete;
    bool sent;                                /* all but `after` */
    struct herd_slice part[HERD_REPLY_PARTS]; /* its bytes, when it is complete */
    size_t size;                              /* of all parts */
    /* Frees the struct that the reply is embedded in, and its parts: it was sent, or the
     * session has gone. */
    void (*free)(struct herd_held_reply *reply);
};

struct herd_replies {
    struct herd_session *session;     /* borrowed: the client's */
    struct herd_reply_budget *budget; /* borrowed */
    uint64_t address_key;             /* of the client's address, for the budget */
    struct herd_list_node waiting;    /* in budget->waiting */
    size_t room;                      /* taken from the budget until all has drained */
    struct herd_held_reply *first, *last;
    uint32_t held_count;
    size_t held_bytes;   /* of complete replies, and of those after a held one */
    size_t unsent_bytes; /* sent since the kernel last had taken all */
    bool draining;       /* held replies wait for that */
};

/* `session` and `budget` outlive the replies. */
void herd_replies_init(struct herd_replies *replies, struct herd_session *session,
                       struct herd_reply_budget *budget, uint64_t address_key);

/* Frees all replies that are held. */
void herd_replies_free(struct herd_replies *replies);

/* ---- a reply that is known at once ---- */

/* Room for a reply of at most `size` bytes, until the next call about this client or the
 * step's output. NULL: out of memory. */
char *herd_replies_room(struct herd_replies *replies, size_t size);

/* The first `size` bytes of that room are the reply, its newline included. */
void herd_replies_commit(struct herd_replies *replies, size_t size);

/* ---- a reply that is still to come ---- */

/* It is the next one; `free` is called for it at its end. */
void herd_replies_hold(struct herd_replies *replies, struct herd_held_reply *reply,
                       void (*free)(struct herd_held_reply *reply));

/* It consists of these bytes, which may be none, and must live until its `free` is called.
 * herd_replies_send is then due. */
void herd_replies_complete(struct herd_replies *replies, struct herd_held_reply *reply,
                           const struct herd_slice part[HERD_REPLY_PARTS]);

/* Sends the replies that are complete and next in order, as far as they may leave now.
 * Those for which the budget is used up wait in its list: then this is due again. */
void herd_replies_send(struct herd_replies *replies);

/* The kernel has taken all that was sent: herd_replies_send is due. Gives room back. */
void herd_replies_drained(struct herd_replies *replies);

/* ---- limits ---- */

/* Whether a reply is held. */
bool herd_replies_are_held(const struct herd_replies *replies);

/* Whether no further command may be read, because too many replies or too many bytes are
 * held. */
bool herd_replies_must_pause(const struct herd_replies *replies);

#endif
