/* SPDX-License-Identifier: ISC */
#include "record.h"

#include "decimal.h"
#include "herd/err.h"
#include "words.h"

#include <assert.h>

/* Takes a word and the single space after it off the front of *rest. Errors: HERD_EBAD for
 * an empty word, or white space other than that space. */
static int take_word(struct herd_slice *rest, struct herd_slice *word)
{
    size_t n =
        rest->len > 0
            ? (size_t)(herd_word_end(rest->data, rest->data + rest->len) - rest->data)
            : 0;
    *word = herd_slice(rest->data, n);
    if (n == 0)
        return HERD_EBAD;
    if (n == rest->len) {
        *rest = HERD_LIT("");
        return HERD_OK;
    }
    if (rest->data[n] != ' ' || n + 1 == rest->len)
        return HERD_EBAD;
    *rest = herd_slice_from(*rest, n + 1);
    return HERD_OK;
}

/* A tombstone has no LOCATION: its TIME comes right after CLIENT. */
enum { VERB, SERVER, SKEW, CLIENT, LOCATION, TIME, RECORD_WORDS };

static int split_record(struct herd_slice text, struct herd_slice word[RECORD_WORDS],
                        bool *tombstone)
{
    struct herd_slice rest = text, more;
    for (int i = 0; i < LOCATION; i++)
        if (take_word(&rest, &word[i]) != HERD_OK)
            return HERD_EBAD;
    *tombstone = herd_slice_eq(word[VERB], HERD_LIT("FORGOT"));
    if (!*tombstone && (!herd_slice_eq(word[VERB], HERD_LIT("AT")) ||
                        take_word(&rest, &word[LOCATION]) != HERD_OK))
        return HERD_EBAD;
    if (take_word(&rest, &word[TIME]) != HERD_OK)
        return HERD_EBAD;
    while (rest.len > 0)
        if (take_word(&rest, &more) != HERD_OK)
            return HERD_EBAD;
    return HERD_OK;
}

/* Whether the report was received at a time that the nanoseconds since 1970 can tell: that
 * of the client, from 0 to INT64_MAX, plus the skew. */
static bool is_received_in_range(struct herd_wall time, int64_t skew_ns)
{
    return skew_ns >= 0 ? skew_ns <= INT64_MAX - time.ns : time.ns + skew_ns >= 0;
}

/* The earlier one of the client's time and the end of the allowance after the receipt. The
 * sum is less than the client's time, so it cannot overflow. */
static struct herd_wall effective_time(struct herd_wall time, int64_t skew_ns)
{
    const int64_t ahead_ns = HERD_RECORD_AHEAD_S * HERD_NS_PER_S;
    if (skew_ns >= -ahead_ns)
        return time;
    return (struct herd_wall){time.ns + (skew_ns + ahead_ns)};
}

int herd_record_parse(struct herd_slice text, struct herd_record *record)
{
    struct herd_slice word[RECORD_WORDS];
    struct herd_point point;
    int64_t skew_ns = 0;
    if (text.len > HERD_RECORD_MAX)
        return HERD_ETOOLONG;
    if (split_record(text, word, &record->tombstone) != HERD_OK)
        return HERD_EBAD;
    int rc = herd_skew_parse(word[SKEW], &skew_ns);
    if (rc == HERD_OK && !record->tombstone)
        rc = herd_point_parse(word[LOCATION], &point);
    if (rc == HERD_OK)
        rc = herd_time_parse(word[TIME], &record->time);
    if (rc != HERD_OK)
        return rc;
    if (!is_received_in_range(record->time, skew_ns))
        return HERD_ERANGE;
    record->text = text;
    record->client = word[CLIENT];
    record->received = (struct herd_wall){record->time.ns + skew_ns};
    record->effective = effective_time(record->time, skew_ns);
    return HERD_OK;
}

static struct herd_slice word_of(struct herd_slice text, int number)
{
    struct herd_slice rest = text, word = HERD_LIT("");
    for (int i = 0; i <= number; i++)
        (void)take_word(&rest, &word);
    return word;
}

struct herd_point herd_record_point(struct herd_slice text)
{
    struct herd_point point = {0, 0};
    int rc = herd_point_parse(word_of(text, LOCATION), &point);
    assert(rc == HERD_OK);
    (void)rc;
    return point;
}

struct herd_wall herd_record_time(struct herd_slice text)
{
    struct herd_wall time = {0};
    int rc = herd_time_parse(word_of(text, TIME), &time);
    assert(rc == HERD_OK);
    (void)rc;
    return time;
}

int herd_record_cmp(const struct herd_record *a, const struct herd_record *b)
{
    if (a->effective.ns != b->effective.ns)
        return a->effective.ns < b->effective.ns ? -1 : 1;
    return herd_slice_cmp(a->text, b->text);
}

size_t herd_record_bound(struct herd_slice server, const struct herd_report *report)
{
    return sizeof "AT     " + server.len + HERD_SKEW_TEXT + report->client.len +
           report->location.len + report->time_text.len;
}

static char *put(char *at, struct herd_slice s)
{
    memcpy(at, s.data, s.len);
    return at + s.len;
}

void herd_record_make(struct herd_slice server, const struct herd_report *report,
                      struct herd_wall now, char *out, struct herd_record *record)
{
    /* A clock before 1970 counts as 1970. */
    int64_t skew_ns = (now.ns > 0 ? now.ns : 0) - report->time.ns;
    char *at = put(out, HERD_LIT("AT "));
    at = put(at, server);
    *at++ = ' ';
    at += herd_skew_print(skew_ns, at);
    *at++ = ' ';
    record->client = herd_slice(at, report->client.len);
    at = put(at, report->client);
    *at++ = ' ';
    at = put(at, report->location);
    *at++ = ' ';
    at = put(at, report->time_text);
    record->text = herd_slice(out, (size_t)(at - out));
    record->tombstone = false;
    record->time = report->time;
    record->received = (struct herd_wall){report->time.ns + skew_ns};
    record->effective = effective_time(report->time, skew_ns);
}
