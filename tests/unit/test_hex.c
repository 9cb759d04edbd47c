/* SPDX-License-Identifier: ISC */
#include "check.h"
#include "cut.h"
#include "dice.h"

#include "herd/err.h"
#include "hex.h"

#include <inttypes.h>
#include <stdio.h>

enum { MOST = 32 };

static void prints_lower_case(void)
{
    static const uint8_t bytes[] = {0x00, 0x09, 0x0a, 0x90, 0xa0, 0xff, 0x5c};
    char out[2 * sizeof bytes + 2];
    memset(out, '#', sizeof out);
    herd_hex_print(bytes, sizeof bytes, out);
    CHECK_STR(out, "00090a90a0ff5c");
    CHECK_INT(out[sizeof out - 1], '#');
    herd_hex_print(bytes, 1, out);
    CHECK_STR(out, "00");
    herd_hex_print(bytes, 0, out);
    CHECK_STR(out, "");
}

static void reads_what_it_prints(void)
{
    struct dice dice = {1};
    for (size_t len = 0; len <= MOST; len++) {
        uint8_t bytes[MOST], back[MOST + 1];
        char out[2 * MOST + 1];
        CHECK_LABEL("%zu bytes", len);
        for (size_t i = 0; i < len; i++)
            bytes[i] = (uint8_t)dice_next(&dice);
        back[len] = 0xa5;
        herd_hex_print(bytes, len, out);
        CHECK_INT((int64_t)strlen(out), (int64_t)(2 * len));
        CHECK_INT(herd_hex_parse(cut_guarded(herd_slice_str(out)), back, len), HERD_OK);
        CHECK(memcmp(bytes, back, len) == 0);
        CHECK_INT(back[len], 0xa5);
    }
}

static void wants_every_digit(void)
{
    char text[2 * MOST + 2];
    uint8_t bytes[MOST];
    memset(text, '1', sizeof text);
    for (size_t len = 0; len <= MOST; len++) {
        for (size_t digits = 0; digits <= 2 * MOST + 2; digits++) {
            struct herd_slice cut = cut_guarded(herd_slice(text, digits));
            CHECK_LABEL("%zu digits for %zu bytes", digits, len);
            CHECK_INT(herd_hex_parse(cut, bytes, len),
                      digits == 2 * len ? HERD_OK : HERD_EBAD);
        }
    }
}

/* The value of a lower-case digit, or -1. */
static int value_of(int byte)
{
    static const char digits[] = "0123456789abcdef";
    const char *at = byte != 0 ? strchr(digits, byte) : NULL;
    return at != NULL ? (int)(at - digits) : -1;
}

static void knows_each_digit(void)
{
    for (int byte = 0; byte < 256; byte++) {
        for (size_t at = 0; at < 4; at++) {
            char text[] = "0000";
            uint8_t bytes[2] = {0, 0};
            int value = value_of(byte);
            text[at] = (char)byte;
            CHECK_LABEL("byte %d at %zu", byte, at);
            CHECK_INT(herd_hex_parse(cut_guarded(herd_slice(text, 4)), bytes, 2),
                      value >= 0 ? HERD_OK : HERD_EBAD);
            if (value >= 0)
                CHECK_INT(bytes[0] << 8 | bytes[1], value << (4 * (3 - at)));
        }
    }
}

static const struct u64_case {
    const char *text;
    int rc;
    uint64_t value;
} u64_cases[] = {
    {"0000000000000000", HERD_OK, 0},
    {"0000000000000001", HERD_OK, 1},
    {"0123456789abcdef", HERD_OK, UINT64_C(0x0123456789abcdef)},
    {"8000000000000000", HERD_OK, UINT64_C(0x8000000000000000)},
    {"ffffffffffffffff", HERD_OK, UINT64_MAX},
    {"", HERD_EBAD, 0},
    {"0", HERD_EBAD, 0},
    {"fffffffffffffff", HERD_EBAD, 0},
    {"fffffffffffffffff", HERD_EBAD, 0},
    {"00000000000000000000000000000001", HERD_EBAD, 0},
    {"0123456789abcdeF", HERD_EBAD, 0},
    {"g123456789abcdef", HERD_EBAD, 0},
    {"0x23456789abcdef", HERD_EBAD, 0},
    {"+123456789abcdef", HERD_EBAD, 0},
    {" 123456789abcdef", HERD_EBAD, 0},
    {"0123456789abcde ", HERD_EBAD, 0},
};

static void reads_numbers(void)
{
    for (size_t i = 0; i < sizeof u64_cases / sizeof u64_cases[0]; i++) {
        const struct u64_case *c = &u64_cases[i];
        uint64_t value = UINT64_C(0xdeadbeefdeadbeef);
        CHECK_LABEL("%s", c->text);
        CHECK_INT(herd_hex_parse_u64(cut_guarded(herd_slice_str(c->text)), &value), c->rc);
        if (c->rc == HERD_OK)
            CHECK(value == c->value);
    }
}

static void reads_printed_numbers(void)
{
    struct dice dice = {2};
    for (int n = 0; n < 1000; n++) {
        uint64_t want = dice_next(&dice) >> (n % 64), got = 0;
        char text[17];
        snprintf(text, sizeof text, "%016" PRIx64, want);
        CHECK_LABEL("%s", text);
        CHECK_INT(herd_hex_parse_u64(herd_slice(text, 16), &got), HERD_OK);
        CHECK(got == want);
    }
}

const struct check_test test_hex[] = {
    {"prints lower case", prints_lower_case},
    {"reads what it prints", reads_what_it_prints},
    {"wants every digit", wants_every_digit},
    {"knows each digit", knows_each_digit},
    {"reads numbers", reads_numbers},
    {"reads printed numbers", reads_printed_numbers},
    {NULL, NULL},
};
