/* SPDX-License-Identifier: ISC */
#include "check.h"
#include "cut.h"

#include "decimal.h"
#include "herd/err.h"

struct scan_case {
    const char *text;
    int rc;
    struct herd_decimal want;
};

static const struct scan_case scan_cases[] = {
    {"0", HERD_OK, {0, 0, false, 1}},
    {"7", HERD_OK, {7, 0, false, 1}},
    {"00012", HERD_OK, {12, 0, false, 5}},
    {"1621464827.959498503", HERD_OK, {1621464827, 959498503, false, 20}},
    {"1.5", HERD_OK, {1, 500000000, false, 3}},
    {"1.000000001", HERD_OK, {1, 1, false, 11}},
    {"1.0000000010", HERD_OK, {1, 1, false, 12}},
    {"1.00000000001", HERD_OK, {1, 0, true, 13}},
    {"1.00000000010000", HERD_OK, {1, 0, true, 16}},
    {"0.999999999999999999999", HERD_OK, {0, 999999999, true, 23}},
    {"34-118", HERD_OK, {34, 0, false, 2}},
    {"34.5-118", HERD_OK, {34, 500000000, false, 4}},
    {"34.-118", HERD_OK, {34, 0, false, 2}},
    {"1.", HERD_OK, {1, 0, false, 1}},
    {"1.2.3", HERD_OK, {1, 200000000, false, 3}},
    {"1e5", HERD_OK, {1, 0, false, 1}},
    {"9999999999999999999", HERD_OK, {UINT64_C(9999999999999999999), 0, false, 19}},
    {"18446744073709551614", HERD_OK, {UINT64_MAX - 1, 0, false, 20}},
    {"18446744073709551615", HERD_OK, {UINT64_MAX, 0, false, 20}},
    {"18446744073709551616.5", HERD_OK, {UINT64_MAX, 500000000, false, 22}},
    {"18446744073709551620", HERD_OK, {UINT64_MAX, 0, false, 20}},
    {"99999999999999999999999999999999", HERD_OK, {UINT64_MAX, 0, false, 32}},
    {"184467440737095516160000000000000000000000", HERD_OK, {UINT64_MAX, 0, false, 42}},
    {"000000000000000000000000000000000000000042", HERD_OK, {42, 0, false, 42}},
    {"", HERD_EBAD, {0, 0, false, 0}},
    {".5", HERD_EBAD, {0, 0, false, 0}},
    {"+1", HERD_EBAD, {0, 0, false, 0}},
    {"-1", HERD_EBAD, {0, 0, false, 0}},
    {" 1", HERD_EBAD, {0, 0, false, 0}},
    {"/", HERD_EBAD, {0, 0, false, 0}},
    {":", HERD_EBAD, {0, 0, false, 0}},
    {"\xb1", HERD_EBAD, {0, 0, false, 0}},
    {"inf", HERD_EBAD, {0, 0, false, 0}},
};

static void scans_number(void)
{
    for (size_t i = 0; i < sizeof scan_cases / sizeof scan_cases[0]; i++) {
        const struct scan_case *c = &scan_cases[i];
        struct herd_decimal got;
        CHECK_LABEL("%s", c->text);
        CHECK_INT(herd_decimal_scan(cut_guarded(herd_slice_str(c->text)), &got), c->rc);
        if (c->rc != HERD_OK)
            continue;
        CHECK(got.whole == c->want.whole);
        CHECK_INT(got.nano, c->want.nano);
        CHECK_INT(got.inexact, c->want.inexact);
        CHECK_INT((int64_t)got.len, (int64_t)c->want.len);
    }
}

struct time_case {
    const char *text;
    int rc;
    int64_t ns;
};

