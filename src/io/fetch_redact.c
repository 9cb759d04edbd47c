/* SPDX-License-Identifier: ISC */
#include "fetch_redact.h"

#include <stdbool.h>
#include <string.h>

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The value of two hexadecimal digits; -1: they are none. */
static int hex_byte(const char *at, const char *end)
{
    int high = end - at >= 2 ? hex_digit(at[0]) : -1;
    int low = high >= 0 ? hex_digit(at[1]) : -1;
    return low >= 0 ? high * 16 + low : -1;
}

/* The length of the form of the byte `c` that begins at `at`; 0: there is none. */
static size_t form_of(char c, const char *at, const char *end)
{
    size_t left = (size_t)(end - at);
    if (left > 0 && *at == '%' && hex_byte(at + 1, end) == (unsigned char)c)
        return 3;
    if (left > 5 && memcmp(at, "\\u00", 4) == 0 &&
        hex_byte(at + 4, end) == (unsigned char)c)
        return 6;
    if (left > 1 && *at == '\\' && at[1] == c && strchr("\"\\/", c) != NULL)
        return 2;
    return left > 0 && *at == c;
}

/* The length of the occurrence that begins at `at`; 0: there is none. */
static size_t occurrence(const char *key, const char *at, const char *end)
{
    const char *from = at;
    for (; *key != '\0'; key++) {
        size_t form = form_of(*key, at, end);
        if (form == 0)
            return 0;
        at += form;
    }
    return (size_t)(at - from);
}

size_t io_fetch_redact(const char *key, char *bytes, size_t len)
{
    static const char text[] = IO_FETCH_REDACTED;
    const char *at = bytes, *end = bytes + len;
    char *out = bytes;
    _Static_assert(sizeof text - 1 <= IO_FETCH_REDACT_MIN, "what is left never grows");
    if (strlen(key) < IO_FETCH_REDACT_MIN)
        return len;
    while (at < end) {
        /* Only these can begin an occurrence. */
        bool may = *at == key[0] || *at == '%' || *at == '\\';
        size_t found = may ? occurrence(key, at, end) : 0;
        if (found == 0) {
            *out++ = *at++;
            continue;
        }
        memcpy(out, text, sizeof text - 1);
        out += sizeof text - 1;
        at += found;
    }
    return (size_t)(out - bytes);
}
