/* SPDX-License-Identifier: ISC */
/* Stamps and escapes, each against a second, slower implementation. */
#include "check.h"
#include "io/log_text.h"

#include <stdio.h>
#include <time.h>

/* ---- dates ------------------------------------------------------------------------- */

/* Every second around the turns of years, months and leap days, against gmtime_r(). */
static void dates(void)
{
    static const int64_t days[] = {0, 58, 59, 60, 364, 365, 789, 790, 11016, 11017, 20778,
                                   /* 2000-02-28, 2000-12-31, 2100-02-28 and around */
                                   11015, 11322, 47540, 47541, 47542, 47846, 47847, -1,
                                   -25509, -25508, -100000, 106000};
    int failures = 0;
    for (size_t i = 0; i < sizeof days / sizeof days[0]; i++)
        for (int64_t s = days[i] * 86400 - 2; s < (days[i] + 1) * 86400 + 2; s += 59) {
            char got[20];
            char want[32];
            struct tm tm;
            time_t t = (time_t)s;
            REQUIRE(gmtime_r(&t, &tm) != NULL);
            strftime(want, sizeof want, "%Y-%m-%dT%H:%M:%S.", &tm);
            io_log_stamp(got, s);
            failures += memcmp(got, want, sizeof got) != 0;
        }
    for (int64_t day = -106000; day < 106000; day++) {
        char got[20];
        char want[32];
        struct tm tm;
        time_t t = (time_t)(day * 86400 + 86399);
        REQUIRE(gmtime_r(&t, &tm) != NULL);
        strftime(want, sizeof want, "%Y-%m-%dT%H:%M:%S.", &tm);
        io_log_stamp(got, t);
        failures += memcmp(got, want, sizeof got) != 0;
    }
    CHECK_INT(failures, 0);
}

static void dates_by_hand(void)
{
    static const struct {
        int64_t second;
        const char *want;
    } cases[] = {
        {0, "1970-01-01T00:00:00."},          {951782399, "2000-02-28T23:59:59."},
        {951782400, "2000-02-29T00:00:00."},  {951868800, "2000-03-01T00:00:00."},
        {1709164800, "2024-02-29T00:00:00."}, {4107542399, "2100-02-28T23:59:59."},
        {4107542400, "2100-03-01T00:00:00."}, {-1, "1969-12-31T23:59:59."},
        {9223372036, "2262-04-11T23:47:16."}, {-9223372037, "1677-09-21T00:12:43."},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char got[20];
        CHECK_LABEL("%s", cases[i].want);
        io_log_stamp(got, cases[i].second);
        CHECK_SLICE(herd_slice(got, sizeof got), herd_slice_str(cases[i].want));
    }
}

/* ---- escaping ---------------------------------------------------------------------- */

static struct herd_slice escaped(const char *in, size_t len, char *out, size_t room)
{
    struct herd_slice text = herd_slice(in, len);
    return herd_slice(out, io_log_escape(out, room, &text));
}

static size_t want_byte(char *out, unsigned char c)
{
    if (c >= 0x20 && c < 0x7f && c != '\\') {
        out[0] = (char)c;
        return 1;
    }
    char text[8];
    snprintf(text, sizeof text, "\\x%02x", c);
    memcpy(out, text, 4);
    return 4;
}

/* Alone, and at each place of a run of plain bytes that is copied by blocks and words. */
static void every_byte(void)
{
    enum { RUN = 44 };
    for (int c = 0; c < 256; c++)
        for (size_t place = 0; place < RUN; place++) {
            char in[RUN];
            char out[RUN + 80];
            char want[RUN + 80];
            memset(in, 'p', sizeof in);
            memset(want, 'p', sizeof want);
            in[place] = (char)c;
            size_t len = want_byte(want + place, (unsigned char)c);
            struct herd_slice got = escaped(in, sizeof in, out, sizeof out);
            CHECK_LABEL("byte %d at %zu", c, place);
            if (!herd_slice_eq(got, herd_slice(want, sizeof in - 1 + len)))
                CHECK_SLICE(got, herd_slice(want, sizeof in - 1 + len));
        }
    CHECK_LABEL("%s", "");
    CHECK(true);
}

/* A text of any length, plain or with one byte that is not: all of it is copied, and no
 * byte after it is written. */