static const struct time_case time_cases[] = {
    {"0", HERD_OK, 0},
    {"0.000000001", HERD_OK, 1},
    {"0.0000000019", HERD_OK, 1},
    {"00000000000000000000000000000000001", HERD_OK, 1000000000},
    {"1621464827.959498503", HERD_OK, INT64_C(1621464827959498503)},
    {"1621464827.959498504", HERD_OK, INT64_C(1621464827959498504)},
    {"1621464827", HERD_OK, INT64_C(1621464827000000000)},
    {"9223372036.854775807", HERD_OK, INT64_MAX},
    {"9223372036.8547758079", HERD_OK, INT64_MAX},
    {"9223372036", HERD_OK, INT64_C(9223372036000000000)},
    {"9223372036.854775808", HERD_ERANGE, 0},
    {"9223372036.9", HERD_ERANGE, 0},
    {"9223372037", HERD_ERANGE, 0},
    {"9223372037.0", HERD_ERANGE, 0},
    {"18446744073709551616", HERD_ERANGE, 0},
    {"99999999999999999999999999", HERD_ERANGE, 0},
    {"99999999999999999999999999x", HERD_EBAD, 0},
    {"", HERD_EBAD, 0},
    {".", HERD_EBAD, 0},
    {".5", HERD_EBAD, 0},
    {"1.", HERD_EBAD, 0},
    {"1..2", HERD_EBAD, 0},
    {"1.2.3", HERD_EBAD, 0},
    {"+1", HERD_EBAD, 0},
    {"-0", HERD_EBAD, 0},
    {"1e5", HERD_EBAD, 0},
    {"1.5e5", HERD_EBAD, 0},
    {"0x1", HERD_EBAD, 0},
    {"1_000", HERD_EBAD, 0},
    {"1,5", HERD_EBAD, 0},
    {"inf", HERD_EBAD, 0},
    {"nan", HERD_EBAD, 0},
    {" 1", HERD_EBAD, 0},
    {"1 ", HERD_EBAD, 0},
};

static void parses_time(void)
{
    for (size_t i = 0; i < sizeof time_cases / sizeof time_cases[0]; i++) {
        const struct time_case *c = &time_cases[i];
        struct herd_wall got = {0};
        CHECK_LABEL("%s", c->text);
        CHECK_INT(herd_time_parse(cut_guarded(herd_slice_str(c->text)), &got), c->rc);
        CHECK_INT(got.ns, c->ns);
    }
    struct herd_wall time;
    CHECK_LABEL("a NUL inside");
    CHECK_INT(herd_time_parse(HERD_LIT("1\0"), &time), HERD_EBAD);
}

struct uint_case {
    const char *text;
    uint64_t most;
    int rc;
    uint64_t value;
};

static const struct uint_case uint_cases[] = {
    {"0", 0, HERD_OK, 0},
    {"1", 0, HERD_ERANGE, 0},
    {"50", 50, HERD_OK, 50},
    {"51", 50, HERD_ERANGE, 0},
    {"000000000000000000000000050", 50, HERD_OK, 50},
    {"18446744073709551614", UINT64_MAX, HERD_OK, UINT64_MAX - 1},
    {"18446744073709551615", UINT64_MAX, HERD_OK, UINT64_MAX},
    {"18446744073709551616", UINT64_MAX, HERD_ERANGE, 0},
    {"18446744073709551619", UINT64_MAX, HERD_ERANGE, 0},
    {"184467440737095516150", UINT64_MAX, HERD_ERANGE, 0},
    {"184467440737095516160000", UINT64_MAX, HERD_ERANGE, 0},
    {"18446744073709551616x", UINT64_MAX, HERD_EBAD, 0},
    {"", 50, HERD_EBAD, 0},
    {"x", 50, HERD_EBAD, 0},
    {"5x", 50, HERD_EBAD, 0},
    {"5.0", 50, HERD_EBAD, 0},
    {"+5", 50, HERD_EBAD, 0},
    {"-0", 50, HERD_EBAD, 0},
    {"1e5", UINT64_MAX, HERD_EBAD, 0},
    {"0x1", UINT64_MAX, HERD_EBAD, 0},
};

static void parses_uint(void)
{
    for (size_t i = 0; i < sizeof uint_cases / sizeof uint_cases[0]; i++) {
        const struct uint_case *c = &uint_cases[i];
        uint64_t got = 0;
        CHECK_LABEL("%s", c->text);
        CHECK_INT(herd_uint_parse(cut_guarded(herd_slice_str(c->text)), c->most, &got),
                  c->rc);
        CHECK(got == c->value);
    }
}

