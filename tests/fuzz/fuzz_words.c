/* SPDX-License-Identifier: ISC */
/* The words of the protocols: records, reports, queries, HELLOs, numbers, locations. Each
 * parser gets the whole input; what one accepts must hold what it promises. */
#include "fuzz.h"

#include "decimal.h"
#include "herd/err.h"
#include "protocol/geo.h"
#include "protocol/hello.h"
#include "hex.h"
#include "protocol/query.h"
#include "protocol/record.h"
#include "protocol/tombstone.h"
#include "protocol/words.h"

#include <stdio.h>
#include <stdlib.h>

static bool in_range(struct herd_point point)
{
    return point.lat >= -90 * HERD_GEO_UNIT && point.lat <= 90 * HERD_GEO_UNIT &&
           point.lng >= -180 * HERD_GEO_UNIT && point.lng <= 180 * HERD_GEO_UNIT;
}

static void try_numbers(struct herd_slice text)
{
    struct herd_decimal number;
    struct herd_wall time;
    uint64_t value;
    char out[HERD_UINT_TEXT], skew[HERD_SKEW_TEXT];
    int rc = herd_decimal_scan(text, &number);
    FUZZ_CHECK(rc == HERD_OK || rc == HERD_EBAD);
    FUZZ_CHECK(rc != HERD_OK || (number.len >= 1 && number.len <= text.len));
    FUZZ_CHECK(rc != HERD_OK || number.nano < 1000000000);
    rc = herd_time_parse(text, &time);
    if (rc == HERD_OK) {
        FUZZ_CHECK(time.ns >= 0);
        FUZZ_CHECK(herd_skew_print(-time.ns, skew) <= sizeof skew);
        FUZZ_CHECK(herd_skew_print(time.ns, skew) <= sizeof skew && skew[0] == '+');
        struct herd_wall again;
        size_t len = herd_skew_print(time.ns, skew);
        FUZZ_CHECK(herd_time_parse(herd_slice(skew + 1, len - 1), &again) == HERD_OK);
        FUZZ_CHECK(again.ns == time.ns);
    }
    rc = herd_uint_parse(text, UINT64_MAX, &value);
    if (rc == HERD_OK) {
        size_t len = herd_uint_print(value, out);
        FUZZ_CHECK(len <= sizeof out && len <= text.len);
        FUZZ_CHECK(memcmp(out, text.data + text.len - len, len) == 0);
        FUZZ_CHECK(value == 0 || herd_uint_parse(text, value - 1, &value) == HERD_ERANGE);
    }
}

/* Printed coordinates have no sign when positive, but parse again with one. */
static int64_t reparse(const char *printed, size_t len)
{
    char text[2 * HERD_GEO_TEXT];
    struct herd_point point;
    size_t at = 0;
    memcpy(text, "+0", 2);
    at = 2;
    if (printed[0] != '-')
        text[at++] = '+';
    memcpy(text + at, printed, len);
    FUZZ_CHECK(herd_point_parse(herd_slice(text, at + len), &point) == HERD_OK);
    return point.lng;
}

static void try_point(struct herd_slice text)
{
    struct herd_point point, here = {0, 0};
    char out[HERD_GEO_TEXT];
    int rc = herd_point_parse(text, &point);
    FUZZ_CHECK(rc == HERD_OK || rc == HERD_EBAD || rc == HERD_ERANGE);
    if (rc != HERD_OK)
        return;
    FUZZ_CHECK(in_range(point));
    size_t len = herd_geo_print(point.lat, out);
    FUZZ_CHECK(len > 0 && len <= sizeof out && reparse(out, len) == point.lat);
    len = herd_geo_print(point.lng, out);
    FUZZ_CHECK(len > 0 && len <= sizeof out && reparse(out, len) == point.lng);
    FUZZ_CHECK(herd_geo_chord2(point, here) == herd_geo_chord2(here, point));
    FUZZ_CHECK(herd_geo_chord2(point, point) == 0);
}

/* What is kept of two records is the same in either order, and not less than either. */
static void try_choice(const struct herd_record *a, const struct herd_record *b)
{
    char out[2][HERD_RECORD_MAX];
    struct herd_record raised[2], again;
    const struct herd_record *kept = herd_tombstone_choose(a, b, out[0], &raised[0]);
    const struct herd_record *same = herd_tombstone_choose(b, a, out[1], &raised[1]);
    FUZZ_CHECK(herd_slice_eq(kept->text, same->text));
    FUZZ_CHECK(herd_record_cmp(kept, a) >= 0 && herd_record_cmp(kept, b) >= 0);
    FUZZ_CHECK(herd_record_parse(kept->text, &again) == HERD_OK);
    FUZZ_CHECK(again.effective.ns == kept->effective.ns &&
               again.received.ns == kept->received.ns);
    FUZZ_CHECK(herd_slice_eq(again.client, a->client));
}

/* Reports about the same client, received at the same time or later, by clocks ahead. */
static void try_tombstone(const struct herd_record *record)
{
    static const int64_t ahead_s[] = {-1, 0, 1, 60, 61, 1000};
    char *text = malloc(2 * HERD_RECORD_MAX);
    FUZZ_CHECK(text != NULL);
    for (size_t i = 0; i < 2 * sizeof ahead_s / sizeof ahead_s[0]; i++) {
        struct herd_record other;
        int64_t s = record->received.ns / HERD_NS_PER_S + (int64_t)(i % 2);
        int len =
            snprintf(text, 2 * HERD_RECORD_MAX, "%s A %+lld %.*s %s%lld",
                     record->tombstone ? "AT" : "FORGOT", -(long long)ahead_s[i / 2],
                     (int)record->client.len, record->client.data,
                     record->tombstone ? "+1-1 " : "", (long long)(s + ahead_s[i / 2]));
        struct herd_slice copy = fuzz_copy(herd_slice(text, (size_t)len));
        /* Not so when the client id has a NUL. */
        if (herd_record_parse(copy, &other) == HERD_OK &&
            herd_slice_eq(other.client, record->client))
            try_choice(record, &other);
        fuzz_drop(copy);
    }
    free(text);
}

