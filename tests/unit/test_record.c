/* SPDX-License-Identifier: ISC */
#include "check.h"
#include "cut.h"
#include "dice.h"

#include "decimal.h"
#include "herd/err.h"
#include "protocol/record.h"

#include <stdio.h>

#define S_NS HERD_NS_PER_S

/* ---- parsing ---- */

static const struct record_case {
    const char *text;
    int rc;
    const char *client;
    int64_t time_ns;
    int64_t effective_ns;
} record_cases[] = {
    {"AT Clark +0.263873386 kiwi.cs.ucla.edu +34.068930-118.445127 1621464827.959498503",
     HERD_OK, "kiwi.cs.ucla.edu", INT64_C(1621464827959498503),
     INT64_C(1621464827959498503)},
    {"AT S +1 k +0-0 1", HERD_OK, "k", 1000000000, 1000000000},
    {"AT S -0.000000000 k +0-0 0", HERD_OK, "k", 0, 0},
    {"AT S -1 k +90-180 1", HERD_OK, "k", S_NS, S_NS},
    /* A minute after the receipt at most. */
    {"AT S -59.999999999 k +0-0 100", HERD_OK, "k", 100 * S_NS, 100 * S_NS},
    {"AT S -60 k +0-0 100", HERD_OK, "k", 100 * S_NS, 100 * S_NS},
    {"AT S -60.000000001 k +0-0 100", HERD_OK, "k", 100 * S_NS, 100 * S_NS - 1},
    {"AT S -60.0000000019 k +0-0 100", HERD_OK, "k", 100 * S_NS, 100 * S_NS - 1},
    {"AT S -100 k +0-0 100", HERD_OK, "k", 100 * S_NS, 60 * S_NS},
    {"AT S -9223372036.854775807 k +0-0 9223372036.854775807", HERD_OK, "k", INT64_MAX,
     60 * S_NS},
    {"AT S -60 k +0-0 9223372036.854775807", HERD_OK, "k", INT64_MAX, INT64_MAX},
    {"AT S -61 k +0-0 9223372036.854775807", HERD_OK, "k", INT64_MAX, INT64_MAX - S_NS},
    {"AT S +0 k +0-0 9223372036.854775807", HERD_OK, "k", INT64_MAX, INT64_MAX},
    {"AT S +9223372036.854775807 k +0-0 0", HERD_OK, "k", 0, 0},
    /* Received before 1970 or after 2262. */
    {"AT S -0.000000001 k +0-0 0", HERD_ERANGE, NULL, 0, 0},
    {"AT S -1.000000001 k +0-0 1", HERD_ERANGE, NULL, 0, 0},
    {"AT S -9223372036.854775807 k +0-0 9223372036.854775806", HERD_ERANGE, NULL, 0, 0},
    {"AT S +0.000000001 k +0-0 9223372036.854775807", HERD_ERANGE, NULL, 0, 0},
    {"AT S +9223372036.854775807 k +0-0 0.000000001", HERD_ERANGE, NULL, 0, 0},
    {"AT S +9223372036.854775807 k +0-0 9223372036.854775807", HERD_ERANGE, NULL, 0, 0},
    {"AT S +9223372036.854775808 k +0-0 0", HERD_ERANGE, NULL, 0, 0},
    {"AT S -9223372036.854775808 k +0-0 9223372036.854775807", HERD_ERANGE, NULL, 0, 0},
    {"AT S +99999999999999999999999 k +90-180 1", HERD_ERANGE, NULL, 0, 0},
    {"AT S -99999999999999999999999 k +90-180 1", HERD_ERANGE, NULL, 0, 0},
    {"AT S +1 k +0-0 1 more", HERD_OK, "k", 1000000000, 1000000000},
    {"AT S +1 k +0-0 1 a b c d e f g h i j", HERD_OK, "k", 1000000000, 1000000000},
    {"AT S +1 AT +0-0 1", HERD_OK, "AT", 1000000000, 1000000000},
    {"AT \xff +1 \x01\xc3\xbc +0-0 1", HERD_OK, "\x01\xc3\xbc", 1000000000, 1000000000},
    {"", HERD_EBAD, NULL, 0, 0},
    {" ", HERD_EBAD, NULL, 0, 0},
    {"AT", HERD_EBAD, NULL, 0, 0},
    {"AT ", HERD_EBAD, NULL, 0, 0},
    {"AT S +1 k +0-0", HERD_EBAD, NULL, 0, 0},
    {"AT S +1 k +0-0 ", HERD_EBAD, NULL, 0, 0},
    {"at S +1 k +0-0 1", HERD_EBAD, NULL, 0, 0},
    {"ATT S +1 k +0-0 1", HERD_EBAD, NULL, 0, 0},
    {"IAMAT S +1 k +0-0 1", HERD_EBAD, NULL, 0, 0},
    {" AT S +1 k +0-0 1", HERD_EBAD, NULL, 0, 0},
    {"AT S +1 k +0-0 1 ", HERD_EBAD, NULL, 0, 0},
    {"AT S +1 k +0-0 1 more ", HERD_EBAD, NULL, 0, 0},
    {"AT S +1 k +0-0 1  more", HERD_EBAD, NULL, 0, 0},
    {"AT  S +1 k +0-0 1", HERD_EBAD, NULL, 0, 0},
    {"AT S +1 k  +0-0 1", HERD_EBAD, NULL, 0, 0},
    {"AT\tS +1 k +0-0 1", HERD_EBAD, NULL, 0, 0},
    {"AT S +1 k\r+0-0 1", HERD_EBAD, NULL, 0, 0},
    {"AT S +1 k +0-0 1\r", HERD_EBAD, NULL, 0, 0},
    {"AT S +1 k +0-0 1\n", HERD_EBAD, NULL, 0, 0},
    {"AT S +1 k +0-0 1 mo\nre", HERD_EBAD, NULL, 0, 0},
    {"AT S +1 k +0-0 1 more\v", HERD_EBAD, NULL, 0, 0},
    {"AT S +1 k +0-0 1 more\f", HERD_EBAD, NULL, 0, 0},
    {"AT S 1 k +0-0 1", HERD_EBAD, NULL, 0, 0},
    {"AT S + k +0-0 1", HERD_EBAD, NULL, 0, 0},
    {"AT S - k +0-0 1", HERD_EBAD, NULL, 0, 0},
    {"AT S +1. k +0-0 1", HERD_EBAD, NULL, 0, 0},
    {"AT S +.5 k +0-0 1", HERD_EBAD, NULL, 0, 0},
    {"AT S +1e5 k +0-0 1", HERD_EBAD, NULL, 0, 0},
    {"AT S ++1 k +0-0 1", HERD_EBAD, NULL, 0, 0},
    {"AT S +1 k 0-0 1", HERD_EBAD, NULL, 0, 0},
    {"AT S +1 k +0-0 x", HERD_EBAD, NULL, 0, 0},
    {"AT S +1 k +0-0 -1", HERD_EBAD, NULL, 0, 0},
    {"AT S +1 k +0-0 1.", HERD_EBAD, NULL, 0, 0},
    {"AT S +1 k +91-0 1", HERD_ERANGE, NULL, 0, 0},
    {"AT S +1 k +0-180.0000000001 1", HERD_ERANGE, NULL, 0, 0},
    {"AT S +1 k +0-0 9223372036.854775808", HERD_ERANGE, NULL, 0, 0},
};

