/* SPDX-License-Identifier: ISC */
/* One transfer of libcurl: its request, its body, how it ends. For fetch.c only. */
#ifndef IO_FETCH_TRANSFER_H
#define IO_FETCH_TRANSFER_H

#include "herd/buf.h"
#include "fetch.h"
#include "fetch_plan.h"
#include "fetch_retry.h"

#include <curl/curl.h>
#include <stdbool.h>
#include <stdint.h>

struct io_fetch_transfer {
    struct io_fetch_transfer *next; /* for the owner */
    const struct io_fetch_plan *plan;
    uint64_t id;
    CURL *easy; /* NULL once it has ended; CURLINFO_PRIVATE gives the transfer */
    struct herd_buf body;
    size_t header_bytes;
    enum {
        IO_FETCH_ACCEPTED,
        IO_FETCH_BODY,
        IO_FETCH_HEADERS,
        IO_FETCH_MEMORY,
        IO_FETCH_AGAIN,
        IO_FETCH_SLOW /* set by the owner */
    } refusal;
    bool sent;                           /* the request was sent */
    bool begun;                          /* the reply has; interim replies do not count */
    size_t arrived;                      /* bytes of it since the owner checked last */
    struct io_fetch_retry retry;         /* what its header says so far */
    struct herd_mono check_at;           /* for the owner; HERD_NEVER: once it has begun */
    int status;                          /* once it has ended */
    int64_t retry_after_ms;              /* likewise */
    struct herd_error_text error;        /* likewise, when status is 0 */
    char libcurl_error[CURL_ERROR_SIZE]; /* its text, which may show the key */
};

/* Makes a transfer whose easy handle can be added to a multi handle. `plan` is borrowed and
 * outlives it; `request` is copied. Errors: NULL when out of memory. */
struct io_fetch_transfer *io_fetch_transfer_new(const struct io_fetch_plan *plan,
                                                uint64_t id, struct herd_slice request);

/* Sets status and error, and frees the easy handle, which the owner has removed from its
 * multi handle. */
void io_fetch_transfer_end(struct io_fetch_transfer *t, CURLcode code);

void io_fetch_transfer_free(struct io_fetch_transfer *t);

#endif
