/* SPDX-License-Identifier: ISC */
/* URLs and keys of requests. For the files of the fetch and their tests only. */
#ifndef IO_FETCH_URL_H
#define IO_FETCH_URL_H

#include "herd/err.h"
#include "herd/mem.h"

#include <stdbool.h>
#include <stddef.h>

struct io_fetch_url {
    bool secure;   /* https; else http to a loopback address, or a proxy */
    bool resolves; /* the host is a name that needs a resolver */
    char *text;    /* as libcurl prints it; owned */
    size_t size;   /* bytes of text, NUL included */
};

/* Reads a URL for requests: https, or http to a loopback address. Errors: HERD_EBAD,
 * HERD_ENOMEM, with `error`, which does not repeat the URL: it may have a key. */
int io_fetch_url_read(const struct herd_mem *mem, const char *text,
                      struct io_fetch_url *url, struct herd_error_text *error);

/* Likewise for the URL of a proxy: http, socks5 or socks5h. It must have a port: libcurl's
 * default is 1080 for all of them, which surprises for http. */
int io_fetch_url_read_proxy(const struct herd_mem *mem, const char *text,
                            struct io_fetch_url *url, struct herd_error_text *error);

/* Frees the text. Accepts zeros. */
void io_fetch_url_free(const struct herd_mem *mem, struct io_fetch_url *url);

/* Writes the percent-encoded key with NUL to `out`, which has io_fetch_key_size(key)
 * bytes. */
void io_fetch_key_encode(char *out, const char *key);
size_t io_fetch_key_size(const char *key);

/* Whether `text` has the key as it is or with any of its bytes percent-encoded. */
bool io_fetch_key_shows(const char *key, const char *text);

#endif
