/* SPDX-License-Identifier: ISC */
/* HTTP requests through libcurl, driven by the loop (curl_multi_socket_action).
 *
 * Each transfer ends with exactly one call of `done`, from a tick and never from inside
 * io_fetch_start. No call blocks: io_fetch_new refuses a libcurl without an asynchronous
 * resolver. Redirects are not followed (`done` gets the reply as it is). Requests use
 * https, or http to a loopback address. The environment has no effect: neither its proxies
 * nor netrc nor the configuration of libcurl's tools.
 *
 * This module adds the key to the URL or to a header line; no other module sees it there,
 * and no text that leaves this module has it: a body that quotes it has IO_FETCH_REDACTED
 * (fetch_redact.h) in its place. */
#ifndef IO_FETCH_H
#define IO_FETCH_H

#include "herd/err.h"
#include "herd/instant.h"
#include "herd/mem.h"
#include "herd/slice.h"
#include "loop.h"

#include <stdbool.h>
#include <stdint.h>

/* All texts are copied. NULL is the same as "". */
struct io_fetch_setup {
    const char *url;          /* without a query */
    bool post;                /* requests are bodies of a POST; else queries of a GET */
    const char *content_type; /* of bodies */
    const char *header;       /* one more header line, "Name: value"; "": none */

    /* At most one of key_param and key_header. Without either, or without a key, no key is
     * sent. The copy is wiped at the end. */
    const char *key;
    const char *key_param;  /* name of a parameter of the URL */
    const char *key_header; /* name of a header line */

    const char *ca_file; /* PEM; the only trusted certificates. "": the system's */
    const char *proxy;   /* http, socks5 or socks5h URL with a port; "": none */

    size_t body_max;     /* bytes; a larger body fails the transfer */
    int64_t timeout_ms;  /* for the whole transfer */
    int64_t connect_ms;  /* for the connection, with its TLS handshake */
    int64_t slow_ms;     /* a reply that has begun must bring slow_bytes ... */
    size_t slow_bytes;   /* ... in each slow_ms; 0: no such limit */
    size_t connects_max; /* idle connections kept for reuse */

    /* Called with a text for operators, once for each kind of trouble; `text` lives until
     * it returns. NULL: not called. Must not call this module. `arg` is that of `done`. */
    void (*note)(void *arg, const char *text);
};

struct io_fetch_result {
    int status;             /* HTTP status, or 0 when no reply came */
    int64_t retry_after_ms; /* its Retry-After, 1000 or more; 0: it has none */
    struct herd_slice body; /* lives until `done` returns */
    const char *error;      /* when status is 0: the failure, without the key; lives
                             * until `done` returns */
};

typedef void (*io_fetch_done_fn)(void *arg, uint64_t id,
                                 const struct io_fetch_result *result);

struct io_fetch;

/* `mem` and `loop` are borrowed and outlive the fetch; `arg` is given to `done`.
 * Errors: NULL with `error`: out of memory, a URL that is neither
 * https nor http to loopback, a proxy for such an http URL, a proxy with a password, a
 * certificate file that cannot be read, a key that does not fit into a header line, a
 * libcurl that cannot be used. */
struct io_fetch *io_fetch_new(const struct herd_mem *mem, struct io_loop *loop,
                              const struct io_fetch_setup *setup, io_fetch_done_fn done,
                              void *arg, struct herd_error_text *error);

/* Ends all transfers without calling `done`. Accepts NULL. */
void io_fetch_free(struct io_fetch *fetch);

/* Starts one transfer with `request`, which is copied and has no NUL, as its query or body.
 * It is sent once at most, also when a kept connection turns out to be broken. The caller
 * chooses `id`, unique among running transfers. Errors: HERD_ENOMEM, HERD_ESYS: the
 * transfer was not started and `done` will not be called. */
int io_fetch_start(struct io_fetch *fetch, uint64_t id, struct herd_slice request);

/* Ends a transfer without calling `done`; unknown ids are ignored. */
void io_fetch_cancel(struct io_fetch *fetch, uint64_t id);

/* When io_fetch_tick next has something to do: HERD_NEVER if nothing. */
struct herd_mono io_fetch_deadline(const struct io_fetch *fetch);

/* Runs libcurl's timers and calls `done` for ended transfers; call it once a turn. `now`
 * never goes back. */
void io_fetch_tick(struct io_fetch *fetch, struct herd_mono now);

/* Counts since io_fetch_new. */
struct io_fetch_counts {
    uint64_t connects;    /* connections made for transfers that have ended */
    uint64_t spin_pauses; /* descriptors not polled for a while: ready without progress */
    uint64_t restarts;    /* of libcurl, after an error that lost all transfers */
};
struct io_fetch_counts io_fetch_count(const struct io_fetch *fetch);

#endif
