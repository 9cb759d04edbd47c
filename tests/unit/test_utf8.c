/* SPDX-License-Identifier: ISC */
#include "utf8.h"
#include "check.h"

enum { SURROGATE_FIRST = 0xd800, SURROGATE_LAST = 0xdfff, LAST = 0x10ffff };

static char as_byte(uint32_t bits)
{
    return (char)(unsigned char)bits;
}

/* Any number up to 21 bits, surrogates included. Returns the length. */
static size_t encode(uint32_t c, char out[4])
{
    size_t len = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    for (size_t i = len; i-- > 1; c >>= 6)
        out[i] = as_byte(0x80 | (c & 0x3f));
    out[0] = as_byte(len == 1 ? c : ((0xf00U >> len) & 0xf0U) | c);
    return len;
}

static void every_character_is_read(void)
{
    for (uint32_t c = 0; c <= LAST + 0x1000; c++) {
        char text[4];
        struct herd_slice rest = herd_slice(text, encode(c, text));
        bool valid = c <= LAST && (c < SURROGATE_FIRST || c > SURROGATE_LAST);
        if (herd_utf8_len(rest) == (valid ? rest.len : 0) &&
            herd_utf8_take(&rest) == (valid ? c : HERD_UTF8_REPLACEMENT) &&
            (rest.len == 0 || !valid))
            continue;
        CHECK_LABEL("U+%x", (unsigned)c);
        CHECK(false);
        return;
    }
}

static void invalid_bytes_are_taken_one_by_one(void)
{
    static const char *const texts[] = {"\x80z",
                                        "\xbf\xbf",
                                        "\xc0\x80",
                                        "\xc1\xbf",
                                        "\xc3",
                                        "\xc3(",
                                        "\xe0\x9f\xbf",
                                        "\xe2\x82",
                                        "\xed\xa0\x80",
                                        "\xf0\x8f\xbf\xbf",
                                        "\xf0\x9f\x98",
                                        "\xf4\x90\x80\x80",
                                        "\xf5\x80\x80\x80",
                                        "\xff"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct herd_slice rest = herd_slice_str(texts[i]);
        size_t len = rest.len;
        CHECK_LABEL("text %d", (int)i);
        CHECK_INT((int64_t)herd_utf8_len(rest), 0);
        CHECK_INT(herd_utf8_take(&rest), HERD_UTF8_REPLACEMENT);
        CHECK_INT((int64_t)rest.len, (int64_t)len - 1);
    }
}

const struct check_test test_utf8[] = {
    {"every_character_is_read", every_character_is_read},
    {"invalid_bytes_are_taken_one_by_one", invalid_bytes_are_taken_one_by_one},
    {NULL, NULL},
};
