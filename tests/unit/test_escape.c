/* SPDX-License-Identifier: ISC */
/* Escapes, against a second, slower implementation, and against a list of what must never
 * come out. */
#include "check.h"
#include "cut.h"
#include "dice.h"
#include "escape.h"
#include "invisible.h"

#include <stdint.h>
#include <stdio.h>

static struct herd_slice escaped(struct herd_slice text, char *out, size_t room,
                                 enum herd_escape_style style)
{
    return herd_slice(out, herd_escape(out, room, &text, style));
}

/* ---- a second implementation -------------------------------------------------------- */

static bool in_list(uint32_t value)
{
    static const uint32_t harmful[] = {
        0x061c, 0x200e, 0x200f, 0x2028, 0x2029, 0x202a, 0x202b,
        0x202c, 0x202d, 0x202e, 0x2066, 0x2067, 0x2068, 0x2069,
    };
    for (size_t i = 0; i < sizeof harmful / sizeof harmful[0]; i++)
        if (value == harmful[i])
            return true;
    return value < 0x20 || (value >= 0x7f && value < 0xa0);
}

/* Decodes, and compares with the range of sequences of that length. The size; 0: not
 * valid. */
static size_t decode(const unsigned char *in, size_t len, uint32_t *value)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    size_t size = in[0] >= 0xf0   ? 4
                  : in[0] >= 0xe0 ? 3
                  : in[0] >= 0xc0 ? 2
                  : in[0] >= 0x80 ? 0
                                  : 1;
    if (size == 0 || size > len || in[0] >= 0xf8)
        return 0;
    *value = size == 1 ? in[0] : in[0] & (0xffU >> (size + 1));
    for (size_t i = 1; i < size; i++) {
        if (in[i] < 0x80 || in[i] > 0xbf)
            return 0;
        *value = *value << 6 | (in[i] & 0x3f);
    }
    if (*value < least[size] || *value > 0x10ffff || (*value >= 0xd800 && *value <= 0xdfff))
        return 0;
    return size;
}

static bool is_copied(uint32_t value, enum herd_escape_style style)
{
    if (value == '\n' || value == '\t')
        return style == HERD_ESCAPE_TEXT;
    if (value == '\\')
        return style != HERD_ESCAPE_LINE;
    return !in_list(value) &&
           (style != HERD_ESCAPE_VISIBLE || herd_invisible_name(value) == NULL);
}

static size_t want_text(struct herd_slice text, char *out, enum herd_escape_style style)
{
    size_t used = 0;
    for (size_t i = 0; i < text.len;) {
        const unsigned char *at = (const unsigned char *)text.data + i;
        uint32_t value = 0;
        size_t size = decode(at, text.len - i, &value);
        bool copied = size > 0 && is_copied(value, style);
        size_t taken = size > 0 ? size : 1;
        for (size_t j = 0; j < taken; j++) {
            const char escape[4] = {'\\', 'x', "0123456789abcdef"[at[j] / 16],
                                    "0123456789abcdef"[at[j] % 16]};
            memcpy(out + used, copied ? (const char *)at + j : escape, copied ? 1 : 4);
            used += copied ? 1 : 4;
        }
        i += taken;
    }
    return used;
}

static int differs(struct herd_slice text)
{
    char out[512], want[512];
    int failures = 0;
    for (int style = HERD_ESCAPE_LINE; style <= HERD_ESCAPE_VISIBLE; style++) {
        enum herd_escape_style as = (enum herd_escape_style)style;
        size_t want_len = want_text(text, want, as);
        struct herd_slice got = escaped(text, out, sizeof out, as);
        failures += !herd_slice_eq(got, herd_slice(want, want_len));
    }
    return failures;
}

/* ---- tests --------------------------------------------------------------------------- */

/* Alone, and at each place of a run of plain bytes that is copied by blocks and words. */
static void every_byte(void)
{
    enum { RUN = 44 };
    int failures = 0;
    for (int c = 0; c < 256; c++) {
        char in[RUN];
        in[0] = (char)c;
        failures += differs(herd_slice(in, 1));
        for (size_t place = 0; place < RUN; place++) {
            memset(in, 'p', sizeof in);
            in[place] = (char)c;
            failures += differs(herd_slice(in, sizeof in));
        }
    }
    CHECK_INT(failures, 0);
}

static size_t encode(uint32_t value, char *out)
{
    if (value < 0x80) {
        out[0] = (char)value;
        return 1;
    }
    size_t size = value < 0x800 ? 2 : value < 0x10000 ? 3 : 4;
    for (size_t i = size - 1; i > 0; i--, value >>= 6)
        out[i] = (char)(0x80 | (value & 0x3f));
    out[0] = (char)((0xf00U >> size & 0xf0) | value);
    return size;
}

