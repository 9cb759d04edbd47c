/* SPDX-License-Identifier: ISC */
#include "escape.h"

#include "invisible.h"
#include "swar.h"
#include "utf8.h"

#include <stdbool.h>

enum { WORD = sizeof(uint64_t), BLOCK = 32 };

static bool is_plain(unsigned char c)
{
    return c >= 0x20 && c < 0x7f && c != '\\';
}

/* Copies `len` bytes, BLOCK or more; false when one of them is not plain. The last block
 * may overlap the one before. Loops of a fixed length without a way out become a few
 * instructions for vectors. */
static bool copy_blocks(char *out, const char *in, size_t len)
{
    unsigned char special[BLOCK] = {0};
    unsigned char any = 0;
    for (size_t n = 0;; n = len - n < 2 * BLOCK ? len - BLOCK : n + BLOCK) {
        const char *at = in + n;
        for (size_t i = 0; i < BLOCK; i++) {
            unsigned char c = (unsigned char)at[i];
            special[i] |= (unsigned char)((c < 0x20) | (c >= 0x7f) | (c == '\\'));
        }
        memcpy(out + n, at, BLOCK);
        if (n + BLOCK == len)
            break;
    }
    for (size_t i = 0; i < BLOCK; i++)
        any |= special[i];
    return any == 0;
}

/* Copies a word; false when one of its bytes is not plain. A high bit is set where a byte
 * is above 0x7f, a control byte, DEL or a backslash, and may be set in bytes above that
 * one: of bytes up to 0x7f, each sum and difference that sets no bit stays within its byte.
 */
static bool copy_word(char *out, const char *in)
{
    uint64_t word = herd_swar_load(in);
    uint64_t marks = word | (word - HERD_SWAR_OF(0x20)) | (word + HERD_SWAR_OF(1)) |
                     ((word ^ HERD_SWAR_OF('\\')) - HERD_SWAR_OF(1));
    memcpy(out, &word, sizeof word);
    return (marks & HERD_SWAR_OF(0x80)) == 0;
}

/* Copies plain bytes and returns their number; bytes after these may be overwritten. The
 * last word may overlap the one before: copying bytes twice is cheaper than copying them
 * one by one. */
static size_t copy_plain(char *out, const char *in, size_t len)
{
    size_t n = 0;
    while (len - n >= WORD && copy_word(out + n, in + n))
        n += WORD;
    if (len >= WORD && len - n < WORD && copy_word(out + len - WORD, in + len - WORD))
        return len;
    for (; n < len && is_plain((unsigned char)in[n]); n++)
        out[n] = in[n];
    return n;
}

static bool is_harmful(uint32_t value, enum herd_escape_style style)
{
    if (value == '\\' || (style == HERD_ESCAPE_TEXT && (value == '\n' || value == '\t')))
        return style == HERD_ESCAPE_LINE;
    if (style == HERD_ESCAPE_VISIBLE && herd_invisible_name(value) != NULL)
        return true;
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
    struct herd_slice after = *text;
    size_t size = herd_utf8_len(*text);
    bool whole = size > 0 && !is_harmful(herd_utf8_take(&after), style);
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

/* The blocks are tried once: a text of many escapes must not be read anew after each. */
size_t herd_escape(char *out, size_t room, struct herd_slice *text,
                   enum herd_escape_style style)
{
    size_t used = 0;
    if (text->len >= BLOCK && text->len <= room &&
        copy_blocks(out, text->data, text->len)) {
        used = text->len;
        *text = herd_slice_from(*text, used);
    }
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
