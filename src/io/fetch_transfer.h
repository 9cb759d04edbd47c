/* One transfer of libcurl: its options, its body, how it ends. For fetch.c only. */
#ifndef IO_FETCH_TRANSFER_H
#define IO_FETCH_TRANSFER_H

#include "herd/buf.h"
#include "io/fetch.h"
#include "io/fetch_url.h"

#include <curl/curl.h>
#include <stdbool.h>
#include <stdint.h>

/* What all transfers have in common. */
struct io_fetch_plan {
    const struct herd_mem *mem;
    struct io_fetch_setup setup; /* its url and key are NULL: they are below */
    struct io_fetch_url url;
    char *key;          /* NULL: none */
    char *param;        /* "key=" and the encoded key; behind the NUL of `key` */
    size_t key_size;    /* bytes of both */
    uint64_t *progress; /* counts what arrives */
};

/* Takes url and key over from `setup`. Errors: HERD_ENOMEM, HERD_EBAD with `why`;
 * io_fetch_plan_free is needed in any case. */
int io_fetch_plan_make(struct io_fetch_plan *plan, const struct herd_mem *mem,
                       const struct io_fetch_setup *setup, char *why);

/* False when this libcurl lacks https or another option that is needed. */
bool io_fetch_plan_works(const struct io_fetch_plan *plan);

/* Wipes the key. */
void io_fetch_plan_free(struct io_fetch_plan *plan);

struct io_fetch_transfer {
    struct io_fetch_transfer *next; /* the owner's */
    const struct io_fetch_plan *plan;
    uint64_t id;
    CURL *easy; /* NULL once it has ended; CURLINFO_PRIVATE gives the transfer */
    struct herd_buf body;
    size_t header_bytes;
    enum { IO_FETCH_FINE, IO_FETCH_BODY, IO_FETCH_HEADERS, IO_FETCH_MEMORY } refusal;
    int status;                  /* once it has ended */
    char why[IO_FETCH_WHY];      /* likewise, when status is 0 */
    char error[CURL_ERROR_SIZE]; /* libcurl's text */
};

/* Ready to be added to a multi handle. NULL when out of memory. */
struct io_fetch_transfer *io_fetch_transfer_new(const struct io_fetch_plan *plan,
                                                uint64_t id, struct herd_slice query);

/* Sets status and why. The owner has removed the easy handle, which is given back. */
void io_fetch_transfer_end(struct io_fetch_transfer *t, CURLcode code);

void io_fetch_transfer_free(struct io_fetch_transfer *t);

#endif