/* Every value, surrogates and values above the last character included, alone and within
 * plain bytes. */
static void every_code_point(void)
{
    int failures = 0, copied = 0;
    for (uint32_t value = 0; value < 0x120000; value++) {
        char in[24] = "before--", out[64];
        size_t len = 8 + encode(value, in + 8);
        failures += differs(herd_slice(in + 8, len - 8));
        memcpy(in + len, "--after", 7);
        failures += differs(herd_slice(in, len + 7));
        copied +=
            escaped(herd_slice(in, len), out, sizeof out, HERD_ESCAPE_LINE).len == len;
    }
    CHECK_INT(failures, 0);
    /* All but surrogates, C0, backslash, DEL, C1 and the fourteen of the list. */
    CHECK_INT(copied, 0x110000 - 0x800 - 0x20 - 1 - 1 - 0x20 - 14);
}

/* A text of any length, plain or with one byte that is not: all of it is read, nothing
 * behind it, and no byte after the output is written. */
static void every_length(void)
{
    enum { MOST = 100 };
    char in[MOST], out[MOST + 8], want[MOST + 8];
    int failures = 0;
    for (size_t i = 0; i < MOST; i++)
        in[i] = (char)('!' + i % 50);
    for (size_t len = 0; len <= MOST; len++)
        for (size_t bad = 0; bad <= len; bad++) {
            char kept = bad < len ? in[bad] : '\0';
            memset(out, '~', sizeof out);
            memset(want, '~', sizeof want);
            memcpy(want, in, len);
            if (bad < len) {
                in[bad] = '\\';
                memcpy(want + bad, "\\x5c", 4);
                memcpy(want + bad + 4, in + bad + 1, len - bad - 1);
            }
            struct herd_slice got =
                escaped(cut_guarded(herd_slice(in, len)), out, len + 3, HERD_ESCAPE_LINE);
            if (bad < len)
                in[bad] = kept;
            failures += got.len != len + (bad < len ? 3 : 0);
            failures += memcmp(out, want, sizeof out) != 0;
        }
    CHECK_INT(failures, 0);
}

/* All pairs, and triples and quadruples of the bytes where the rules change. */
static void sequences(void)
{
    static const unsigned char edge[] = {0x00, 0x1f, 0x20, 'a',  '\\', 0x7e, 0x7f, 0x80,
                                         0x8f, 0x90, 0x9f, 0xa0, 0xaa, 0xae, 0xbf, 0xc0,
                                         0xc2, 0xd8, 0xdf, 0xe0, 0xe2, 0xed, 0xef, 0xf0,
                                         0xf1, 0xf3, 0xf4, 0xf5, 0xf8, 0xff};
    enum { N = sizeof edge };
    int failures = 0;
    for (int i = 0; i < 65536; i++) {
        char in[2] = {(char)(i >> 8), (char)i};
        failures += differs(herd_slice(in, 2));
    }
    for (int i = 0; i < N * N * N * N; i++) {
        char in[4] = {(char)edge[i % N], (char)edge[i / N % N], (char)edge[i / N / N % N],
                      (char)edge[i / N / N / N]};
        failures += differs(herd_slice(in, 4));
        failures += differs(herd_slice(in, 3));
    }
    CHECK_INT(failures, 0);
}

static void random_texts(void)
{
    static const char *const parts[] = {
        "plain ", "\xe2\x80\xae",     "\xc2\x9b",     "\\",
        "\n",     "\t\x1b[",          "\xe2\x81\xa6", "\xd8\x9c",
        "\xff",   "\xf0\x9f\x90\x91", "\xe2\x82",     "12345678"};
    struct dice dice = {7};
    int failures = 0;
    for (int i = 0; i < 20000; i++) {
        char in[100];
        size_t len = 0;
        for (uint32_t n = dice_roll(&dice, 12); n > 0; n--) {
            const char *part = parts[dice_roll(&dice, sizeof parts / sizeof parts[0])];
            memcpy(in + len, part, strlen(part));
            len += strlen(part);
        }
        failures += differs(herd_slice(in, len));
    }
    CHECK_INT(failures, 0);
}

/* For any room, the output is a whole number of characters and escapes, the rest of the
 * input is left, and the cut is as late as possible. */
