/* SPDX-License-Identifier: ISC */
#include "log_text.h"

#include "swar.h"

#include <stdbool.h>
#include <string.h>

/* Non-zero when one of eight bytes is a control byte, a backslash, DEL or above 0x7f. */
static uint64_t special(uint64_t bytes)
{
    return (bytes & HERD_SWAR_OF(0x80)) | herd_swar_has_less(bytes, 0x20) |
           herd_swar_has_less(bytes ^ HERD_SWAR_OF('\\'), 1) |
           herd_swar_has_less(bytes ^ HERD_SWAR_OF(0x7f), 1);
}

static int is_plain(unsigned char c)
{
    return c >= 0x20 && c < 0x7f && c != '\\';
}

static bool copy_word(char *out, const char *in)
{
    uint64_t word = herd_swar_load(in);
    if (special(word))
        return false;
    memcpy(out, &word, sizeof word);
    return true;
}

/* Copies plain bytes by blocks and words. The last word may overlap the one before: copying
 * bytes twice is cheaper than copying them one by one. */
static size_t copy_plain(char *out, const char *in, size_t len)
{
    enum { WORD = sizeof(uint64_t), BLOCK = 4 * WORD };
    size_t n = 0;
    for (; len - n >= BLOCK; n += BLOCK) {
        const char *at = in + n;
        if (special(herd_swar_load(at)) | special(herd_swar_load(at + WORD)) |
            special(herd_swar_load(at + 2 * WORD)) | special(herd_swar_load(at + 3 * WORD)))
            break;
        memcpy(out + n, at, BLOCK);
    }
    while (len - n >= WORD && copy_word(out + n, in + n))
        n += WORD;
    if (len >= WORD && len - n < WORD && copy_word(out + len - WORD, in + len - WORD))
        return len;
    for (; n < len && is_plain((unsigned char)in[n]); n++)
        out[n] = in[n];
    return n;
}

/* The length of the character at `in` when it is valid UTF-8, has more than one byte and
 * is no control character; else 0. The range of the second byte depends on the first, which
 * excludes overlong forms, surrogates and values above U+10FFFF. */
static size_t multibyte(const unsigned char *in, size_t len)
{
    unsigned char first = in[0];
    if (first < 0xc2 || first > 0xf4)
        return 0;
    size_t size = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
    if (size > len)
        return 0;
    unsigned char low = 0x80;
    unsigned char high = 0xbf;
    switch (first) {
    case 0xc2: low = 0xa0; break;
    case 0xe0: low = 0xa0; break;
    case 0xed: high = 0x9f; break;
    case 0xf0: low = 0x90; break;
    case 0xf4: high = 0x8f; break;
    default: break;
    }
    if (in[1] < low || in[1] > high)
        return 0;
    for (size_t i = 2; i < size; i++)
        if ((in[i] & 0xc0) != 0x80)
            return 0;
    return size;
}

/* Copies one character that is not plain. Returns the number of bytes written, 0 when they
 * do not fit. */
static size_t copy_special(char *out, size_t room, struct herd_slice *text)
{
    static const char hex[] = "0123456789abcdef";
    const unsigned char *in = (const unsigned char *)text->data;
    size_t size = multibyte(in, text->len);
    if (size > room || (size == 0 && (room < 4 || is_plain(in[0]))))
        return 0;
    if (size > 0) {
        memcpy(out, in, size);
        *text = herd_slice_from(*text, size);
        return size;
    }
    const char escape[4] = {'\\', 'x', hex[in[0] >> 4], hex[in[0] & 15]};
    memcpy(out, escape, sizeof escape);
    *text = herd_slice_from(*text, 1);
    return sizeof escape;
}

size_t io_log_escape(char *out, size_t room, struct herd_slice *text)
{
    size_t used = 0;
    while (text->len > 0) {
        size_t left = room - used;
        size_t n = copy_plain(out + used, text->data, left < text->len ? left : text->len);
        used += n;
        *text = herd_slice_from(*text, n);
        if (text->len == 0)
            break;
        n = copy_special(out + used, room - used, text);
        if (n == 0)
            break;
        used += n;
    }
    return used;
}

static char *put_number(char *at, unsigned value, int digits, char after)
{
    for (int i = digits - 1; i >= 0; i--, value /= 10)
        at[i] = (char)('0' + value % 10);
    at[digits] = after;
    return at + digits + 1;
}

/* Days are counted from 0000-03-01, so that the leap day is the last day of a year, in
 * eras of 400 years, which all have the same length. */
static char *put_date(char *at, int64_t days)
{
    enum { ERA_DAYS = 146097, TO_1970 = 719468 };
    days += TO_1970;
    int64_t era = (days >= 0 ? days : days - (ERA_DAYS - 1)) / ERA_DAYS;
    unsigned day = (unsigned)(days - era * ERA_DAYS);
    unsigned year = (day - day / 1460 + day / 36524 - day / 146096) / 365;
    day -= 365 * year + year / 4 - year / 100;
    unsigned month = (5 * day + 2) / 153; /* from March */
    day -= (153 * month + 2) / 5;
    month = month < 10 ? month + 3 : month - 9;
    int64_t full_year = era * 400 + year + (month <= 2 ? 1 : 0);
    at = put_number(at, (unsigned)full_year, 4, '-');
    at = put_number(at, month, 2, '-');
    return put_number(at, day + 1, 2, 'T');
}

void io_log_stamp(char *out, int64_t second)
{
    enum { DAY = 86400 };
    int64_t days = second / DAY;
    int64_t rest = second % DAY;
    if (rest < 0) {
        rest += DAY;
        days--;
    }
    unsigned of_day = (unsigned)rest;
    char *at = put_date(out, days);
    at = put_number(at, of_day / 3600, 2, ':');
    at = put_number(at, of_day / 60 % 60, 2, ':');
    put_number(at, of_day % 60, 2, '.');
}
