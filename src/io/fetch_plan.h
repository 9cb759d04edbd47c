/* What all transfers have in common: URL, key, header lines, what libcurl may do. For
 * fetch.c, fetch_transfer.c and their tests only. */
#ifndef IO_FETCH_PLAN_H
#define IO_FETCH_PLAN_H

#include "fetch.h"
#include "fetch_url.h"

#include <curl/curl.h>
#include <stdbool.h>
#include <stdint.h>

enum { IO_FETCH_LIBCURL_OLDEST = 0x075500 };

/* Counted along by transfers and callbacks. */
struct io_fetch_tally {
    uint64_t progress; /* any change that shows that a wake-up was of use */
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
    struct io_fetch_tally *tally;
};

/* Takes all texts over from `setup`. Errors: HERD_ENOMEM, HERD_EBAD, HERD_ESYS with
 * `error`; io_fetch_plan_free is needed in any case. */
int io_fetch_plan_make(struct io_fetch_plan *plan, const struct herd_mem *mem,
                       const struct io_fetch_setup *setup, struct herd_error_text *error);

/* Why this libcurl cannot serve the plan, or NULL. */
const char *io_fetch_plan_unfit(const struct io_fetch_plan *plan,
                                const curl_version_info_data *info);

/* Sets all options that do not depend on the transfer. False when one is not to be had. */
bool io_fetch_plan_apply(const struct io_fetch_plan *plan, CURL *easy);

/* Whether the text holds the key, or may hold a part of it. */
bool io_fetch_plan_shows_key(const struct io_fetch_plan *plan, const char *text);

/* Wipes the key. */
void io_fetch_plan_free(struct io_fetch_plan *plan);

#endif