static void takes_records(void)
{
    for (size_t i = 0; i < sizeof record_cases / sizeof record_cases[0]; i++) {
        const struct record_case *c = &record_cases[i];
        struct herd_record record;
        CHECK_LABEL("%s", c->text);
        struct herd_slice text = cut_guarded(herd_slice_str(c->text));
        CHECK_INT(herd_record_parse(text, &record), c->rc);
        if (c->rc != HERD_OK)
            continue;
        CHECK(record.text.data == text.data && record.text.len == text.len);
        CHECK_SLICE(record.client, herd_slice_str(c->client));
        CHECK_INT(record.time.ns, c->time_ns);
        CHECK_INT(herd_record_time(text).ns, c->time_ns);
        CHECK_INT(record.effective.ns, c->effective_ns);
    }
}

/* No prefix that ends within the first six words is a record. */
static void refuse_prefix(void *ctx, struct herd_slice piece)
{
    struct herd_record record;
    CHECK_LABEL("the first %zu", piece.len);
    int want = piece.len > *(size_t *)ctx ? HERD_OK : HERD_EBAD;
    CHECK_INT(herd_record_parse(piece, &record), want);
}

static void refuses_half_records(void)
{
    struct herd_slice text = HERD_LIT("AT Clark +0.263873386 kiwi +34.068930-118.44 1621");
    size_t complete = text.len - 4;
    cut_prefixes(text, refuse_prefix, &complete);
}

