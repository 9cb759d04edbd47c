/* SPDX-License-Identifier: ISC */
#include "utf8.h"

#include <stdbool.h>

static bool is_continuation(char c)
{
    return ((unsigned char)c & 0xc0) == 0x80;
}

/* The second byte alone tells overlong forms, surrogates and values above U+10FFFF. */
static bool is_second(unsigned char first, unsigned char second)
{
    switch (first) {
    case 0xe0: return second >= 0xa0;
    case 0xed: return second <= 0x9f;
    case 0xf0: return second >= 0x90;
    case 0xf4: return second <= 0x8f;
    default: return true;
    }
}

size_t herd_utf8_len(struct herd_slice text)
{
    unsigned char first = (unsigned char)text.data[0];
    if (first < 0x80)
        return 1;
    if (first < 0xc2 || first > 0xf4)
        return 0;
    size_t len = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
    if (text.len < len || !is_second(first, (unsigned char)text.data[1]))
        return 0;
    for (size_t i = 1; i < len; i++) {
        if (!is_continuation(text.data[i]))
            return 0;
    }
    return len;
}

/* The first byte of 2, 3 or 4 has 5, 4 or 3 bits of the character. */
uint32_t herd_utf8_take(struct herd_slice *text)
{
    size_t len = herd_utf8_len(*text);
    uint32_t c = (unsigned char)text->data[0];
    if (len == 0)
        c = HERD_UTF8_REPLACEMENT;
    else if (len > 1)
        c &= 0x7fU >> len;
    for (size_t i = 1; i < len; i++)
        c = c << 6 | ((unsigned char)text->data[i] & 0x3f);
    *text = herd_slice_from(*text, len > 0 ? len : 1);
    return c;
}
