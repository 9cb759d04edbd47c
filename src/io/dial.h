/* SPDX-License-Identifier: ISC */
/* Connecting to a host that has a name, and maybe several addresses: the one way in which
 * servers, herdctl and herdbench connect by TCP.
 *
 * A name is looked up without blocking (lookup.h), each time anew. Then its addresses are
 * dialled in turn, as RFC 8305 has it: the next one when an attempt fails, or when it has
 * not succeeded after IO_DIAL_DELAY_MS, while the earlier ones go on; the first connection
 * wins. At most IO_DIAL_ATTEMPTS are tried at the same time.
 *
 * A connection to itself (io_sock_is_self) is a failed attempt and closed with a reset, so
 * that whoever should listen there can do so at once. */
#ifndef IO_DIAL_H
#define IO_DIAL_H

#include "herd/instant.h"
#include "lookup.h"

enum {
    IO_DIAL_ATTEMPTS = 4,
    IO_DIAL_DELAY_MS =
        250, /* less when connect_ms is short: all get a turn in half of it */
    IO_DIAL_LOOKUP_MS = 30000, /* for a name: longer than most resolvers try */
};

struct io_dial_result {
    int fd;              /* connected, and the receiver's; -1: failed */
    struct io_addr addr; /* connected to; when that failed: the only or the last address
                          * dialled, `len` 0 if none was */
    const char *error;   /* why it failed; with the address when several were dialled */
    unsigned to_self;    /* attempts that reached this very socket */
};

struct io_dial_order {
    const char *host; /* address or name; borrowed until `done` */
    unsigned port;
    /* The addresses are known, before they are dialled: may be NULL, may remove some, may
     * forbid all: then it returns an error and sets `error`. Must not call the dialler. */
    int (*found)(void *arg, struct io_addrs *addrs, struct herd_error_text *error);
    /* The end; what `result` points to lives until this returns. May start further dials.
     */
    void (*done)(void *arg, const struct io_dial_result *result);
    void *arg;
};

struct io_dialler_setup {
    const struct herd_mem *mem; /* borrowed, as the loop is */
    struct io_loop *loop;
    int64_t connect_ms; /* > 0; for all addresses together, without the lookup */
    io_lookup_fn run;   /* see io_resolver_new */
};

struct io_dialler;

/* NULL when out of memory. */
struct io_dialler *io_dialler_new(const struct io_dialler_setup *setup);

/* Ends all dials without calling `done`. Accepts NULL. */
void io_dialler_free(struct io_dialler *dialler);
void io_dialler_cancel_all(struct io_dialler *dialler);

/* Starts a dial; `order` is copied. `done` follows from the loop or from a tick, never from
 * inside this call. Errors: HERD_ENOMEM, and then it does not. */
int io_dialler_dial(struct io_dialler *dialler, const struct io_dial_order *order);

/* When io_dialler_tick next has something to do: HERD_NEVER if nothing. */
struct herd_mono io_dialler_deadline(const struct io_dialler *dialler);

/* Begins new dials, and the attempts that are due, and ends those whose time is over; call
 * it once a turn. */
void io_dialler_tick(struct io_dialler *dialler, struct herd_mono now);

enum io_dial_outcome {
    IO_DIAL_OPEN,
    IO_DIAL_FAILED,
    IO_DIAL_TIMED_OUT,
    IO_DIAL_STOPPED,
};

/* For programs without a loop: looks up and connects within `timeout_ms`, all in all.
 * `stopped` (may be NULL) is asked whenever a signal may have come: true gives up. Fills
 * `result`; its `error` is in `error`, and its descriptor is non-blocking. `done` of
 * the order is not called. */
enum io_dial_outcome io_dial_wait(const struct io_dial_order *order, int64_t timeout_ms,
                                  bool (*stopped)(void), struct io_dial_result *result,
                                  struct herd_error_text *error);

#endif