static void knows_the_place(void)
{
    struct herd_slice text = cut_guarded(HERD_LIT("AT S +1 k +34.5-118.25 1 +1-1 more"));
    struct herd_point point = herd_record_point(text);
    CHECK_INT(point.lat, INT64_C(34500000000));
    CHECK_INT(point.lng, INT64_C(-118250000000));
}

static void keeps_length_limit(void)
{
    static char text[HERD_RECORD_MAX + 1];
    struct herd_slice head = HERD_LIT("AT S +1 k +0-0 1 ");
    struct herd_record record;
    memset(text, 'x', sizeof text);
    memcpy(text, head.data, head.len);
    for (size_t len = HERD_RECORD_MAX - 1; len <= HERD_RECORD_MAX; len++) {
        CHECK_INT(herd_record_parse(cut_guarded(herd_slice(text, len)), &record), HERD_OK);
        CHECK_INT((int64_t)record.text.len, (int64_t)len);
    }
    CHECK_INT(herd_record_parse(herd_slice(text, sizeof text), &record), HERD_ETOOLONG);
    head = HERD_LIT("AT S +1 ");
    memset(text, 'x', sizeof text);
    memcpy(text, head.data, head.len);
    memcpy(text + HERD_RECORD_MAX - 7, " +0-0 1", 7);
    CHECK_INT(herd_record_parse(herd_slice(text, HERD_RECORD_MAX), &record), HERD_OK);
    CHECK_INT((int64_t)record.client.len, HERD_RECORD_MAX - 8 - 7);
}

/* ---- making ---- */

enum { TEXT = 256, SEEDS = 2000 };

struct made {
    char words[TEXT], text[TEXT];
    struct herd_report report;
    struct herd_wall now;
    struct herd_record record;
};

static size_t roll_client(struct dice *dice, char *out)
{
    size_t len = 1 + dice_roll(dice, 40), at = 0;
    while (at < len) {
        unsigned byte = dice_roll(dice, 256);
        if (byte != ' ' && (byte < '\t' || byte > '\r'))
            out[at++] = (char)byte;
    }
    return len;
}

static size_t roll_number(struct dice *dice, uint32_t most, size_t decimals, char *out)
{
    int len = snprintf(out, TEXT, "%s%u", dice_roll(dice, 4) == 0 ? "00" : "",
                       dice_roll(dice, most));
    size_t at = (size_t)len, digits = dice_roll(dice, (uint32_t)decimals + 1);
    if (digits > 0)
        out[at++] = '.';
    for (; digits > 0; digits--)
        out[at++] = (char)('0' + dice_roll(dice, 10));
    return at;
}

/* A report of random words, parsed, and the record of it. */
static void roll_record(struct dice *dice, struct made *m)
{
    struct herd_slice word[3];
    char *at = m->words;
    word[0] = herd_slice(at, roll_client(dice, at));
    at += word[0].len;
    word[1].data = at;
    *at++ = dice_roll(dice, 2) ? '+' : '-';
    at += roll_number(dice, 90, 14, at);
    *at++ = dice_roll(dice, 2) ? '+' : '-';
    at += roll_number(dice, 180, 14, at);
    word[1].len = (size_t)(at - word[1].data);
    word[2] = herd_slice(at, roll_number(dice, 4000000000U, 12, at));
    REQUIRE(herd_report_parse(word, &m->report) == HERD_OK);
    m->now.ns = (int64_t)(dice_next(dice) >> 1);
    herd_record_make(HERD_LIT("Goloman"), &m->report, m->now, m->text, &m->record);
}

