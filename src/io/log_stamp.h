/* SPDX-License-Identifier: ISC */
/* Times in the log. */
#ifndef IO_LOG_STAMP_H
#define IO_LOG_STAMP_H

#include <stdint.h>

/* Writes the 20 bytes "2026-11-21T12:00:00." of a second since 1970 (UTC, the Gregorian
 * calendar also before its time), without NUL. The year has four digits: for seconds
 * that fit a struct herd_wall it always does. */
void io_log_stamp(char *out, int64_t second);

#endif
