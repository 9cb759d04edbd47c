/* The only writer of log lines.
 *
 *     2026-11-21T12:00:00.123456Z Goloman client 127.0.0.1:50422 < IAMAT kiwi ...
 *
 * time (UTC), server, kind, address ("-" when there is none), direction ("<" input, ">"
 * output, "-" neither), text with every control byte, every backslash and every byte that
 * is not part of valid UTF-8 escaped as \xNN, and cut at IO_LOG_TEXT bytes with the number
 * of bytes left out. Lines are buffered; a log that cannot be written loses lines,
 * counts them, and says so in the log as soon as it can be written again, but never
 * blocks, and never stops the server. */
#ifndef IO_LOG_H
#define IO_LOG_H

#include "herd/instant.h"
#include "herd/mem.h"
#include "herd/slice.h"

#include <stdbool.h>
#include <stdint.h>

enum { IO_LOG_TEXT = 4096 };

struct io_log;

/* `path` NULL: only the copy on standard error. `echo`: a copy of each line goes to
 * standard error. The file is created with mode 0600 and appended to. NULL when out of
 * memory or (errno is set) when the file cannot be opened. */
struct io_log *io_log_open(const struct herd_mem *mem, const char *path, const char *server,
                           bool echo);

/* Flushes and closes. Accepts NULL. */
void io_log_close(struct io_log *log);

/* `kind`: "client", "peer", "places", "herd". `address` may be NULL. */
void io_log_line(struct io_log *log, struct herd_wall when, const char *kind,
                 const char *address, char direction, struct herd_slice text);

/* Bytes wait for io_log_flush. */
bool io_log_pending(const struct io_log *log);

/* Writes what waits, and does not wait itself: what the file does not take now stays,
 * and when it cannot be written all of that is lost. */
void io_log_flush(struct io_log *log);

/* Opens the file anew (after rotation). Keeps the old one when that fails: HERD_ESYS. */
int io_log_reopen(struct io_log *log);

/* Lines lost so far. */
uint64_t io_log_lost(const struct io_log *log);

#endif
