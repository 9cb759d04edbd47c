/* Decimal numbers as text, read exactly: no doubles, no locale, no rounding. */
#ifndef HERD_BASE_DECIMAL_H
#define HERD_BASE_DECIMAL_H

#include "herd/instant.h"
#include "herd/slice.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* digits ["." digits], as found in the text. */
struct herd_decimal {
    uint64_t whole; /* the integer part, UINT64_MAX when it does not fit */
    uint32_t nano;  /* the first nine decimals */
    bool rest;      /* some decimal after the ninth is not zero */
    size_t len;     /* bytes that the number takes up */
};

/* Reads the number at the start of `text`: at least one digit; a point counts only with a
 * digit behind it. Errors: HERD_EBAD when there is none. */
int herd_decimal_scan(struct herd_slice text, struct herd_decimal *number);

/* A client's time: POSIX seconds, all of `text`, without sign, exponent or blanks. Digits
 * after the ninth decimal are allowed and cut off. Errors: HERD_EBAD; HERD_ERANGE when
 * the nanoseconds do not fit in an int64_t (after the year 2262). */
int herd_time_parse(struct herd_slice text, struct herd_wall *time);

/* An unsigned integer of digits only, all of `text`, at most `most`. Errors: HERD_EBAD,
 * HERD_ERANGE. */
int herd_uint_parse(struct herd_slice text, uint64_t most, uint64_t *value);

enum { HERD_SKEW_TEXT = 24, HERD_TIME_TEXT = 24, HERD_UINT_TEXT = 20 };

/* Prints nanoseconds as seconds, always signed, nine decimals: "+0.263873386". Returns
 * the bytes written to `out` (HERD_SKEW_TEXT bytes; no NUL). */
size_t herd_skew_print(int64_t ns, char *out);

/* Prints a time as POSIX seconds without a sign, nine decimals, as herd_time_parse reads
 * them; one before 1970 as 0. Returns the bytes written to `out` (HERD_TIME_TEXT bytes; no
 * NUL). */
size_t herd_time_print(struct herd_wall time, char *out);

/* Returns the bytes written to `out` (HERD_UINT_TEXT bytes; no NUL). */
size_t herd_uint_print(uint64_t value, char *out);

#endif
