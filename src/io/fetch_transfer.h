/* One transfer of libcurl: its request, its body, how it ends. For fetch.c only. */
#ifndef IO_FETCH_TRANSFER_H
#define IO_FETCH_TRANSFER_H

#include "herd/buf.h"
#include "fetch.h"
#include "fetch_plan.h"

#include <curl/curl.h>
#include <stdbool.h>
#include <stdint.h>

struct io_fetch_transfer {
    struct io_fetch_transfer *next; /* the owner's */
    const struct io_fetch_plan *plan;
    uint64_t id;
    CURL *easy; /* NULL once it has ended; CURLINFO_PRIVATE gives the transfer */
    struct herd_buf body;
    size_t header_bytes;
    enum {
        IO_FETCH_FINE,
        IO_FETCH_BODY,
        IO_FETCH_HEADERS,
        IO_FETCH_MEMORY,
        IO_FETCH_AGAIN,
        IO_FETCH_SLOW /* the owner's */
    } refusal;
    bool asked;                          /* the request was, once */
    bool begun;                          /* the reply proper has */
    size_t arrived;                      /* bytes of it since the owner looked last */
    struct herd_mono look_at;            /* the owner's; HERD_NEVER: when it has begun */
    int status;                          /* once it has ended */
    struct herd_error_text error;        /* likewise, when status is 0 */
    char libcurl_error[CURL_ERROR_SIZE]; /* its text, which may show the key */
};

/* Ready to be added to a multi handle. NULL when out of memory. */
struct io_fetch_transfer *io_fetch_transfer_new(const struct io_fetch_plan *plan,
                                                uint64_t id, struct herd_slice ask);

/* Sets status and why. The owner has removed the easy handle, which is given back. */
void io_fetch_transfer_end(struct io_fetch_transfer *t, CURLcode code);

void io_fetch_transfer_free(struct io_fetch_transfer *t);

#endif
