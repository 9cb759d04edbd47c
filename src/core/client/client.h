/* What the files of this folder share: the session of a client. */
#ifndef HERD_CORE_CLIENT_CLIENT_H
#define HERD_CORE_CLIENT_CLIENT_H

#ifndef HERD_IN_client
#error "private to src/core/client: include client/clients.h"
#endif

#include "clients.h"
#include "line.h"
#include "places/places_key.h"
#include "protocol/command.h"

#include <stdint.h>

/* A client's session. Replies leave in the order of the commands: while a lookup is
 * pending, what comes after it is held in the last lookup's `after`. What was held leaves
 * in portions, the next when the last is in the kernel's hands: a slow lookup must not make
 * a client look like one that does not read. */
struct herd_client {
    struct herd_session session;
    struct herd_line line;
    struct herd_buf stash;            /* input that came before a pause took effect */
    struct herd_lookup *first, *last; /* pending, in the order of their commands */
    uint32_t lookup_count;
    size_t held;   /* bytes of replies that wait for a lookup */
    size_t unsent; /* bytes sent since all was last in the kernel's hands */
    bool draining; /* what is held waits for that */
    bool paused;
    bool input_closed;    /* no further command is read: one-shot, or given up */
    uint64_t address_key; /* its address, as the budget counts it */
    bool ready;           /* is in clients->ready */
    struct herd_client *next_ready;
    struct herd_timer half, quiet, idle;
};

static inline struct herd_client *herd_client_of(struct herd_session *session)
{
    return (struct herd_client *)session;
}

/* ---- replies.c ---- */

/* Room for a reply of at most `size` bytes: after the last pending lookup if there is one,
 * else in the step's output. NULL: out of memory. */
char *herd_client_reply_room(struct herd_clients *clients, struct herd_client *client,
                             size_t size);
/* `used` bytes of that room are the reply. False when out of memory. */
bool herd_client_reply_done(struct herd_clients *clients, struct herd_client *client,
                            size_t used);
/* Sends the replies that are complete and next in order. */
void herd_client_flush(struct herd_clients *clients, struct herd_client *client);
/* Whether so much is pending that no further command may be read. */
bool herd_client_must_pause(const struct herd_clients *clients,
                            const struct herd_client *client);

/* ---- iamat.c, whatsat.c: the commands. They return HERD_OK, or an error that makes the
 * command invalid ---- */

int herd_client_on_iamat(struct herd_clients *clients, struct herd_client *client,
                         const struct herd_call *call);
int herd_client_on_whatsat(struct herd_clients *clients, struct herd_client *client,
                           const struct herd_call *call);

/* Each ends one lookup, which waits for no request any more: with an answer in Google's
 * layout, or with an error of our own. */
void herd_whatsat_answer(struct herd_clients *clients, struct herd_lookup *lookup,
                         struct herd_slice text);
void herd_whatsat_fail(struct herd_clients *clients, struct herd_lookup *lookup,
                       struct herd_slice status, struct herd_slice why);
/* Forgets a lookup whose client is gone or has been answered, and frees it. */
void herd_whatsat_drop(struct herd_clients *clients, struct herd_lookup *lookup);

/* ---- places/upstream.c ---- */

/* Why a request is not made: an error of our own. */
struct herd_refusal_text {
    struct herd_slice status; /* Google's word for it; empty: there is no reason */
    char why[128];
    uint64_t *counter;
};

/* Asks for the lookup, now or later. Errors: HERD_EFULL (with `refusal`), HERD_ENOMEM. */
int herd_upstream_ask(struct herd_clients *clients, struct herd_lookup *lookup,
                      const struct herd_places_key *key, uint64_t who,
                      struct herd_refusal_text *refusal);
/* Nobody waits for the lookup any more. */
void herd_upstream_leave(struct herd_clients *clients, struct herd_lookup *lookup);
void herd_upstream_timers(struct herd_clients *clients);

#endif
