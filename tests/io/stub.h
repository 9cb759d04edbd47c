/* SPDX-License-Identifier: ISC */
/* A tiny HTTP server in the loop of the test: it answers every request (head, and a body of
 * Content-Length bytes) with the same bytes, and counts. For tests that fake-places does
 * not serve: of connections, requests as they were sent, replies byte by byte. */
#ifndef TESTS_IO_STUB_H
#define TESTS_IO_STUB_H

#include "herd/slice.h"
#include "io/loop.h"

#include <stdbool.h>

enum { STUB_CONNS = 16, STUB_REQUEST = 2048 };

struct stub_conn {
    struct io_watch watch; /* fd -1: free */
    struct stub *stub;
    size_t got;
    size_t sent;
    char request[STUB_REQUEST];
};

struct stub {
    struct io_loop *loop;
    struct io_watch listener;
    unsigned port;
    struct herd_slice reply; /* the reply to every request; may be set any time */
    size_t step;             /* bytes a turn; 0: all at once */
    bool hold;               /* do not answer */
    bool hang_up;            /* close after each reply */
    int accepted;
    int requests;
    char request[STUB_REQUEST]; /* the last one, with NUL */
    struct stub_conn conns[STUB_CONNS];
};

bool stub_open(struct stub *stub, struct io_loop *loop, struct herd_slice reply);
void stub_close(struct stub *stub);

/* Makes every connection send the rest of the present reply. */
void stub_go_on(struct stub *stub);

#endif
