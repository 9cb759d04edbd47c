/* SPDX-License-Identifier: ISC */
/* One connection of a client: reads requests, sends replies one after the other, and
 * ends as the reply wants it. It never blocks; the caller of poll() tells it what is
 * possible. */
#ifndef PLACES_CONN_H
#define PLACES_CONN_H

#include "bytes.h"
#include "http.h"
#include "reply.h"

#include <stdint.h>

/* Fills an empty reply. `request` is NULL when nothing sensible was read: `status` is
 * then the status to answer and `raw` what came. Both live until the call returns. */
typedef void (*conn_answer_fn)(void *arg, const struct http_request *request, int status,
                               struct herd_slice raw, struct reply *out);

enum conn_state {
    CONN_READING,   /* a request */
    CONN_WRITING,   /* the reply; nothing is read meanwhile */
    CONN_HANGING,   /* for ever, until the client leaves */
    CONN_LINGERING, /* we have closed our side and wait for the client to do so */
    CONN_OVER       /* to be freed */
};

struct conn {
    int fd; /* owned */
    enum conn_state state;
    bool eof; /* the client sends nothing more */
    struct http_reader reader;
    struct bytes in;
    struct reply reply;
    size_t sent;
    int64_t wake_ms; /* WRITING: not before; LINGERING: not after */
    conn_answer_fn answer;
    void *arg;
};

/* Takes the descriptor over, whose flags the caller has set. NULL when out of memory. */
struct conn *conn_new(int fd, conn_answer_fn answer, void *arg);

/* Closes. Accepts NULL. */
void conn_free(struct conn *c);

/* What to poll for: POLLIN, POLLOUT or 0, which means to leave it out of poll(). */
short conn_events(const struct conn *c, int64_t now_ms);

/* When the connection wants a turn of its own, or INT64_MAX. */
int64_t conn_deadline(const struct conn *c);

/* A turn; `revents` is what poll() said, 0 when only the time came. */
void conn_turn(struct conn *c, short revents, int64_t now_ms);

#endif
