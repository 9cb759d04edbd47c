/* SPDX-License-Identifier: ISC */
/* The head of a log line: time, server, kind and address. For log.c only. */
#ifndef IO_LOG_HEAD_H
#define IO_LOG_HEAD_H

#include "herd/instant.h"

#include <stddef.h>
#include <stdint.h>

/* Bytes. A field is cut at IO_LOG_FIELD; IO_LOG_HEAD is the longest head. */
enum { IO_LOG_FIELD = 64, IO_LOG_STAMP = 20 };
enum { IO_LOG_HEAD_SHORT = 64, IO_LOG_HEAD = IO_LOG_STAMP + 8 + 3 * (IO_LOG_FIELD + 1) };

/* The last head, and its parts: a turn writes many lines of the same connection at the same
 * time, which have the same head. */
struct io_log_head {
    char server[IO_LOG_FIELD];
    size_t server_len;
    char stamp[IO_LOG_STAMP]; /* "2026-11-21T12:00:00." of the second below */
    int64_t second;
    struct herd_wall when;
    const char *kind;
    char address[IO_LOG_FIELD + 1];
    char text[IO_LOG_HEAD];
    size_t len; /* 0: there is none yet */
};

/* Starts without a last head. `server` is copied. */
void io_log_head_init(struct io_log_head *head, const char *server);

/* Writes the head of a line, up to the space after the address, to `out`, which has
 * IO_LOG_HEAD bytes. `kind` lives for ever. `address` may be NULL. Returns the number of
 * bytes written. */
size_t io_log_head_put(struct io_log_head *head, struct herd_wall when, const char *kind,
                       const char *address, char *out);

#endif
