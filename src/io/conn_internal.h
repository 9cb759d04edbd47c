/* What conn.c (one connection: bytes in and out) and conn_group.c (all of them: their
 * limits of time and their ends) share. Nobody else includes it. */
#ifndef IO_CONN_INTERNAL_H
#define IO_CONN_INTERNAL_H

#include "conn.h"
#include "conn_wait.h"

enum io_conn_state {
    CONN_DIALLING,  /* waits for the outcome of connect() */
    CONN_OPEN,      /* the caller's */
    CONN_FINISHING, /* forgotten by the caller: sends the rest, discards input, closes */
    CONN_BROKEN,    /* ended inside the caller's own call: `closed` is still to be called */
    CONN_GONE /* closed; freed at the next tick, so that callers up the stack may look */
};

/* Why a connection ended, besides errno values, which are positive. */
enum {
    WHY_UNSENT = -1,
    WHY_STALLED = -2,
    WHY_NO_MEMORY = -3,
    WHY_NO_ANSWER = -4,
    WHY_HUNG_UP = -5
};

struct io_conn {
    struct io_watch watch;
    struct io_conn_group *group;
    const struct io_conn_handlers *handlers;
    void *arg;
    struct herd_buf unsent;
    struct io_wait wait;  /* in the list of the one thing that it waits for */
    struct io_conn *prev; /* among all of the group */
    struct io_conn *next; /* among all of the group, or among those to be freed */
    int why;
    int kernel; /* bytes that the kernel had to deliver when the wait began; -1: unknown */
    unsigned char state; /* enum io_conn_state */
    unsigned char want;  /* what the watch waits for */
    bool eof;            /* the other side will send no more */
    bool paused;         /* by the caller */
    bool choked;         /* by the high water mark */
    bool shut;           /* we will send no more */
};

struct io_conn_group {
    const struct herd_mem *mem;
    struct io_loop *loop;
    struct io_conn_limits limits;
    struct herd_mono now;
    size_t count;
    struct io_conn *all;
    struct io_conn *gone;
    struct io_wait_list dialling;
    struct io_wait_list stalled;
    struct io_wait_list lingering;
    struct io_wait_list broken;
    char input[IO_CONN_READ];
};

/* Closes without a word; the memory stays until the next tick. */
void io_conn_release(struct io_conn *conn);

/* Ends a connection from the loop or from a tick: its owner is told at once, unless it has
 * forgotten the connection. `why`: an errno value or one of the above. */
void io_conn_end(struct io_conn *conn, int why);

/* Ends a connection from inside a call of its owner, who is told at the next tick. */
void io_conn_end_later(struct io_conn *conn, int why);

#endif
