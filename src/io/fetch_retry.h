/* SPDX-License-Identifier: ISC */
/* When a server wants to be asked again: Retry-After in the header of its reply, in seconds
 * or as a date (RFC 9110, section 10.2.3). For fetch_transfer.c and tests only. */
#ifndef IO_FETCH_RETRY_H
#define IO_FETCH_RETRY_H

#include "herd/slice.h"

#include <stdint.h>

enum { IO_FETCH_RETRY_MAX_S = 1000000000 }; /* longer is shortened to this */

/* All zero: no header line was seen. */
struct io_fetch_retry {
    int64_t delay_s; /* the longest of those given in seconds; 0: none was */
    int64_t until_s; /* likewise of dates, since 1970 */
    int64_t date_s;  /* the server's clock: its Date */
};

/* Notes what one header line says, given with or without its line end; others are passed
 * over. A status line begins anew: the header of an interim reply does not count. A value
 * that is neither a number nor a date counts as missing. */
void io_fetch_retry_note(struct io_fetch_retry *retry, struct herd_slice line);

/* Milliseconds from now on, 1000 or more; 0: the reply does not say. A date counts from the
 * server's own clock, or from `now_s` (seconds since 1970) when the reply has no Date. */
int64_t io_fetch_retry_ms(const struct io_fetch_retry *retry, int64_t now_s);

#endif
