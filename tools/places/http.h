/* SPDX-License-Identifier: ISC */
/* Reads HTTP/1.x requests out of a growing buffer.
 *
 * The caller appends what the socket gave to one buffer, which begins with the request
 * being read, and calls http_read after each append. Understood: any method, a target
 * that begins with "/", Content-Length, Connection. Lines may end in CR LF or in LF
 * alone; empty lines before a request are skipped. Refused: Transfer-Encoding. Ignored:
 * Expect and all other fields, which http_field finds. */
#ifndef PLACES_HTTP_H
#define PLACES_HTTP_H

#include "herd/slice.h"

#include <stdbool.h>
#include <stddef.h>

enum { HTTP_HEAD_MAX = 8192, HTTP_BODY_MAX = 65536 };

/* How far the reading of one request has got; zero-initialise it for each request. */
struct http_reader {
    size_t seen;  /* bytes already searched for the end of the head */
    size_t line;  /* where the line begins in which `seen` stands */
    size_t lines; /* complete lines that were not empty */
    size_t head;  /* length of the head, its empty line included; 0: not known yet */
};

/* The slices point into the buffer and live until it changes. */
struct http_request {
    struct herd_slice method;
    struct herd_slice target; /* path, and query when there is one */
    struct herd_slice path;
    struct herd_slice query;  /* without the "?"; not decoded */
    struct herd_slice fields; /* the lines of the header */
    struct herd_slice body;
    bool keep_alive;
    size_t size; /* bytes of the buffer that this request takes */
};

enum http_result {
    HTTP_MORE,   /* not complete: read on */
    HTTP_READY,  /* *out is filled */
    HTTP_REFUSED /* *status is the status to answer: 400, 413, 431, 501, 505; then close */
};

enum http_result http_read(struct http_reader *reader, struct herd_slice buffer,
                           struct http_request *out, int *status);

/* The first field of that name, in any case of letters, without blanks around it. */
bool http_field(const struct http_request *request, const char *name,
                struct herd_slice *value);

/* The percent-decoded value of the first parameter called `name` as text of at most
 * size - 1 bytes. False when there is none, when it is longer, not well encoded, or holds
 * a NUL. */
bool http_query_value(struct herd_slice query, const char *name, char *out, size_t size);

#endif
