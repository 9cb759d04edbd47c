/* SPDX-License-Identifier: ISC */
/* The parts that all transfers share: URL, key, header lines. For the files of the fetch
 * and their tests only. */
#ifndef IO_FETCH_PLAN_H
#define IO_FETCH_PLAN_H

#include "fetch.h"
#include "fetch_url.h"

#include <curl/curl.h>
#include <stdbool.h>
#include <stdint.h>

/* Counters that transfers and callbacks advance. */
struct io_fetch_tally {
    uint64_t progress; /* advances with every change that a wake-up brought */
    uint64_t begun;    /* replies that have begun */
    uint64_t connects;
};

/* Header lines as libcurl wants them; it neither copies nor changes them. */
struct io_fetch_headers {
    struct curl_slist lines[4];
    size_t count;
    char *text; /* of all lines; NULL: none. Wiped at the end, since it may hold the key */
    size_t size, used;
};

struct io_fetch_plan {
    const struct herd_mem *mem;
    struct io_fetch_setup setup; /* its texts are NULL: they are below */
    struct io_fetch_url url;
    struct io_fetch_url proxy; /* text NULL: none */
    char *ca_file;             /* NULL: the system's */
    size_t ca_size;
    struct io_fetch_headers headers;
    char *key;       /* NULL: none is sent */
    char *param;     /* "name=" and the encoded key; "" when it goes into a header line */
    size_t key_size; /* bytes of both, which are one piece of memory */
    struct io_fetch_tally *tally; /* borrowed; set by the owner */
};

/* Copies all texts of `setup`; `mem` is borrowed and outlives the plan. Errors:
 * HERD_ENOMEM, HERD_EBAD, HERD_ESYS with `error`; io_fetch_plan_free is needed in any case.
 */
int io_fetch_plan_make(struct io_fetch_plan *plan, const struct herd_mem *mem,
                       const struct io_fetch_setup *setup, struct herd_error_text *error);

/* Whether the text has the key, or may have a part of it. */
bool io_fetch_plan_shows_key(const struct io_fetch_plan *plan, const char *text);

/* Frees all texts and wipes the key. Accepts zeros, if `mem` is set. */
void io_fetch_plan_free(struct io_fetch_plan *plan);

#endif
