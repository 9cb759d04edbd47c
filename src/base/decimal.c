/* SPDX-License-Identifier: ISC */
#include "decimal.h"

#include "herd/err.h"

enum {
    NANO_DIGITS = 9,
    SAFE_DIGITS = 19, /* a number of this many digits fits in a uint64_t */
};

static const uint32_t ten_to[NANO_DIGITS + 1] = {
    1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000, 1000000000,
};

/* The digit's value, or more than 9 when the byte is no digit. */
static unsigned digit(char c)
{
    return (unsigned char)c - (unsigned)'0';
}

/* Reads digits at the start of `text` and returns how many there are. A number that is too
 * large is read as UINT64_MAX, and *fits is false. Only digits after the first SAFE_DIGITS
 * need a check for overflow, and few numbers have those. */
static size_t scan_whole(struct herd_slice text, uint64_t *value, bool *fits)
{
    size_t safe = text.len < SAFE_DIGITS ? text.len : SAFE_DIGITS;
    uint64_t sum = 0;
    size_t i = 0;
    for (; i < safe && digit(text.data[i]) <= 9; i++)
        sum = sum * 10 + digit(text.data[i]);
    *fits = true;
    for (; i < text.len && digit(text.data[i]) <= 9; i++) {
        if (sum > (UINT64_MAX - digit(text.data[i])) / 10)
            *fits = false;
        sum = sum * 10 + digit(text.data[i]);
    }
    *value = *fits ? sum : UINT64_MAX;
    return i;
}

/* Reads the digits after a point; returns how many there are. */
static size_t scan_fraction(struct herd_slice text, struct herd_decimal *number)
{
    size_t max = text.len < NANO_DIGITS ? text.len : NANO_DIGITS;
    uint32_t sum = 0;
    size_t i = 0;
    for (; i < max && digit(text.data[i]) <= 9; i++)
        sum = sum * 10 + digit(text.data[i]);
    number->nano = sum * ten_to[NANO_DIGITS - i];
    for (; i < text.len && digit(text.data[i]) <= 9; i++) {
        if (text.data[i] != '0')
            number->inexact = true;
    }
    return i;
}

int herd_decimal_scan(struct herd_slice text, struct herd_decimal *number)
{
    bool fits;
    number->nano = 0;
    number->inexact = false;
    number->len = scan_whole(text, &number->whole, &fits);
    if (number->len == 0)
        return HERD_EBAD;
    if (number->len < text.len && text.data[number->len] == '.') {
        size_t decimals = scan_fraction(herd_slice_from(text, number->len + 1), number);
        number->len += decimals > 0 ? decimals + 1 : 0;
    }
    return HERD_OK;
}

int herd_time_parse(struct herd_slice text, struct herd_wall *time)
{
    struct herd_decimal number;
    if (herd_decimal_scan(text, &number) != HERD_OK || number.len != text.len)
        return HERD_EBAD;
    if (number.whole > INT64_MAX / HERD_NS_PER_S)
        return HERD_ERANGE;
    int64_t whole_ns = (int64_t)number.whole * HERD_NS_PER_S;
    if (number.nano > INT64_MAX - whole_ns)
        return HERD_ERANGE;
    time->ns = whole_ns + number.nano;
    return HERD_OK;
}

int herd_skew_parse(struct herd_slice text, int64_t *ns)
{
    struct herd_wall size;
    if (text.len == 0 || (text.data[0] != '+' && text.data[0] != '-'))
        return HERD_EBAD;
    int rc = herd_time_parse(herd_slice_from(text, 1), &size);
    if (rc == HERD_OK)
        *ns = text.data[0] == '-' ? -size.ns : size.ns;
    return rc;
}

int herd_uint_parse(struct herd_slice text, uint64_t max, uint64_t *value)
{
    bool fits;
    uint64_t sum;
    size_t len = scan_whole(text, &sum, &fits);
    if (len == 0 || len != text.len)
        return HERD_EBAD;
    if (!fits || sum > max)
        return HERD_ERANGE;
    *value = sum;
    return HERD_OK;
}

static size_t print_seconds(uint64_t ns, char *out)
{
    uint64_t nano = ns % (uint64_t)HERD_NS_PER_S;
    size_t len = herd_uint_print(ns / (uint64_t)HERD_NS_PER_S, out);
    out[len] = '.';
    for (size_t i = NANO_DIGITS; i > 0; i--) {
        out[len + i] = (char)('0' + nano % 10);
        nano /= 10;
    }
    return len + 1 + NANO_DIGITS;
}

/* The magnitude is computed unsigned, because -INT64_MIN does not fit in an int64_t. */
size_t herd_skew_print(int64_t ns, char *out)
{
    out[0] = ns < 0 ? '-' : '+';
    return 1 + print_seconds(ns < 0 ? 0 - (uint64_t)ns : (uint64_t)ns, out + 1);
}

size_t herd_time_print(struct herd_wall time, char *out)
{
    return print_seconds(time.ns > 0 ? (uint64_t)time.ns : 0, out);
}

size_t herd_uint_print(uint64_t value, char *out)
{
    char digits[HERD_UINT_TEXT];
    size_t start = sizeof digits;
    do {
        digits[--start] = (char)('0' + value % 10);
        value /= 10;
    } while (value > 0);
    memcpy(out, digits + start, sizeof digits - start);
    return sizeof digits - start;
}
