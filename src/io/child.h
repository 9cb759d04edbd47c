/* SPDX-License-Identifier: ISC */
/* A program that this process has started and looks after: it may write lines for people on
 * its standard error, which come through the loop, and it is waited for, so that no zombie
 * stays.
 *
 * The program has /dev/null as standard output, these two pipes, and no other descriptor;
 * it is in a session of its own, so that what a terminal sends to this process does not
 * reach it. Its standard input is empty and ends when io_child_let_end was called, or when
 * this process has gone. */
#ifndef IO_CHILD_H
#define IO_CHILD_H

#include "herd/err.h"
#include "herd/instant.h"
#include "herd/slice.h"
#include "loop.h"

struct io_child;

enum {
    IO_CHILD_LINE_MAX = 512, /* bytes of a line; a longer one comes in pieces */
    IO_CHILD_TERM_MS = 2000, /* from io_child_let_end to SIGTERM, ... */
    IO_CHILD_KILL_MS = 5000, /* ... and to SIGKILL */
};

struct io_child_calls {
    /* A line, without its LF. */
    void (*said)(void *arg, struct herd_slice line);
    /* It has ended, and has been waited for; `how` is text for people. Nothing more comes;
     * io_child_free may be called from inside. */
    void (*ended)(void *arg, const char *how);
    void *arg;
};

/* Starts `argv[0]`, which is a path, with these arguments; `argv` ends with NULL. `mem`,
 * `loop` and calls->arg are borrowed and outlive the child. No call is made from inside.
 * Errors: NULL, with `error`. A program that cannot be executed is no error here: it ends
 * with status 127, after a line that says why. */
struct io_child *io_child_start(struct io_loop *loop, const struct herd_mem *mem,
                                const char *const *argv, const struct io_child_calls *calls,
                                struct herd_error_text *error);

/* Ends its standard input. If the program does not end then, it gets SIGTERM, then SIGKILL,
 * by io_child_tick. */
void io_child_let_end(struct io_child *child, struct herd_mono now);

/* When io_child_tick has something to do. Accepts NULL. */
struct herd_mono io_child_deadline(const struct io_child *child);

/* Waits for the program, without blocking, when it may have ended; call once a turn.
 * Accepts NULL. */
void io_child_tick(struct io_child *child, struct herd_mono now);

/* Kills the program if it still runs, and waits for it. Accepts NULL. */
void io_child_free(struct io_child *child);

#endif
