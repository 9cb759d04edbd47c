/* SPDX-License-Identifier: ISC */
/* Starting one server in the background. */
#ifndef CTL_SPAWN_H
#define CTL_SPAWN_H

#include "servers.h"

#include <stddef.h>
#include <sys/types.h>

/* Writes the path of the herd program to `out` (IO_PATH_MAX bytes): $HERD_BIN, else the one
 * near `self` (argv[0]), else the one in PATH. False if there is none; prints an error. */
bool spawn_find(const char *self, char *out);

enum { SPAWN_READY_LINE = 256 }; /* bytes, with NUL */

/* A server that has been started and has not yet printed its ready line. */
struct launch {
    uint32_t server; /* its index in the configuration */
    pid_t pid;
    int ready_fd;                  /* its standard output, non-blocking; -1: closed */
    char stderr_path[IO_PATH_MAX]; /* the file of its standard error */
    off_t stderr_offset;           /* where its part of that file begins */
    char line[SPAWN_READY_LINE];   /* what it has printed; ends with NUL */
    size_t line_len;
    bool loading; /* it has told since the last look that it loads what state-dir holds */
    int status;   /* valid once ready_fd is closed */
};

/* Starts `program` as the server launch->server, in a session of its own, its standard
 * error appended to LOG-DIR/NAME.err. CTL_OK, or CTL_FAILED after printing an error. */
int spawn(struct launch *launch, const struct servers *servers, const char *program);

/* Reads from `ready_fd`. A line that tells how much is loaded sets `loading`, and is shown
 * on a terminal. When the ready line is complete or the server has exited, closes
 * `ready_fd`, sets `status` and prints the result. */
void spawn_read(struct launch *launch, const struct servers *servers);

/* Sends SIGTERM to a server that was not ready within `timeout_ms`, prints an error, closes
 * `ready_fd` and sets `status`. */
void spawn_abort(struct launch *launch, const struct servers *servers, int64_t timeout_ms);

#endif