static void prints_skew(void)
{
    static const struct {
        int64_t ns;
        const char *want;
    } cases[] = {
        {0, "+0.000000000"},
        {1, "+0.000000001"},
        {-1, "-0.000000001"},
        {263873386, "+0.263873386"},
        {-263873386, "-0.263873386"},
        {999999999, "+0.999999999"},
        {1000000000, "+1.000000000"},
        {INT64_C(-61000000002), "-61.000000002"},
        {INT64_MAX, "+9223372036.854775807"},
        {-INT64_MAX, "-9223372036.854775807"},
        {INT64_MIN, "-9223372036.854775808"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char out[HERD_SKEW_TEXT];
        CHECK_LABEL("%s", cases[i].want);
        size_t len = herd_skew_print(cases[i].ns, out);
        CHECK_SLICE(herd_slice(out, len), herd_slice_str(cases[i].want));
    }
}

static void reads_skew(void)
{
    static const struct {
        const char *text;
        int rc;
        int64_t ns;
    } cases[] = {
        {"+0", HERD_OK, 0},
        {"-0.0", HERD_OK, 0},
        {"+0.263873386", HERD_OK, 263873386},
        {"-61.0000000029", HERD_OK, INT64_C(-61000000002)},
        {"+9223372036.854775807", HERD_OK, INT64_MAX},
        {"-9223372036.854775807", HERD_OK, -INT64_MAX},
        {"+9223372036.854775808", HERD_ERANGE, 0},
        {"-9223372036.854775808", HERD_ERANGE, 0},
        {"-99999999999999999999999999", HERD_ERANGE, 0},
        {"", HERD_EBAD, 0},
        {"+", HERD_EBAD, 0},
        {"-", HERD_EBAD, 0},
        {"1", HERD_EBAD, 0},
        {"++1", HERD_EBAD, 0},
        {"+-1", HERD_EBAD, 0},
        {"+1.", HERD_EBAD, 0},
        {"+1 ", HERD_EBAD, 0},
        {"-1e1", HERD_EBAD, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int64_t ns = 0;
        CHECK_LABEL("%s", cases[i].text);
        CHECK_INT(herd_skew_parse(cut_guarded(herd_slice_str(cases[i].text)), &ns),
                  cases[i].rc);
        CHECK_INT(ns, cases[i].ns);
    }
}

static void prints_time(void)
{
    static const struct {
        int64_t ns;
        const char *want;
    } cases[] = {
        {0, "0.000000000"},
        {1, "0.000000001"},
        {INT64_C(1621464827959498503), "1621464827.959498503"},
        {INT64_MAX, "9223372036.854775807"},
        {-1, "0.000000000"},
        {INT64_MIN, "0.000000000"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char out[HERD_TIME_TEXT];
        size_t len = herd_time_print((struct herd_wall){cases[i].ns}, out);
        CHECK_SLICE(herd_slice(out, len), herd_slice_str(cases[i].want));
    }
}

static void prints_uint(void)
{
    static const struct {
        uint64_t value;
        const char *want;
    } cases[] = {
        {0, "0"},
        {9, "9"},
        {10, "10"},
        {1000000, "1000000"},
        {UINT64_MAX, "18446744073709551615"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char out[HERD_UINT_TEXT];
        CHECK_LABEL("%s", cases[i].want);
        size_t len = herd_uint_print(cases[i].value, out);
        CHECK_SLICE(herd_slice(out, len), herd_slice_str(cases[i].want));
    }
}

const struct check_test test_decimal[] = {
    {"scans a number", scans_number},
    {"parses a time", parses_time},
    {"parses an integer", parses_uint},
    {"prints a skew", prints_skew},
    {"reads a skew", reads_skew},
    {"prints times without a sign, none before 1970", prints_time},
    {"prints an integer", prints_uint},
    {NULL, NULL},
};