static void every_length(void)
{
    enum { MOST = 100 };
    char in[MOST], out[MOST + 8], want[MOST + 8];
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
            struct herd_slice got = escaped(in, len, out, len + 3);
            if (bad < len)
                in[bad] = kept;
            CHECK_LABEL("%zu bytes, escaped at %zu", len, bad);
            if (got.len != len + (bad < len ? 3 : 0) || memcmp(out, want, sizeof out) != 0)
                CHECK_SLICE(herd_slice(out, sizeof out), herd_slice(want, sizeof want));
        }
    CHECK_LABEL("%s", "");
    CHECK(true);
}

/* A second, slower and simpler reader of UTF-8: decodes and compares with the range of
 * sequences of that length. */
static size_t decode(const unsigned char *in, size_t len)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    size_t size = in[0] >= 0xf0 ? 4 : in[0] >= 0xe0 ? 3 : in[0] >= 0xc0 ? 2 : 0;
    if (size == 0 || size > len || in[0] >= 0xf8)
        return 0;
    uint32_t value = in[0] & (0xffU >> (size + 1));
    for (size_t i = 1; i < size; i++) {
        if (in[i] < 0x80 || in[i] > 0xbf)
            return 0;
        value = value << 6 | (in[i] & 0x3f);
    }
    if (value < least[size] || value > 0x10ffff || (value >= 0xd800 && value <= 0xdfff) ||
        value < 0xa0)
        return 0;
    return size;
}

static size_t want_text(const unsigned char *in, size_t len, char *out)
{
    size_t used = 0;
    for (size_t i = 0; i < len;) {
        size_t size = decode(in + i, len - i);
        if (size > 0)
            memcpy(out + used, in + i, size);
        used += size > 0 ? size : want_byte(out + used, in[i]);
        i += size > 0 ? size : 1;
    }
    return used;
}

static int differs(const unsigned char *in, size_t len)
{
    char out[64];
    char want[64];
    size_t want_len = want_text(in, len, want);
    struct herd_slice got = escaped((const char *)in, len, out, sizeof out);
    return !herd_slice_eq(got, herd_slice(want, want_len));
}

/* All pairs, and triples and quadruples of the bytes where the rules change. */
static void sequences(void)
{
    static const unsigned char edge[] = {0x00, 0x1f, 0x20, 'a',  '\\', 0x7e, 0x7f, 0x80,
                                         0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc1, 0xc2,
                                         0xc3, 0xdf, 0xe0, 0xe1, 0xec, 0xed, 0xee, 0xef,
                                         0xf0, 0xf1, 0xf3, 0xf4, 0xf5, 0xf8, 0xff};
    enum { N = sizeof edge };
    int failures = 0;
    for (int i = 0; i < 65536; i++) {
        unsigned char in[2] = {(unsigned char)(i >> 8), (unsigned char)i};
        failures += differs(in, 2);
    }
    for (int i = 0; i < N * N * N * N; i++) {
        unsigned char in[4] = {edge[i % N], edge[i / N % N], edge[i / N / N % N],
                               edge[i / N / N / N]};
        failures += differs(in, 4);
        failures += differs(in, 3);
    }
    CHECK_INT(failures, 0);
}

/* For any room, the output is a whole number of characters and escapes, the rest of the
 * input is left, and the cut is as late as possible. */
static void cuts(void)
{
    static const char in[] = "ab\n\xc3\xa9"
                             "12345678"
                             "\xe2\x82\xac\\\xf0\x9f\x90\x91 end";
    char whole[64];
    struct herd_slice all = escaped(in, sizeof in - 1, whole, sizeof whole);
    for (size_t room = 0; room <= all.len; room++) {
        char first[64];
        char second[64];
        struct herd_slice text = herd_slice(in, sizeof in - 1);
        size_t a = io_log_escape(first, room, &text);
        CHECK_LABEL("room %zu", room);
        CHECK(a <= room && room - a < 4);
        size_t b = io_log_escape(second, sizeof second, &text);
        CHECK_INT((int64_t)text.len, 0);
        CHECK_INT((int64_t)(a + b), (int64_t)all.len);
        CHECK(memcmp(first, whole, a) == 0 && memcmp(second, whole + a, b) == 0);
    }
}

const struct check_test test_log_text[] = {
    {"log dates", dates},
    {"log dates by hand", dates_by_hand},
    {"log every byte", every_byte},
    {"log every length", every_length},
    {"log sequences", sequences},
    {"log cuts", cuts},
    {NULL, NULL},
};
