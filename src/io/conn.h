/* SPDX-License-Identifier: ISC */
/* A buffered non-blocking stream over one socket.
 *
 * Reading: bytes arrive in the read buffer that the group shares and are handed to `data`
 * in pieces of at most IO_CONN_READ bytes, one piece a turn. When so many connections are
 * ready that these could be more than IO_CONN_TURN bytes in one turn, the pieces are
 * smaller, but not below IO_CONN_READ_LEAST bytes; the rest waits in the kernel, which also
 * slows the senders down. Pinned connections always get whole pieces. Writing: io_conn_send
 * writes at once and copies only the bytes that the kernel does not accept. A connection
 * without unsent bytes owns no memory but itself.
 *
 * Limits belong to the group. Above the high-water mark of unsent bytes a connection is not
 * read (back-pressure: a client that does not read replies can send no commands) until half
 * of that is left. Above `unsent_max` bytes, or after a stall of `stall_ms`, it is dropped.
 * When all connections together have more than half of `all_max` bytes unsent, none that
 * has unsent bytes is read; above it, the one that has taken nothing for longest is
 * dropped. A connection stalls while the kernel accepts no byte of it and, where the system
 * can tell, the other side acknowledges none: the kernel's buffer may hold so much that a
 * slow side needs minutes to make room. After io_conn_finish the other side has `linger_ms`
 * to read the rest and close.
 *
 * A connection that is not read (paused, or after its end of input) and has nothing to
 * send is ended when the other side hangs up: poll() would report that in every turn.
 *
 * Handlers may send, pause, finish and drop, also their own connection. After `closed`,
 * io_conn_drop and io_conn_finish no handler of that connection is called. */
#ifndef IO_CONN_H
#define IO_CONN_H

#include "herd/buf.h"
#include "herd/instant.h"
#include "loop.h"

#include <stdbool.h>
#include <stdint.h>

enum { /* bytes */
       IO_CONN_READ = 16384,
       IO_CONN_READ_LEAST = 1024,
       IO_CONN_TURN = 1 << 22,
};

struct io_conn;

struct io_conn_handlers {
    /* Bytes arrived; they live until this returns. */
    void (*data)(void *arg, struct herd_slice bytes);
    /* The other side sends no more; it may still read. */
    void (*eof)(void *arg);
    /* The kernel has accepted all bytes sent so far, after some had to wait. */
    void (*drained)(void *arg);
    /* The connection is gone; `reason` is an error text that lives until
     * this returns. The last call; the connection is freed afterwards. */
    void (*closed)(void *arg, const char *reason);
};

struct io_conn_limits {
    size_t high_water; /* unsent bytes of a connection above which it is not read */
    size_t unsent_max; /* bytes, > 0, at least high_water */
    size_t all_max;    /* unsent bytes of all connections together; 0: no limit */
    int64_t stall_ms;  /* 0: no limit */
    int64_t linger_ms; /* > 0 */
};

/* The state that connections share: loop, read buffer, limits, lists of waiting ones. */
struct io_conn_group;

/* `mem` and `loop` are borrowed and outlive the group. Errors: NULL when out of memory. */
struct io_conn_group *io_conn_group_new(const struct herd_mem *mem, struct io_loop *loop,
                                        struct io_conn_limits limits);
/* Drops every connection without calling its handlers. Accepts NULL. */
void io_conn_group_free(struct io_conn_group *group);

/* Connections that still exist, those in io_conn_finish included. */
size_t io_conn_group_count(const struct io_conn_group *group);

/* Closes the connection that has lingered (since io_conn_finish) for longest, and loses its
 * unsent bytes, to free its descriptor. False: none lingers. */
bool io_conn_group_close_oldest_lingering(struct io_conn_group *group);

/* When io_conn_group_tick next has something to do: HERD_NEVER if nothing. */
struct herd_mono io_conn_group_deadline(const struct io_conn_group *group);

/* Overwrites what the buffers of all connections hold of bytes that were received or sent
 * before. Not to be called from a handler. */
void io_conn_group_wipe(struct io_conn_group *group);

/* Ends the connections whose time is over, and calls `closed` of those that ended inside
 * io_conn_send. Call it once a turn, at any place in it: a time limit counts from the first
 * tick after its wait began, so that a long sleep never makes it end early. `now` never
 * goes back. */
void io_conn_group_tick(struct io_conn_group *group, struct herd_mono now);

/* Takes over a connected, non-blocking socket, accepted or dialled; `fd` is closed on
 * failure, too. `handlers` is borrowed and outlives the connection. Errors: NULL when out
 * of memory. */
struct io_conn *io_conn_open(struct io_conn_group *group, int fd,
                             const struct io_conn_handlers *handlers, void *arg);

/* Sends bytes, borrowed for the call. May end the connection (a write error, unsent_max, no
 * memory): `closed` is then called from the next tick, not from inside this call. */
void io_conn_send(struct io_conn *conn, struct herd_slice bytes);

/* Bytes that io_conn_send accepted and the kernel has not yet. */
size_t io_conn_unsent(const struct io_conn *conn);

/* Stops or continues reading; the pause above the high-water mark is separate. */
void io_conn_pause(struct io_conn *conn, bool paused);

/* Polls the connection in every turn, for the few that must not wait: see io_loop_pin. */
void io_conn_pin(struct io_conn *conn);

/* Sends the unsent bytes, then shuts down our side, discards input until the other side
 * closes or linger_ms are over, and closes. The caller forgets the connection at once: no
 * handler is called any more. */
void io_conn_finish(struct io_conn *conn);

/* Closes now. No handler is called any more. */
void io_conn_drop(struct io_conn *conn);

#endif
