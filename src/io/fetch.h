/* HTTP requests through libcurl, driven by the loop (curl_multi_socket_action).
 *
 * Each transfer ends with exactly one call of `done`, from the loop and never from
 * inside io_fetch_start. Nothing blocks: io_fetch_new refuses a libcurl without an
 * asynchronous resolver. Redirects are not followed (the reply is handed out as it is),
 * only https (and http to a loopback address) is spoken, and nothing of the environment
 * counts: no proxy of it, no netrc, no configuration of libcurl's tools.
 *
 * The key goes into the URL or a header line here, so that no other module ever sees it
 * in one. It is in no text that is handed out. */
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
    bool post;                /* asks are bodies; else they are queries, of a GET */
    const char *content_type; /* of the bodies */
    const char *header;       /* one more header line, "Name: value"; "": none */

    /* At most one place. Without a key, or without a place, none is sent. The copy is
     * wiped at the end. */
    const char *key;
    const char *key_param;  /* name of a parameter of the URL */
    const char *key_header; /* name of a header line */

    const char *ca_file; /* PEM; the only certificates that count. "": the system's */
    const char *proxy;   /* http, socks5 or socks5h URL with a port; "": none */

    size_t body_max;     /* bytes; a larger body fails the transfer */
    int64_t timeout_ms;  /* for the whole transfer */
    int64_t connect_ms;  /* for the connection, with its TLS handshake */
    int64_t slow_ms;     /* once a reply has begun it must ... */
    size_t slow_bytes;   /* ... bring so much in every slow_ms; 0: no matter how little */
    size_t connects_max; /* idle connections kept for reuse */

    /* Told what an operator should know (once for each kind of trouble), or NULL. Must not
     * call this module. */
    void (*note)(void *arg, const char *text);
};

struct io_fetch_result {
    int status;             /* HTTP status, or 0 when no reply came */
    struct herd_slice body; /* lives until `done` returns */
    const char *error;      /* when status is 0: what went wrong, without the key; lives
                             * until `done` returns */
};

typedef void (*io_fetch_done_fn)(void *arg, uint64_t id,
                                 const struct io_fetch_result *result);

struct io_fetch;

/* `mem` and `loop` are borrowed and outlive the fetch.
 * Errors: NULL with `error`: out of memory, a URL that is neither
 * https nor http to loopback, a proxy for such an http URL, a proxy with a password, a
 * certificate file that cannot be read, a key that does not fit into a header line, a
 * libcurl that cannot be used. */
struct io_fetch *io_fetch_new(const struct herd_mem *mem, struct io_loop *loop,
                              const struct io_fetch_setup *setup, io_fetch_done_fn done,
                              void *arg, struct herd_error_text *error);

/* Ends all transfers without calling `done`. Accepts NULL. */
void io_fetch_free(struct io_fetch *fetch);

/* One request with `ask`, which is copied, as its query or body; it is sent once at most,
 * also when a kept connection turns out to be broken. `id` is the caller's, unique among
 * the running ones. Errors: HERD_ENOMEM, HERD_ESYS: the transfer was not
 * started and `done` will not be called. */
int io_fetch_start(struct io_fetch *fetch, uint64_t id, struct herd_slice ask);

/* Ends a transfer without calling `done`; unknown ids are ignored. */
void io_fetch_cancel(struct io_fetch *fetch, uint64_t id);

/* When io_fetch_tick next has something to do: HERD_NEVER if nothing. */
struct herd_mono io_fetch_deadline(const struct io_fetch *fetch);

/* Lets libcurl act on its timers; call once a turn. */
void io_fetch_tick(struct io_fetch *fetch, struct herd_mono now);

/* Since the beginning. */
struct io_fetch_counts {
    uint64_t connects; /* connections made for transfers that have ended */
    uint64_t mutes;    /* rests of descriptors that kept waking us up for nothing */
    uint64_t restarts; /* of libcurl, after an error that lost all transfers */
};
struct io_fetch_counts io_fetch_count(const struct io_fetch *fetch);

#endif
