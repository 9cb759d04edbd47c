/* SPDX-License-Identifier: ISC */
#include "escape.h"

#include "swar.h"

#include <stdbool.h>

enum { WORD = sizeof(uint64_t), BLOCK = 4 * WORD };

/* A high bit is set where one of eight bytes is a control byte, a backslash, DEL or above
 * 0x7f, and may be set in bytes above that one. Bytes above 0x7f are found by themselves,
 * and among the others each sum and difference stays within its byte. */
static uint64_t marks(uint64_t bytes)
{
    return bytes | (bytes - HERD_SWAR_OF(0x20)) | (bytes + HERD_SWAR_OF(1)) |
           ((bytes ^ HERD_SWAR_OF('\\')) - HERD_SWAR_OF(1));
}

static bool any(uint64_t marked)
{
    return (marked & HERD_SWAR_OF(0x80)) != 0;
}

static bool is_plain(unsigned char c)
{
    return c >= 0x20 && c < 0x7f && c != '\\';
}

static bool copy_word(char *out, const char *in)
{
    uint64_t word = herd_swar_load(in);
    if (any(marks(word)))
        return false;
    memcpy(out, &word, sizeof word);
    return true;
}

/* Copies plain bytes by blocks and words. The last word may overlap the one before: copying
 * bytes twice is cheaper than copying them one by one. */
static size_t copy_plain(char *out, const char *in, size_t len)
{
    size_t n = 0;
    for (; len - n >= BLOCK; n += BLOCK) {
        const char *at = in + n;
        if (any(marks(herd_swar_load(at)) | marks(herd_swar_load(at + WORD)) |
                marks(herd_swar_load(at + 2 * WORD)) |
                marks(herd_swar_load(at + 3 * WORD))))
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

/* The length of the character at `in`, which is not plain, and its value; 0 when it is no
 * valid UTF-8. The range of the second byte depends on the first, which excludes overlong
 * forms, surrogates and values above U+10FFFF. */
static size_t decode(const unsigned char *in, size_t len, uint32_t *value)
{
    unsigned char first = in[0];
    *value = first;
    if (first < 0x80)
        return 1;
    if (first < 0xc2 || first > 0xf4)
        return 0;
    size_t size = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
    if (size > len)
        return 0;
    unsigned char low = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
    unsigned char high = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;
    if (in[1] < low || in[1] > high)
        return 0;
    *value = first & (0x7fU >> size);
    for (size_t i = 1; i < size; i++) {
        if ((in[i] & 0xc0) != 0x80)
            return 0;
        *value = *value << 6 | (in[i] & 0x3f);
    }
    return size;
}

static bool is_harmful(uint32_t value, enum herd_escape_style style)
{
    if (value == '\n' || value == '\t' || value == '\\')
        return style == HERD_ESCAPE_LINE;
    return value < 0x20 || (value >= 0x7f && value <= 0x9f) || value == 0x061c ||
           value == 0x200e || value == 0x200f || (value >= 0x2028 && value <= 0x202e) ||
           (value >= 0x2066 && value <= 0x2069);
}

static void put_escapes(char *out, const unsigned char *in, size_t size)
{
    static const char hex[] = "0123456789abcdef";
    for (size_t i = 0; i < size; i++) {
        const char escape[HERD_ESCAPE_GROWTH] = {'\\', 'x', hex[in[i] >> 4],
                                                 hex[in[i] & 15]};
        memcpy(out + i * sizeof escape, escape, sizeof escape);
    }
}

/* Copies one character that may be no plain one. Returns the number of bytes written, 0
 * when they do not fit. */
static size_t copy_character(char *out, size_t room, struct herd_slice *text,
                             enum herd_escape_style style)
{
    const unsigned char *in = (const unsigned char *)text->data;
    uint32_t value;
    size_t size = decode(in, text->len, &value);
    bool whole = size > 0 && !is_harmful(value, style);
    size_t taken = size > 0 ? size : 1;
    size_t used = whole ? taken : taken * HERD_ESCAPE_GROWTH;
    if (used > room)
        return 0;
    if (whole)
        memcpy(out, in, taken);
    else
        put_escapes(out, in, taken);
    *text = herd_slice_from(*text, taken);
    return used;
}

size_t herd_escape(char *out, size_t room, struct herd_slice *text,
                   enum herd_escape_style style)
{
    size_t used = 0;
    while (text->len > 0) {
        size_t left = room - used;
        size_t n = copy_plain(out + used, text->data, left < text->len ? left : text->len);
        used += n;
        *text = herd_slice_from(*text, n);
        if (text->len == 0)
            break;
        n = copy_character(out + used, room - used, text, style);
        if (n == 0)
            break;
        used += n;
    }
    return used;
}
