/* A buffered non-blocking stream over one socket.
 *
 * Reading: bytes arrive in the shared buffer of the group and are handed to `data` in
 * pieces of at most IO_CONN_READ bytes, one piece a turn; they live until the handler
 * returns. Writing: io_conn_send writes at once; only what the kernel does not take is
 * copied. A connection without unsent bytes and partial input owns no memory but itself.
 *
 * Limits, all given to the group: above `high` unsent bytes the connection is not read
 * any more (whoever does not read replies gets to send no commands) until half of that is
 * left; above `max`, or after `stall_ms` in which the other side takes nothing, it is
 * dropped. After io_conn_finish the other side has `linger_ms` to read the rest and close.
 * Bytes are taken when the kernel takes them from here or, where it tells, the other side
 * from the kernel: that may hold so much that a slow side needs minutes to make room.
 *
 * A connection that is not read (paused, or after its end of input) and has nothing to
 * send is ended when the other side has gone for good: poll() would tell so for ever.
 *
 * Handlers may send, pause, finish and drop, also their own connection. After `closed`
 * and after io_conn_drop and io_conn_finish no handler of that connection is called. */
#ifndef IO_CONN_H
#define IO_CONN_H

#include "herd/buf.h"
#include "herd/instant.h"
#include "loop.h"

#include <stdbool.h>
#include <stdint.h>

enum { IO_CONN_READ = 16384 };

struct io_conn;

struct io_conn_handlers {
    /* A dialled connection is open. Accepted ones are open from the start. */
    void (*opened)(void *arg);
    void (*data)(void *arg, struct herd_slice bytes);
    /* The other side will send no more; it may still read. */
    void (*eof)(void *arg);
    /* All bytes sent so far have been handed to the kernel, and some had to wait. */
    void (*drained)(void *arg);
    /* The connection is gone, or never came up; `why` is text for people. The last
     * call; the connection is freed after it returns. */
    void (*closed)(void *arg, const char *why);
};

struct io_conn_limits {
    size_t high;        /* bytes */
    size_t max;         /* bytes, at least `high` */
    int64_t stall_ms;   /* 0: no limit */
    int64_t linger_ms;  /* > 0 */
    int64_t connect_ms; /* > 0, for dialled connections */
};

/* What connections share: the loop, the read buffer, limits, lists of those that wait. */
struct io_conn_group;

/* `mem` and `loop` are borrowed and outlive the group. NULL when out of memory. */
struct io_conn_group *io_conn_group_new(const struct herd_mem *mem, struct io_loop *loop,
                                        struct io_conn_limits limits);
/* Drops every connection without calling its handlers. Accepts NULL. */
void io_conn_group_free(struct io_conn_group *group);

/* Connections that still exist, those in io_conn_finish included. */
size_t io_conn_group_count(const struct io_conn_group *group);

/* Closes the connection that has been in io_conn_finish for longest, whatever is unsent:
 * somebody else needs its place. False: there is none. */
bool io_conn_group_close_oldest_lingering(struct io_conn_group *group);

/* When io_conn_group_tick next has something to do: HERD_NEVER if nothing. */
struct herd_mono io_conn_group_deadline(const struct io_conn_group *group);

/* Ends the connections whose time is over, and tells the owners of those that ended inside
 * io_conn_send; both from here, which counts as the loop. Call it once a turn, at any
 * place in it: a time limit is counted from the first tick after it began to matter, so
 * that a turn which slept long never makes one end early. `now` never goes back. */
void io_conn_group_tick(struct io_conn_group *group, struct herd_mono now);

/* Takes over a connected, non-blocking socket; `fd` is closed on failure too. `handlers`
 * is borrowed and outlives the connection. NULL when out of memory. */
struct io_conn *io_conn_accept(struct io_conn_group *group, int fd,
                               const struct io_conn_handlers *handlers, void *arg);

/* Likewise for a socket from io_sock_dial: `opened` or `closed` follows, never from inside
 * this call. What is sent before is kept until then. */
struct io_conn *io_conn_dial(struct io_conn_group *group, int fd,
                             const struct io_conn_handlers *handlers, void *arg);

/* Sends bytes, borrowed for the call. May end the connection (a write error, the `max`
 * limit): `closed` is then called from the loop, not from inside this call. */
void io_conn_send(struct io_conn *conn, struct herd_slice bytes);

/* Bytes accepted by io_conn_send and not yet by the kernel. */
size_t io_conn_unsent(const struct io_conn *conn);

/* Stops or continues reading; the water mark's own pause is separate. */
void io_conn_pause(struct io_conn *conn, bool paused);

/* For the few that must not wait behind the many: see io_loop_pin. */
void io_conn_pin(struct io_conn *conn);

/* Sends what is unsent, then shuts down our side, discards what still comes in until the
 * other side closes or linger_ms are over, and closes. The caller forgets the connection
 * at once: no handler is called any more. One that is still dialling is dropped. */
void io_conn_finish(struct io_conn *conn);

/* Closes now. No handler is called any more. */
void io_conn_drop(struct io_conn *conn);

#endif
