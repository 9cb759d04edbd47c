/* SPDX-License-Identifier: ISC */
/* Escapes for bytes of strangers, in the log and in the JSON of herdctl; times in the log.
 */
#ifndef IO_LOG_TEXT_H
#define IO_LOG_TEXT_H

#include "herd/slice.h"

#include <stdint.h>

/* Copies *text to `out`, at most `room` bytes, and removes the copied bytes from *text.
 * Control characters (also DEL and U+0080 to U+009F), backslashes and bytes that are not
 * part of valid UTF-8 become \xNN. Stops before a character or an escape that would not fit
 * whole. Returns the number of bytes written; no NUL is added. */
size_t io_log_escape(char *out, size_t room, struct herd_slice *text);

/* Writes the 20 bytes "2026-11-21T12:00:00." of a second since 1970 (UTC, the Gregorian
 * calendar also before its time), without NUL. The year has four digits: for seconds
 * that fit a struct herd_wall it always does. */
void io_log_stamp(char *out, int64_t second);

#endif
