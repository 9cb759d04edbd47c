/* SPDX-License-Identifier: ISC */
/* The log. No other module writes lines of it.
 *
 *     2026-11-21T12:00:00.123456Z Goloman client 127.0.0.1:50422 < IAMAT kiwi ...
 *
 * A line has the time (UTC), the server, the kind, the address ("-" when there is none),
 * the direction ("<" input, ">" output, "-" neither) and the text, escaped as
 * HERD_ESCAPE_LINE; a text longer than IO_LOG_TEXT bytes is cut, with the number of bytes
 * left out. Lines are buffered. A log that cannot be written loses lines, counts them, and
 * says so in the log as soon as it can be written again; it never stops the server.
 *
 * With io_log_limit the file is rotated before it exceeds its size (log_file.h). When that
 * fails, lines are left out rather than the size exceeded; one line says so, and the next
 * attempt is made after a second. */
#ifndef IO_LOG_H
#define IO_LOG_H

#include "herd/instant.h"
#include "herd/mem.h"
#include "herd/slice.h"

#include <stdbool.h>
#include <stdint.h>

enum {
    IO_LOG_TEXT = 4096,        /* bytes */
    IO_LOG_SIZE_MIN = 1 << 20, /* bytes: more than are ever written at once */
};

struct io_log;

/* Opens the file at `path`, which is created with IO_LOG_MODE and appended to; NULL: no
 * file. `server` is the name in each line; both texts are copied. `echo`: each line goes to
 * standard error, too. `mem` is borrowed and outlives the log. Errors: NULL, and errno is
 * set, when memory is out or the file cannot be opened (io_file_open of file.h, which tells
 * why). */
struct io_log *io_log_open(const struct herd_mem *mem, const char *path, const char *server,
                           bool echo);

/* Rotates the file before it has more than `max_size` bytes (IO_LOG_SIZE_MIN or more; 0: no
 * limit); `keep` files, 2 or more, remain, the present one included. */
void io_log_limit(struct io_log *log, int64_t max_size, int keep);

/* Flushes and closes. Accepts NULL. */
void io_log_close(struct io_log *log);

/* Buffers one line. `kind`: "client", "peer", "places", "herd"; it lives for ever.
 * `address` may be NULL. `direction`: '<', '>' or '-'. The other texts are borrowed for the
 * call. */
void io_log_line(struct io_log *log, struct herd_wall when, const char *kind,
                 const char *address, char direction, struct herd_slice text);

/* Whether bytes wait for io_log_flush. */
bool io_log_pending(const struct io_log *log);

/* Writes the buffered lines without blocking: the bytes that the file does not accept now
 * stay buffered; when it cannot be written, all of them are lost. */
void io_log_flush(struct io_log *log);

/* Overwrites what the buffer holds of lines that were written. */
void io_log_wipe(struct io_log *log);

/* Opens the file at its path again, after rotation. Errors: HERD_ESYS (errno is set): the
 * log goes on in the old file. */
int io_log_reopen(struct io_log *log);

/* The number of lines lost since io_log_open. */
uint64_t io_log_lost(const struct io_log *log);

#endif
