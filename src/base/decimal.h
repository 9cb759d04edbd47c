/* SPDX-License-Identifier: ISC */
/* Decimal numbers as text, read exactly: no doubles, no locale, no rounding. */
#ifndef HERD_BASE_DECIMAL_H
#define HERD_BASE_DECIMAL_H

#include "herd/instant.h"
#include "herd/slice.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* digits ["." digits], as found in a text. */
struct herd_decimal {
    uint64_t whole; /* the integer part, UINT64_MAX when it does not fit */
    uint32_t nano;  /* the first nine decimals */
    bool inexact;   /* some decimal after the ninth is not zero */
    size_t len;     /* bytes of the text that the number takes up */
};

/* Reads the number at the start of `text`: at least one digit; a point belongs to the
 * number only if a digit follows it. Errors: HERD_EBAD when `text` does not begin with a
 * digit. */
int herd_decimal_scan(struct herd_slice text, struct herd_decimal *number);

/* A client's time: POSIX seconds, all of `text`, without sign, exponent or blanks. Digits
 * after the ninth decimal are allowed and dropped. Errors: HERD_EBAD; HERD_ERANGE when
 * the nanoseconds do not fit in an int64_t (after the year 2262). *time is set on success
 * only. */
int herd_time_parse(struct herd_slice text, struct herd_wall *time);

/* The difference of two times: a sign, then seconds as herd_time_parse reads them. The same
 * errors; no difference of two times is out of range. */
int herd_skew_parse(struct herd_slice text, int64_t *ns);

/* An unsigned integer of digits only, all of `text`, at most `max`. Errors: HERD_EBAD (not
 * digits only), HERD_ERANGE (above `max`). *value is set on success only. */
int herd_uint_parse(struct herd_slice text, uint64_t max, uint64_t *value);

/* The most bytes that the functions below write. */
enum { HERD_SKEW_TEXT = 24, HERD_TIME_TEXT = 24, HERD_UINT_TEXT = 20 };

/* Prints nanoseconds as seconds, always signed, nine decimals: "+0.263873386". Returns
 * the bytes written to `out` (HERD_SKEW_TEXT bytes; no NUL). */
size_t herd_skew_print(int64_t ns, char *out);

/* Prints a time as POSIX seconds without a sign, nine decimals, as herd_time_parse reads
 * them; a time before 1970 is printed as 0. Returns the bytes written to `out`
 * (HERD_TIME_TEXT bytes; no NUL). */
size_t herd_time_print(struct herd_wall time, char *out);

/* Prints the digits, without leading zeros. Returns the bytes written to `out`
 * (HERD_UINT_TEXT bytes; no NUL). */
size_t herd_uint_print(uint64_t value, char *out);

#endif
