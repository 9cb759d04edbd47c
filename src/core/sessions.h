/* SPDX-License-Identifier: ISC */
/* The sessions of a server: one for each open connection, found by the connection's id.
 *
 * Each role registers a table of operations and its own state, the *service*; this module
 * knows neither clients nor neighbours. A session never frees itself: it calls
 * herd_session_end, and the connection is closed at the end of the step. */
#ifndef HERD_CORE_SESSIONS_H
#define HERD_CORE_SESSIONS_H

#include "context.h"
#include "list.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct herd_sessions;
struct herd_session_service;

/* The common part of all sessions: the first member of each role's own struct. */
struct herd_session {
    struct herd_sessions *sessions; /* the table that it is in */
    const struct herd_session_service *service;
    herd_conn_id id;
    bool eof;    /* the other side sends no more */
    bool ending; /* will be closed at the end of this step */
    struct herd_list_node in_ended;
};

/* How a role handles the events of its connections. `service` is the state that was given
 * to herd_sessions_serve. No operation but `open` and `free` is called for a session that
 * is ending. */
struct herd_session_ops {
    size_t size; /* of the role's own struct, which is all zero when `open` is called */
    /* OPENED. Without memory it ends the session. */
    void (*open)(void *service, struct herd_session *session,
                 const struct herd_event *event);
    /* There is no memory for a session: the connection is closed. */
    void (*open_failed)(void *service, const struct herd_event *event);
    void (*data)(void *service, struct herd_session *session, struct herd_slice bytes);
    void (*eof)(void *service, struct herd_session *session);
    void (*drained)(void *service, struct herd_session *session);
    /* The server shuts down: ends the session, now or when its work is done. */
    void (*stop)(void *service, struct herd_session *session);
    /* Overwrites what its buffers do not use; NULL: it has none. */
    void (*wipe)(struct herd_session *session);
    /* The connection is gone, of `reason`: frees what the session owns, not the session. */
    void (*free)(void *service, struct herd_session *session, struct herd_slice reason);
};

struct herd_session_service {
    enum herd_role role;
    const struct herd_session_ops *ops;
    void *state; /* what the operations get as `service` */
};

enum { HERD_ROLES = 3 };

struct herd_sessions {
    struct herd_context *context; /* borrowed */
    struct herd_session_service services[HERD_ROLES];
    size_t service_count;
    struct herd_session **by_slot; /* by the low half of the connection's id */
    size_t slot_count;
    size_t count;           /* sessions */
    struct herd_list ended; /* sessions whose CLOSE is due, the last first */
};

/* Takes no memory. `context` must outlive the table, which must not move. */
void herd_sessions_init(struct herd_sessions *sessions, struct herd_context *context);

/* Connections of `role` are served by these operations. At most HERD_ROLES roles. `ops` and
 * `state` must outlive the table. */
void herd_sessions_serve(struct herd_sessions *sessions, enum herd_role role,
                         const struct herd_session_ops *ops, void *state);

/* Frees all sessions. Their connections need not be closed first. */
void herd_sessions_free(struct herd_sessions *sessions);

/* OPENED, DATA, EOF, CLOSED and DRAINED of one connection. An event about a connection
 * that is not known is ignored. */
void herd_sessions_on_event(struct herd_sessions *sessions, const struct herd_event *event);

/* The server shuts down: calls `stop` for every session. */
void herd_sessions_stop(struct herd_sessions *sessions);

/* Calls `wipe` for every session. */
void herd_sessions_wipe(struct herd_sessions *sessions);

/* Closes the connections whose sessions have ended. Freeing one session may end another. A
 * CLOSE for which there is no memory waits for the next step. */
void herd_sessions_close_ended(struct herd_sessions *sessions);

/* Whether herd_sessions_close_ended has left any. */
static inline bool herd_sessions_must_close(const struct herd_sessions *sessions)
{
    return !herd_list_is_empty(&sessions->ended);
}

/* The session of a connection, or NULL when it is gone. */
struct herd_session *herd_sessions_find(const struct herd_sessions *sessions,
                                        herd_conn_id id);

/* The connection is served by `service` from now on, which must outlive it. Returns its new
 * session, which is all zero but for the common part; its `open` is not called. `session`
 * is freed. Only for the operation `data`, and not when the session is ending. Without
 * memory it returns NULL, and nothing has changed. */
struct herd_session *herd_session_hand_over(struct herd_session *session,
                                            const struct herd_session_service *service);

/* The connection is closed at the end of this step, after all that was sent. Ending twice
 * is ending once. */
void herd_session_end(struct herd_session *session);

/* Likewise, because memory has run out; counted. */
void herd_session_end_out_of_memory(struct herd_session *session);

/* Sends bytes, which are copied; ends the session when there is no memory to do so. */
void herd_session_send(struct herd_session *session, struct herd_slice bytes);

#endif
