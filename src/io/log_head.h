/* How a line of the log begins: time, server, kind and address. For log.c only. */
#ifndef IO_LOG_HEAD_H
#define IO_LOG_HEAD_H

#include "herd/instant.h"

#include <stddef.h>
#include <stdint.h>

/* A field is cut at IO_LOG_FIELD bytes; IO_LOG_HEAD is the most that all of it takes. */
enum { IO_LOG_FIELD = 64, IO_LOG_STAMP = 20 };
enum { IO_LOG_HEAD = IO_LOG_STAMP + 8 + 3 * (IO_LOG_FIELD + 1) };

/* The last one, and of what it was made: a turn writes many lines of the same connection
 * at the same time, and all begin alike. */
struct io_log_head {
    char server[IO_LOG_FIELD];
    size_t server_len;
    char stamp[IO_LOG_STAMP]; /* "2026-11-21T12:00:00." of the second below */
    int64_t second;
    struct herd_wall when;
    char kind[IO_LOG_FIELD + 1], address[IO_LOG_FIELD + 1];
    char text[IO_LOG_HEAD];
    size_t len; /* 0: there is none yet */
};

void io_log_head_init(struct io_log_head *head, const char *server);

/* Writes the beginning of a line, up to the space behind the address, to `out`, which has
 * IO_LOG_HEAD bytes. `address` may be NULL. Returns the bytes written. */
size_t io_log_head_put(struct io_log_head *head, struct herd_wall when, const char *kind,
                       const char *address, char *out);

#endif