static void cuts(void)
{
    static const char in[] = "ab\n\xc3\xa9"
                             "12345678"
                             "\xe2\x82\xac\\\xe2\x80\xae\xf0\x9f\x90\x91 end";
    const struct herd_slice whole = herd_slice(in, sizeof in - 1);
    char out[64];
    struct herd_slice all = escaped(whole, out, sizeof out, HERD_ESCAPE_LINE);
    for (size_t room = 0; room <= all.len; room++) {
        char first[64], second[64];
        struct herd_slice text = whole;
        size_t a = herd_escape(first, room, &text, HERD_ESCAPE_LINE);
        CHECK_LABEL("room %zu", room);
        CHECK(a <= room && room - a < (size_t)3 * HERD_ESCAPE_GROWTH);
        size_t b = herd_escape(second, sizeof second, &text, HERD_ESCAPE_LINE);
        CHECK_INT((int64_t)text.len, 0);
        CHECK_INT((int64_t)(a + b), (int64_t)all.len);
        CHECK(memcmp(first, out, a) == 0 && memcmp(second, out + a, b) == 0);
    }
}

/* Each range at its ends, and what stands beside it. */
static void invisible_characters_have_names(void)
{
    static const struct {
        uint32_t value;
        const char *name;
    } cases[] = {
        {0x20, NULL},
        {0x7f, NULL},
        {0x80, "control"},
        {0x9f, "control"},
        {0xa0, "no-break"},
        {0xa1, NULL},
        {0xad, "soft hyphen"},
        {0xae, NULL},
        {0x1fff, NULL},
        {0x2000, "typographic space"},
        {0x200a, "typogr"},
        {0x200b, "zero width space"},
        {0x200d, "joiner"},
        {0x2010, NULL},
        {0x2028, "line"},
        {0x202e, "direction"},
        {0x202f, "narrow"},
        {0x2030, NULL},
        {0x2060, "word"},
        {0x2070, NULL},
        {0x3000, "ideogr"},
        {0x3001, NULL},
        {0xfe0f, "selector"},
        {0xfefe, NULL},
        {0xfeff, "byte order mark"},
        {0xff00, NULL},
        {0xfffd, NULL},
        {0x1f411, NULL},
        {0xdffff, NULL},
        {0xe0001, "tag"},
        {0xe0fff, "tag"},
        {0xe1000, NULL},
        {0x10ffff, NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const char *name = herd_invisible_name(cases[i].value);
        CHECK_LABEL("U+%04lX", (unsigned long)cases[i].value);
        CHECK((name == NULL) == (cases[i].name == NULL));
        CHECK(name == NULL || cases[i].name == NULL || strstr(name, cases[i].name) != NULL);
    }
}

static void examples(void)
{
    static const struct {
        const char *in, *line, *text, *visible;
    } cases[] = {
        {"K\xc3\xbchl \xe2\x82\xac \xf0\x9f\x90\x91",
         "K\xc3\xbchl \xe2\x82\xac \xf0\x9f\x90\x91",
         "K\xc3\xbchl \xe2\x82\xac \xf0\x9f\x90\x91",
         "K\xc3\xbchl \xe2\x82\xac \xf0\x9f\x90\x91"},
        {"a\\b\tc\n", "a\\x5cb\\x09c\\x0a", "a\\b\tc\n", "a\\b\\x09c\\x0a"},
        {"\xc2\x9b\x9b", "\\xc2\\x9b\\x9b", "\\xc2\\x9b\\x9b", "\\xc2\\x9b\\x9b"},
        {"nice\xe2\x80\xae"
         "exe",
         "nice\\xe2\\x80\\xae"
         "exe",
         "nice\\xe2\\x80\\xae"
         "exe",
         "nice\\xe2\\x80\\xae"
         "exe"},
        {"\xe2\x80\xa8\xe2\x80\xa7", "\\xe2\\x80\\xa8\xe2\x80\xa7",
         "\\xe2\\x80\\xa8\xe2\x80\xa7", "\\xe2\\x80\\xa8\xe2\x80\xa7"},
        {"\xe2\x80\x8d", "\xe2\x80\x8d", "\xe2\x80\x8d", "\\xe2\\x80\\x8d"},
        {"\xef\xbb\xbf#", "\xef\xbb\xbf#", "\xef\xbb\xbf#", "\\xef\\xbb\\xbf#"},
        {"", "", "", ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char out[64];
        struct herd_slice in = herd_slice_str(cases[i].in);
        CHECK_LABEL("case %zu", i);
        CHECK_SLICE(escaped(in, out, sizeof out, HERD_ESCAPE_LINE),
                    herd_slice_str(cases[i].line));
        CHECK_SLICE(escaped(in, out, sizeof out, HERD_ESCAPE_TEXT),
                    herd_slice_str(cases[i].text));
        CHECK_SLICE(escaped(in, out, sizeof out, HERD_ESCAPE_VISIBLE),
                    herd_slice_str(cases[i].visible));
    }
}

const struct check_test test_escape[] = {
    {"examples", examples},
    {"invisible characters have names", invisible_characters_have_names},
    {"every byte", every_byte},
    {"every code point", every_code_point},
    {"every length", every_length},
    {"sequences", sequences},
    {"random texts", random_texts},
    {"cuts", cuts},
    {NULL, NULL},
};
