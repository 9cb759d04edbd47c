#include "message.h"

#include "decimal.h"
#include "swar.h"
#include "herd/err.h"

#include <assert.h>

static bool is_blank(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

/* The end of a word: eight bytes at a time while they have nothing like a blank. */
static const char *word_end(const char *at, const char *end)
{
    enum { STEP = sizeof(uint64_t) };
    while (end - at >= STEP && herd_swar_has_less(herd_swar_load(at), ' ' + 1) == 0)
        at += STEP;
    while (at < end && !is_blank(*at))
        at++;
    return at;
}

void herd_words_split(struct herd_slice line, struct herd_words *words)
{
    words->count = 0;
    if (line.len == 0)
        return;
    const char *at = line.data, *end = line.data + line.len;
    for (;;) {
        while (at < end && is_blank(*at))
            at++;
        if (at == end)
            return;
        if (words->count == HERD_WORDS_MAX) {
            words->count++;
            return;
        }
        const char *start = at;
        at = word_end(at, end);
        words->word[words->count++] = herd_slice(start, (size_t)(at - start));
    }
}

int herd_report_parse(const struct herd_slice word[3], struct herd_report *report)
{
    report->client = word[0];
    report->location = word[1];
    report->time_text = word[2];
    int rc = herd_point_parse(word[1], &report->point);
    if (rc != HERD_OK)
        return rc;
    return herd_time_parse(word[2], &report->time);
}

static int parse_small(struct herd_slice text, uint32_t most, uint32_t *value)
{
    uint64_t number;
    int rc = herd_uint_parse(text, most, &number);
    if (rc == HERD_OK)
        *value = (uint32_t)number;
    return rc;
}

int herd_query_parse(const struct herd_slice word[3], struct herd_query *query)
{
    query->client = word[0];
    int rc = parse_small(word[1], HERD_RADIUS_KM_MAX, &query->radius_km);
    if (rc != HERD_OK)
        return rc;
    return parse_small(word[2], HERD_BOUND_MAX, &query->bound);
}

/* Takes a word and the single space behind it off *rest. An empty word, or white space
 * other than that space, is refused. */
static int take_word(struct herd_slice *rest, struct herd_slice *word)
{
    size_t n = rest->len > 0
                   ? (size_t)(word_end(rest->data, rest->data + rest->len) - rest->data)
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

enum { AT, SERVER, SKEW, CLIENT, LOCATION, TIME, RECORD_WORDS };

static int split_record(struct herd_slice text, struct herd_slice word[RECORD_WORDS])
{
    struct herd_slice rest = text, more;
    for (int i = 0; i < RECORD_WORDS; i++)
        if (take_word(&rest, &word[i]) != HERD_OK)
            return HERD_EBAD;
    while (rest.len > 0)
        if (take_word(&rest, &more) != HERD_OK)
            return HERD_EBAD;
    return HERD_OK;
}

static bool is_skew(struct herd_slice word)
{
    struct herd_decimal number;
    if (word.data[0] != '+' && word.data[0] != '-')
        return false;
    struct herd_slice digits = herd_slice_from(word, 1);
    return herd_decimal_scan(digits, &number) == HERD_OK && number.len == digits.len;
}

int herd_record_parse(struct herd_slice text, struct herd_record *record)
{
    struct herd_slice word[RECORD_WORDS];
    struct herd_point point;
    if (text.len > HERD_RECORD_MAX)
        return HERD_ETOOLONG;
    if (split_record(text, word) != HERD_OK || !herd_slice_eq(word[AT], HERD_LIT("AT")) ||
        !is_skew(word[SKEW]))
        return HERD_EBAD;
    int rc = herd_point_parse(word[LOCATION], &point);
    if (rc != HERD_OK)
        return rc;
    record->text = text;
    record->client = word[CLIENT];
    return herd_time_parse(word[TIME], &record->time);
}

struct herd_point herd_record_point(struct herd_slice text)
{
    struct herd_slice rest = text, word;
    struct herd_point point = {0, 0};
    for (int i = 0; i <= LOCATION; i++)
        (void)take_word(&rest, &word);
    int rc = herd_point_parse(word, &point);
    assert(rc == HERD_OK);
    (void)rc;
    return point;
}

int herd_record_cmp(const struct herd_record *a, const struct herd_record *b)
{
    if (a->time.ns != b->time.ns)
        return a->time.ns < b->time.ns ? -1 : 1;
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
    char *at = put(out, HERD_LIT("AT "));
    at = put(at, server);
    *at++ = ' ';
    /* A clock before 1970 is wrong by so much that it does not matter how much. */
    at += herd_skew_print((now.ns > 0 ? now.ns : 0) - report->time.ns, at);
    *at++ = ' ';
    record->client = herd_slice(at, report->client.len);
    at = put(at, report->client);
    *at++ = ' ';
    at = put(at, report->location);
    *at++ = ' ';
    at = put(at, report->time_text);
    record->text = herd_slice(out, (size_t)(at - out));
    record->time = report->time;
}
