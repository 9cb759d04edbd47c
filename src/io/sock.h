/* SPDX-License-Identifier: ISC */
/* Sockets: listening, connecting, accepting.
 *
 * Every descriptor handed out belongs to the caller, is non-blocking and close-on-exec; TCP
 * streams have TCP_NODELAY, since batching is the caller's and not Nagle's. Functions that
 * return a descriptor return -1 when they fail, with `error`, which names the call that
 * failed and the address or path; those with an address set errno, too. */
#ifndef IO_SOCK_H
#define IO_SOCK_H

#include "herd/err.h"
#include "sockaddr.h"

/* A TCP socket that listens (SO_REUSEADDR; an IPv6 one takes IPv6 only), with a backlog of
 * 1024 connections. `bound` (may be NULL) gets its address with the port that the system
 * chose when the port of `addr` is 0. errno tells why it failed, too. */
int io_sock_listen(const struct io_addr *addr, struct io_addr *bound,
                   struct herd_error_text *error);

/* A unix socket that listens at `path`, mode 0600, with the same backlog. Replaces a socket
 * file of this user on which no process listens any more. One of another user, one on which
 * a process listens, and a file of any other kind, are errors. */
int io_sock_listen_unix(const char *path, struct herd_error_text *error);

/* Starts to connect; the descriptor becomes writable when the attempt has ended, and
 * io_sock_error tells its outcome. Fails here only when the attempt fails at once. The
 * socket has SO_REUSEADDR: a port that the system chose for it can at any time be bound by
 * a server whose address it is. For all but tests dial.h does this. */
int io_sock_dial(const struct io_addr *addr, struct herd_error_text *error);

/* Like io_sock_dial, for the unix socket at `path`. */
int io_sock_dial_unix(const char *path, struct herd_error_text *error);

/* Whether a connected TCP socket is connected to itself: when the port dialled is one that
 * the system chooses from, and nobody listens there, it may be chosen for this very attempt
 * (a simultaneous open, RFC 9293). */
bool io_sock_is_self(int fd);

/* Closes with a reset: without TIME_WAIT, and what is unsent is lost. */
void io_sock_close_now(int fd);

/* The pending error of a socket (SO_ERROR), which this clears: 0 or an errno value. */
int io_sock_error(int fd);

/* Results of io_sock_accept besides a descriptor. */
enum {
    IO_ACCEPT_NONE = -1,  /* no connection waits, or the one that did has gone */
    IO_ACCEPT_FULL = -2,  /* no descriptors or memory are left: pause accepting */
    IO_ACCEPT_FAILED = -3 /* for another reason, in errno; the connection may still wait, so
                           * pause accepting */
};

/* Accepts the next connection that waits. `from` (may be NULL) gets the address of the
 * other side. Returns a descriptor or one of the above. */
int io_sock_accept(int listener, struct io_addr *from);

/* What it returns when accept() fails with this errno value. For it and its tests. */
int io_sock_accept_outcome(int err);

/* Makes the kernel hold few unsent bytes of a TCP socket (TCP_NOTSENT_LOWAT where it
 * exists, else a small SO_SNDBUF), so that a slow neighbour gets new records and not old
 * ones. The socket works the same when the system refuses. */
void io_sock_keep_unsent_small(int fd);

#endif
