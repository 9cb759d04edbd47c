/* SPDX-License-Identifier: ISC */
/* The state of connections, for conn.c (one connection: bytes in and out) and conn_group.c
 * (all of a group: time limits and ends) only. */
#ifndef IO_CONN_INTERNAL_H
#define IO_CONN_INTERNAL_H

#include "conn.h"
#include "conn_wait.h"

enum io_conn_state {
    CONN_OPEN,      /* the caller uses it */
    CONN_FINISHING, /* the caller has forgotten it: sends the rest, discards input, closes
                     */
    CONN_BROKEN, /* ended inside a call of the caller: `closed` is called at the next tick
                  */
    CONN_GONE /* closed; freed at the next tick, since callers up the stack still read it */
};

/* Reasons why a connection ended, besides errno values, which are positive. */
enum {
    END_UNSENT = -1,
    END_STALLED = -2,
    END_NO_MEMORY = -3,
    END_HUNG_UP = -4,
    END_ALL_UNSENT = -5
};

struct io_conn {
    struct io_watch watch;
    struct io_conn_group *group;
    const struct io_conn_handlers *handlers;
    void *arg;
    struct herd_buf unsent;
    struct io_wait wait;  /* in the list of the one limit that it waits for */
    struct io_conn *prev; /* among all of the group */
    struct io_conn *next; /* among all of the group, or among those to be freed */
    int end_reason;       /* when BROKEN: an errno value or one of the above */
    int unacknowledged;   /* bytes that the kernel held when the stall began; -1: unknown */
    unsigned char state;  /* enum io_conn_state */
    unsigned char want;   /* enum io_want bits that the watch waits for */
    bool eof;             /* the other side sends no more */
    bool paused;          /* by the caller */
    bool above_high_water; /* not read until half of the mark is left */
    bool output_closed;    /* our side is shut down */
};

struct io_conn_group {
    const struct herd_mem *mem;
    struct io_loop *loop;
    struct io_conn_limits limits;
    struct herd_mono now; /* of the last tick */
    size_t count;
    size_t unsent;        /* bytes of all connections */
    struct io_conn *all;  /* linked by prev and next */
    struct io_conn *gone; /* to be freed; linked by next */
    struct io_wait_list stalled;
    struct io_wait_list lingering;
    struct io_wait_list broken;
    char input[IO_CONN_READ];
};

/* Closes without calling a handler; the memory stays until the next tick. */
void io_conn_release(struct io_conn *conn);

/* Ends a connection from the loop or from a tick, and calls `closed` unless the owner has
 * forgotten it. `reason`: an errno value or one of the above. */
void io_conn_end(struct io_conn *conn, int reason);

/* Drops connections that have taken nothing for longest until all_max is kept again. */
void io_conn_group_shed(struct io_conn_group *group);

/* Ends a connection from inside a call of its owner: `closed` is called at the next tick.
 */
void io_conn_end_later(struct io_conn *conn, int reason);

#endif
