/* SPDX-License-Identifier: ISC */
/* libcurl's multi handle in the loop: its sockets and its one timer. For fetch.c only.
 *
 * libcurl's callbacks name the events that it waits for: each of its sockets becomes a
 * watch, and the timer a deadline. It may close a socket before it says so, and may use the
 * descriptor's number again at once: so sockets are found by number, and no system call is
 * made on them here. Calls into libcurl are made from watches and from
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
    /* set by the owner */
    const struct herd_mem *mem;
    struct io_loop *loop;
    size_t connects_max;        /* idle connections kept */
    void (*acted)(void *owner); /* called after libcurl worked: transfers may have ended */
    void *owner;

    uint64_t *progress;   /* advances with every change that a wake-up brought */
    uint64_t spin_pauses; /* descriptors not polled for a while: ready without progress */

    /* private to the module, but the owner may use the handle */
    CURLM *multi;         /* NULL: not open */
    bool broken;          /* the state of all transfers is unknown: close and open anew */
    CURLMcode error;      /* when broken */
    struct herd_mono now; /* of the last tick */
    struct herd_mono due; /* of libcurl's timer */
    struct io_fetch_socket *first;
    struct io_fetch_socket *gone; /* freed when no call into libcurl runs */
};

/* Opens the multi handle. Errors: HERD_ENOMEM. */
int io_fetch_sockets_open(struct io_fetch_sockets *sockets);

/* Closes it; the owner has removed all easy handles. Harmless when not open. */
void io_fetch_sockets_close(struct io_fetch_sockets *sockets);

/* When io_fetch_sockets_tick next has something to do: HERD_NEVER if nothing. */
struct herd_mono io_fetch_sockets_deadline(const struct io_fetch_sockets *sockets);

/* Lets libcurl act when its timer is due; call it once a turn. */
void io_fetch_sockets_tick(struct io_fetch_sockets *sockets, struct herd_mono now);

/* Frees the sockets that libcurl has forgotten; call it after removing easy handles. */
void io_fetch_sockets_sweep(struct io_fetch_sockets *sockets);

#endif
