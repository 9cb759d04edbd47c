/* Socket helpers: addresses as text, listening, dialling, accepting.
 *
 * Every descriptor handed out is non-blocking and close-on-exec; TCP streams have
 * TCP_NODELAY (batching is ours, not Nagle's). Errors name the failing call and the
 * address in the caller's `error`. */
#ifndef IO_SOCK_H
#define IO_SOCK_H

#include "herd/err.h"

#include <stddef.h>
#include <sys/socket.h>

enum { IO_SOCK_TEXT = 64 };

struct io_addr {
    struct sockaddr_storage sa;
    socklen_t len;
};

/* Looks up host (an IPv4 or IPv6 address without brackets, or a name; a name blocks until
 * the resolver answers, so this is for start-up only) and port. The first address that
 * the resolver gives is taken. Errors: HERD_EBAD, with `error`. */
int io_addr_lookup(struct io_addr *addr, const char *host, unsigned port,
                   struct herd_error_text *error);

/* "127.0.0.1:11490" or "[::1]:11490"; "local" for a unix socket. `text` has
 * IO_SOCK_TEXT bytes. */
void io_addr_text(const struct io_addr *addr, char *text);

/* The loopback range of either family (127.0.0.0/8, ::1). */
int io_addr_is_loopback(const struct io_addr *addr);

/* The same address, whatever the ports; of two sockets that are not TCP's never. */
int io_addr_same_host(const struct io_addr *a, const struct io_addr *b);

/* A listening TCP socket (SO_REUSEADDR; IPv6 ones speak IPv6 only), backlog 1024, or -1.
 * `bound` (may be NULL) gets the address with the port that the system chose. */
int io_sock_listen(const struct io_addr *addr, struct io_addr *bound,
                   struct herd_error_text *error);

/* A listening unix socket at `path`, mode 0600, or -1. A socket file that nobody listens
 * on any more is replaced; one that somebody listens on, and any other kind of file, is
 * an error. */
int io_sock_listen_unix(const char *path, struct herd_error_text *error);

/* Starts to connect; the descriptor becomes writable when the attempt has ended. -1 when
 * it failed at once. Ask io_sock_error for the outcome. */
int io_sock_dial(const struct io_addr *addr, struct herd_error_text *error);

/* Like io_sock_dial, for a unix socket. */
int io_sock_dial_unix(const char *path, struct herd_error_text *error);

/* The pending error of a socket (SO_ERROR): 0 or an errno value. */
int io_sock_error(int fd);

/* What io_sock_accept returns besides a descriptor. */
enum { IO_ACCEPT_NONE = -1, IO_ACCEPT_FULL = -2, IO_ACCEPT_FAILED = -3 };

/* The next waiting connection. IO_ACCEPT_NONE: none is waiting any more (also when the
 * one that was waiting has gone). IO_ACCEPT_FULL: out of descriptors or memory: stop
 * accepting for a while. IO_ACCEPT_FAILED: the listener itself is broken. `from` may be
 * NULL. */
int io_sock_accept(int listener, struct io_addr *from);

/* Asks the kernel to hold few unsent bytes (TCP_NOTSENT_LOWAT where it exists, else a
 * small SO_SNDBUF), so that a slow neighbour gets new records and not old ones. */
void io_sock_keep_unsent_small(int fd);

#endif
