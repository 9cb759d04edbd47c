/* Starting one server in the background. */
#ifndef CTL_SPAWN_H
#define CTL_SPAWN_H

#include "servers.h"

#include <stddef.h>
#include <sys/types.h>

/* The herd program: $HERD_BIN, else the one near `self` (argv[0]), else the one of PATH.
 * `out` has IO_PATH_MAX bytes. False when there is none; complains. */
bool spawn_find(const char *self, char *out);

enum { SPAWN_READY = 256 };

/* A server that is about to say "ready". */
struct launch {
    uint32_t server;
    pid_t pid;
    int out; /* its standard output; -1: closed */
    char errors[IO_PATH_MAX];
    off_t errors_from; /* where its part of that file begins */
    char said[SPAWN_READY];
    size_t said_len;
    int status; /* once `out` is closed */
};

/* Starts `program` as the server launch->server in a session of its own, its standard
 * error appended to LOG-DIR/NAME.err. CTL_OK, or CTL_REFUSED; complains. */
int spawn(struct launch *launch, const struct servers *servers, const char *program);

/* Reads what the server said. When its first line is whole, or it has ended, `out` is
 * closed, `status` is set and people are told. */
void spawn_hear(struct launch *launch, const struct servers *servers);

/* Gives up on a server that has said nothing for too long: ends it, which complains and
 * sets `status`. */
void spawn_give_up(struct launch *launch, const struct servers *servers,
                   int64_t timeout_ms);

#endif
