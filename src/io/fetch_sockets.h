/* libcurl's multi handle in our loop: its sockets and its one timer. For fetch.c only.
 *
 * libcurl tells through callbacks what it wants to know: each of its sockets becomes a
 * watch, and the timer a deadline. It may close a socket before it says so, and may use
 * the number again at once: sockets are found by number, and here they are never closed
 * or asked for anything. Calls into libcurl happen from watches and from
 * io_fetch_sockets_tick, never from one of its callbacks. */
#ifndef IO_FETCH_SOCKETS_H
#define IO_FETCH_SOCKETS_H

#include "herd/instant.h"
#include "herd/mem.h"
#include "loop.h"

#include <curl/curl.h>
#include <stdbool.h>
#include <stdint.h>

struct io_fetch_socket;

struct io_fetch_sockets {
    /* Filled in by the owner. */
    const struct herd_mem *mem;
    struct io_loop *loop;
    size_t connects_max;        /* idle connections kept */
    void (*acted)(void *owner); /* libcurl has worked: ask it what has ended */
    void *owner;

    uint64_t *progress; /* any change that shows that a wake-up was of use */
    uint64_t mutes;     /* rests of descriptors that woke us up for nothing */

    /* The module's own, but the owner may use the handle. */
    CURLM *multi;  /* NULL: not open */
    bool broken;   /* the state of all transfers is unknown: close and open anew */
    CURLMcode why; /* when broken */
    struct herd_mono now;
    struct herd_mono due; /* of libcurl's timer */
    struct io_fetch_socket *first;
    struct io_fetch_socket *gone; /* freed when no call into libcurl runs */
};

/* Errors: HERD_ENOMEM. */
int io_fetch_sockets_open(struct io_fetch_sockets *sockets);

/* The owner has removed all easy handles. Harmless when not open. */
void io_fetch_sockets_close(struct io_fetch_sockets *sockets);

/* When io_fetch_sockets_tick next has something to do: HERD_NEVER if nothing. */
struct herd_mono io_fetch_sockets_deadline(const struct io_fetch_sockets *sockets);

/* Once a turn: lets libcurl act when its timer is due. */
void io_fetch_sockets_tick(struct io_fetch_sockets *sockets, struct herd_mono now);

/* After calls of the owner that made libcurl forget sockets. */
void io_fetch_sockets_sweep(struct io_fetch_sockets *sockets);

#endif
