/* HTTP requests through libcurl, driven by the loop (curl_multi_socket_action).
 *
 * Each transfer ends with exactly one call of `done`, from the loop and never from
 * inside io_fetch_start. Nothing blocks: io_fetch_new refuses a libcurl without an
 * asynchronous resolver. Redirects are not followed, only https (and http to a loopback
 * address) is spoken, no proxy and no netrc is used, and the key is appended to the URL
 * here, so that no other module ever sees it in one. */
#ifndef IO_FETCH_H
#define IO_FETCH_H

#include "herd/instant.h"
#include "herd/mem.h"
#include "herd/slice.h"
#include "io/loop.h"

#include <stdint.h>

struct io_fetch_setup {
    const char *url;     /* without a query; borrowed for io_fetch_new only */
    const char *key;     /* NULL or "": no key parameter; copied, wiped at the end */
    size_t body_max;     /* bytes; a larger body fails the transfer */
    int64_t timeout_ms;  /* for the whole transfer */
    int64_t connect_ms;  /* for the connection */
    size_t connects_max; /* idle connections kept for reuse */
};

struct io_fetch_result {
    int status;             /* HTTP status, or 0 when no reply came */
    struct herd_slice body; /* lives until `done` returns */
    const char *why;        /* when status is 0: what went wrong, without the key */
};

typedef void (*io_fetch_done_fn)(void *arg, uint64_t id,
                                 const struct io_fetch_result *result);

struct io_fetch;

enum { IO_FETCH_WHY = 256 };

/* Errors: NULL with `why` (IO_FETCH_WHY bytes): out of memory, a URL that is neither
 * https nor http to loopback, a libcurl that cannot be used. */
struct io_fetch *io_fetch_new(const struct herd_mem *mem, struct io_loop *loop,
                              const struct io_fetch_setup *setup, io_fetch_done_fn done,
                              void *arg, char *why);

/* Ends all transfers without calling `done`. Accepts NULL. */
void io_fetch_free(struct io_fetch *fetch);

/* GET url?query[&key=...]; `query` is copied. `id` is the caller's, unique among the
 * running ones. Errors: HERD_ENOMEM, HERD_ESYS: the transfer was not started and `done`
 * will not be called. */
int io_fetch_start(struct io_fetch *fetch, uint64_t id, struct herd_slice query);

/* Ends a transfer without calling `done`; unknown ids are ignored. */
void io_fetch_cancel(struct io_fetch *fetch, uint64_t id);

struct herd_mono io_fetch_deadline(const struct io_fetch *fetch);

/* Lets libcurl act on its timers; call once a turn. */
void io_fetch_tick(struct io_fetch *fetch, struct herd_mono now);

#endif