static void makes_what_it_parses(void)
{
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        struct dice dice = {seed};
        struct made m;
        struct herd_record back;
        char skew[HERD_SKEW_TEXT + 1];
        CHECK_LABEL("seed %d", (int)seed);
        roll_record(&dice, &m);
        struct herd_slice text = cut_guarded(m.record.text);
        CHECK(text.len <= herd_record_bound(HERD_LIT("Goloman"), &m.report));
        REQUIRE(herd_record_parse(text, &back) == HERD_OK);
        CHECK_SLICE(back.text, m.record.text);
        CHECK_SLICE(back.client, m.record.client);
        CHECK_SLICE(back.client, m.report.client);
        CHECK(m.record.client.data > m.text && m.record.client.data < m.text + text.len);
        CHECK_INT(back.time.ns, m.report.time.ns);
        CHECK_INT(m.record.time.ns, m.report.time.ns);
        CHECK_INT(m.record.effective.ns, back.effective.ns);
        struct herd_point point = herd_record_point(text);
        CHECK_INT(point.lat, m.report.point.lat);
        CHECK_INT(point.lng, m.report.point.lng);
        CHECK_INT(herd_record_cmp(&back, &m.record), 0);
        size_t len = herd_skew_print(m.now.ns - m.report.time.ns, skew);
        skew[len++] = ' ';
        CHECK_SLICE(herd_slice(text.data + sizeof "AT Goloman", len),
                    herd_slice(skew, len));
    }
}

static void makes_the_example(void)
{
    struct herd_slice word[3] = {HERD_LIT("kiwi.cs.ucla.edu"),
                                 HERD_LIT("+34.068930-118.445127"),
                                 HERD_LIT("1621464827.959498503")};
    struct herd_report report;
    struct herd_record record;
    struct herd_wall now = {INT64_C(1621464828223371889)};
    char text[TEXT];
    REQUIRE(herd_report_parse(word, &report) == HERD_OK);
    herd_record_make(HERD_LIT("Clark"), &report, now, text, &record);
    CHECK_SLICE(record.text, herd_slice_str(record_cases[0].text));
    now.ns = 0;
    herd_record_make(HERD_LIT("Clark"), &report, now, text, &record);
    CHECK_SLICE(record.text, HERD_LIT("AT Clark -1621464827.959498503 kiwi.cs.ucla.edu "
                                      "+34.068930-118.445127 1621464827.959498503"));
}

/* The longest skew there is still fits in the bound. A clock before 1970 counts as 0, so
 * that no difference is too large. */
static void bounds_longest_record(void)
{
    static const int64_t clocks[] = {0, -1, INT64_MIN};
    struct herd_slice word[3] = {HERD_LIT("k"), HERD_LIT("+0-0"),
                                 HERD_LIT("9223372036.854775807")};
    struct herd_report report;
    REQUIRE(herd_report_parse(word, &report) == HERD_OK);
    for (size_t i = 0; i < sizeof clocks / sizeof clocks[0]; i++) {
        struct herd_record record;
        char text[TEXT];
        CHECK_LABEL("clock %zu", i);
        herd_record_make(HERD_LIT("S"), &report, (struct herd_wall){clocks[i]}, text,
                         &record);
        CHECK_SLICE(record.text, HERD_LIT("AT S -9223372036.854775807 k +0-0 "
                                          "9223372036.854775807"));
        CHECK(record.text.len <= herd_record_bound(HERD_LIT("S"), &report));
    }
}

const struct check_test test_record[] = {
    {"takes records", takes_records},
    {"refuses half records", refuses_half_records},
    {"knows the place", knows_the_place},
    {"keeps the length limit", keeps_length_limit},
    {"makes what it parses", makes_what_it_parses},
    {"makes the example", makes_the_example},
    {"bounds the longest record", bounds_longest_record},
    {NULL, NULL},
};