static void try_record(struct herd_slice text)
{
    struct herd_record record, other;
    if (herd_record_parse(text, &record) != HERD_OK)
        return;
    FUZZ_CHECK(text.len <= HERD_RECORD_MAX && herd_slice_eq(record.text, text));
    FUZZ_CHECK(memchr(text.data, '\n', text.len) == NULL);
    FUZZ_CHECK(record.client.len > 0 && record.client.data > text.data &&
               record.client.data + record.client.len < text.data + text.len);
    FUZZ_CHECK(record.tombstone || in_range(herd_record_point(text)));
    FUZZ_CHECK(herd_record_cmp(&record, &record) == 0);
    try_tombstone(&record);
    struct herd_slice longer =
        fuzz_copy(herd_slice(text.data, text.len > 0 ? text.len - 1 : 0));
    if (herd_record_parse(longer, &other) == HERD_OK) {
        FUZZ_CHECK((herd_record_cmp(&record, &other) > 0) ==
                   (herd_record_cmp(&other, &record) < 0));
        FUZZ_CHECK(herd_record_cmp(&record, &other) != 0);
    }
    fuzz_drop(longer);
}

/* What a report says is what its record says. */
static void try_report(const struct herd_words *words)
{
    struct herd_report report;
    struct herd_record made, read;
    struct herd_wall now = {INT64_C(1621464828) * HERD_NS_PER_S};
    if (herd_report_parse(words->word, &report) != HERD_OK)
        return;
    size_t bound = herd_record_bound(HERD_LIT("Clark"), &report);
    char *out = malloc(bound);
    FUZZ_CHECK(out != NULL && in_range(report.point));
    herd_record_make(HERD_LIT("Clark"), &report, now, out, &made);
    FUZZ_CHECK(made.text.data == out && made.text.len <= bound);
    int rc = herd_record_parse(made.text, &read);
    FUZZ_CHECK(rc == (made.text.len > HERD_RECORD_MAX ? HERD_ETOOLONG : HERD_OK));
    if (rc == HERD_OK) {
        struct herd_point point = herd_record_point(made.text);
        FUZZ_CHECK(herd_slice_eq(read.client, report.client));
        FUZZ_CHECK(read.time.ns == report.time.ns && made.time.ns == report.time.ns);
        FUZZ_CHECK(point.lat == report.point.lat && point.lng == report.point.lng);
    }
    free(out);
}

static void try_query(const struct herd_words *words)
{
    struct herd_query query;
    if (herd_query_parse(words->word, &query) != HERD_OK)
        return;
    FUZZ_CHECK(query.radius_km <= HERD_RADIUS_KM_MAX && query.bound <= HERD_BOUND_MAX);
    FUZZ_CHECK(herd_slice_eq(query.client, words->word[0]));
}

static void try_hello(struct herd_slice text)
{
    struct herd_hello hello, again;
    char out[HERD_HELLO_MAX];
    int rc = herd_hello_parse(text, &hello);
    FUZZ_CHECK(rc == HERD_OK || rc == HERD_EBAD || rc == HERD_ETOOLONG);
    if (rc != HERD_OK)
        return;
    FUZZ_CHECK(text.len < HERD_HELLO_MAX && hello.clock.ns >= 0);
    if (hello.herd.len > 64 || hello.from.len > 64 || hello.to.len > 64)
        return;
    size_t len = herd_hello_print(&hello, out);
    FUZZ_CHECK(len < sizeof out && out[len] == '\0');
    FUZZ_CHECK(herd_hello_parse(herd_slice(out, len), &again) == HERD_OK);
    FUZZ_CHECK(again.rules == hello.rules);
    FUZZ_CHECK(again.clock.ns == hello.clock.ns && herd_slice_eq(again.to, hello.to));
    FUZZ_CHECK(memcmp(again.nonce, hello.nonce, sizeof hello.nonce) == 0);
}

static void try_hex(struct herd_slice text)
{
    uint8_t bytes[16];
    uint64_t value;
    char out[2 * sizeof bytes + 1];
    if (herd_hex_parse(text, bytes, sizeof bytes) == HERD_OK) {
        herd_hex_print(bytes, sizeof bytes, out);
        FUZZ_CHECK(herd_slice_eq(herd_slice_str(out), text));
    }
    if (herd_hex_parse_u64(text, &value) == HERD_OK)
        FUZZ_CHECK(text.len == 16 && (value >> 60 > 9) == (text.data[0] > '9'));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct herd_slice text = fuzz_copy(herd_slice((const char *)data, size));
    struct herd_words words;
    try_numbers(text);
    try_point(text);
    try_record(text);
    try_hello(text);
    try_hex(text);
    herd_words_split(text, &words);
    FUZZ_CHECK(words.count <= HERD_WORDS_MAX + 1);
    for (size_t i = 0; i < words.count && i < HERD_WORDS_MAX; i++)
        FUZZ_CHECK(words.word[i].len > 0);
    if (words.count >= 3) {
        try_report(&words);
        try_query(&words);
    }
    fuzz_drop(text);
    return 0;
}
