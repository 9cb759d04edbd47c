/* SPDX-License-Identifier: ISC */
#include "check.h"
#include "cut.h"
#include "fixture.h"

#include "herd/err.h"
#include "protocol/query.h"
#include "protocol/report.h"
#include "protocol/words.h"

#include <inttypes.h>
#include <stdio.h>

static const char blanks[] = " \t\n\r\v\f";

static bool is_blank(int byte)
{
    return byte != 0 && strchr(blanks, byte) != NULL;
}

/* ---- words ---- */

static const struct words_case {
    const char *line;
    size_t count;
    const char *joined; /* with bars between the words that fit */
} words_cases[] = {
    {"", 0, ""},
    {" ", 0, ""},
    {" \t\r\n\v\f", 0, ""},
    {"a", 1, "a"},
    {" a", 1, "a"},
    {"a ", 1, "a"},
    {"\f\va\r\n", 1, "a"},
    {"one two", 2, "one|two"},
    {"one\t \r\v\f\ntwo", 2, "one|two"},
    {"1 2 3 4 5 6 7 8 9 10 11 12", 12, "1|2|3|4|5|6|7|8|9|10|11|12"},
    {" 1 2 3 4 5 6 7 8 9 10 11 12 ", 12, "1|2|3|4|5|6|7|8|9|10|11|12"},
    {"1 2 3 4 5 6 7 8 9 10 11 12 13", 13, "1|2|3|4|5|6|7|8|9|10|11|12"},
    {"1 2 3 4 5 6 7 8 9 10 11 12 13 14", 13, "1|2|3|4|5|6|7|8|9|10|11|12"},
};

static void splits_at_white_space(void)
{
    for (size_t i = 0; i < sizeof words_cases / sizeof words_cases[0]; i++) {
        const struct words_case *c = &words_cases[i];
        struct herd_words words;
        char joined[64] = "";
        size_t used = 0;
        CHECK_LABEL("%s", c->line);
        herd_words_split(cut_guarded(herd_slice_str(c->line)), &words);
        CHECK_INT((int64_t)words.count, (int64_t)c->count);
        for (size_t k = 0; k < words.count && k < HERD_WORDS_MAX; k++)
            used += (size_t)snprintf(joined + used, sizeof joined - used, "%s%.*s",
                                     k > 0 ? "|" : "", (int)words.word[k].len,
                                     words.word[k].data);
        CHECK_STR(joined, c->joined);
    }
    struct herd_words words;
    herd_words_split(herd_slice(NULL, 0), &words);
    CHECK_INT((int64_t)words.count, 0);
}

static void splits_at_nothing_else(void)
{
    for (int byte = 0; byte < 256; byte++) {
        struct herd_words words;
        char line[] = "ab", c = (char)byte;
        line[1] = c;
        CHECK_LABEL("byte %d", byte);
        herd_words_split(cut_guarded(herd_slice(line, 3)), &words);
        CHECK_INT((int64_t)words.count, is_blank(byte) ? 2 : 1);
        herd_words_split(cut_guarded(herd_slice(&c, 1)), &words);
        CHECK_INT((int64_t)words.count, is_blank(byte) ? 0 : 1);
        if (!is_blank(byte))
            CHECK_SLICE(words.word[0], herd_slice(&c, 1));
    }
}

/* ---- commands ---- */

enum { LINE = 4096, VALUES = 128 };

struct parsed {
    int rc; /* HERD_EUNKNOWN: no such command */
    struct herd_words words;
    struct herd_report report;
    struct herd_query query;
};

static void parse(struct herd_slice line, struct parsed *p)
{
    herd_words_split(line, &p->words);
    p->rc = HERD_EUNKNOWN;
    if (p->words.count != 4)
        return;
    if (herd_slice_eq(p->words.word[0], HERD_LIT("IAMAT")))
        p->rc = herd_report_parse(&p->words.word[1], &p->report);
    else if (herd_slice_eq(p->words.word[0], HERD_LIT("WHATSAT")))
        p->rc = herd_query_parse(&p->words.word[1], &p->query);
}

/* The verb, the client and the values, as in valid.txt. */
static size_t print_meaning(const struct parsed *p, char *out)
{
    struct herd_slice verb = p->words.word[0];
    bool report = herd_slice_eq(verb, HERD_LIT("IAMAT"));
    struct herd_slice client = report ? p->report.client : p->query.client;
    size_t at = verb.len;
    memcpy(out, verb.data, at);
    out[at++] = ' ';
    memcpy(out + at, client.data, client.len);
    at += client.len;
    int len = report ? snprintf(out + at, VALUES, " %" PRId64 " %" PRId64 " %" PRId64,
                                p->report.point.lat, p->report.point.lng, p->report.time.ns)
                     : snprintf(out + at, VALUES, " %" PRIu32 " %" PRIu32,
                                p->query.radius_km, p->query.bound);
    return at + (size_t)len;
}

/* ---- the fixtures ---- */

static int hex(char c)
{
    return c <= '9' ? c - '0' : c - 'a' + 10;
}

static struct herd_slice unescape(struct herd_slice text, char out[LINE])
{
    size_t len = 0;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.data[i];
        if (c == '\\') {
            c = text.data[++i];
            if (c == 'x') {
                c = (char)(hex(text.data[i + 1]) * 16 + hex(text.data[i + 2]));
                i += 2;
            } else if (c != '\\') {
                c = c == 't' ? '\t' : '\r';
            }
        }
        out[len++] = c;
    }
    return herd_slice(out, len);
}

typedef void visit_line(struct herd_slice line, struct herd_slice column);

/* Calls `visit` for each line of a fixture with two columns; returns how many. */
static size_t each_line(const char *name, visit_line *visit)
{
    static char line[LINE], column[LINE];
    struct herd_slice rest = fixture_read(name);
    size_t count = 0;
    int number = 0;
    for (const char *lf;
         rest.len > 0 && (lf = memchr(rest.data, '\n', rest.len)) != NULL;) {
        size_t len = (size_t)(lf - rest.data);
        const char *tab = memchr(rest.data, '\t', len);
        CHECK_LABEL("%s:%d", name, ++number);
        if (rest.data[0] != '#' && CHECK(tab != NULL)) {
            size_t first = (size_t)(tab - rest.data);
            struct herd_slice left = unescape(herd_slice(rest.data, first), line);
            visit(cut_guarded(left),
                  unescape(herd_slice(tab + 1, len - first - 1), column));
            count++;
        }
        rest = herd_slice_from(rest, len + 1);
    }
    return count;
}

static void check_valid(struct herd_slice line, struct herd_slice meaning)
{
    struct parsed p;
    char text[LINE + VALUES];
    parse(line, &p);
    if (CHECK_INT(p.rc, HERD_OK))
        CHECK_SLICE(herd_slice(text, print_meaning(&p, text)), meaning);
}

static void check_invalid(struct herd_slice line, struct herd_slice error)
{
    static const struct {
        const char *name;
        int code;
    } names[] = {
#define NAMED(name, code, text) {#name, code},
        HERD_ERRORS(NAMED)
#undef NAMED
    };
    struct parsed p;
    int want = HERD_OK;
    parse(line, &p);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (herd_slice_eq(error, herd_slice_str(names[i].name)))
            want = names[i].code;
    CHECK(want != HERD_OK);
    CHECK_INT(p.rc, want);
}

static void takes_valid_commands(void)
{
    CHECK(each_line("msg/valid.txt", check_valid) > 60);
}

static void refuses_invalid_commands(void)
{
    CHECK(each_line("msg/invalid.txt", check_invalid) > 140);
}

static void keeps_operands_as_they_are(void)
{
    struct parsed p;
    parse(HERD_LIT("IAMAT k +034.50-118.0 0001.50"), &p);
    CHECK_INT(p.rc, HERD_OK);
    CHECK_SLICE(p.report.client, HERD_LIT("k"));
    CHECK_SLICE(p.report.location, HERD_LIT("+034.50-118.0"));
    CHECK_SLICE(p.report.time_text, HERD_LIT("0001.50"));
}

/* Every byte that is not white space may be in a client's name, at any place. */
static void takes_any_client(void)
{
    for (int byte = 0; byte < 256; byte++) {
        char line[] = "IAMAT -a- +34-118 5";
        struct parsed p;
        line[7] = (char)byte;
        CHECK_LABEL("byte %d", byte);
        parse(cut_guarded(herd_slice(line, sizeof line - 1)), &p);
        CHECK_INT(p.rc, is_blank(byte) ? HERD_EUNKNOWN : HERD_OK);
        if (p.rc == HERD_OK)
            CHECK_SLICE(p.report.client, herd_slice(line + 6, 3));
    }
}

static void finds_no_command_in_garbage(void)
{
    struct herd_slice rest = fixture_read("msg/garbage.bin");
    bool seen[256] = {false};
    int kinds = 0, number = 0;
    REQUIRE(rest.len > 0);
    CHECK(rest.data[rest.len - 1] != '\n');
    for (size_t i = 0; i < rest.len; i++) {
        kinds += !seen[(unsigned char)rest.data[i]];
        seen[(unsigned char)rest.data[i]] = true;
    }
    CHECK_INT(kinds, 256);
    while (rest.len > 0) {
        const char *lf = memchr(rest.data, '\n', rest.len);
        size_t len = lf != NULL ? (size_t)(lf - rest.data) : rest.len;
        struct parsed p;
        CHECK_LABEL("line %d", ++number);
        CHECK(len <= LINE);
        parse(cut_guarded(herd_slice(rest.data, len)), &p);
        CHECK(p.rc != HERD_OK);
        rest = herd_slice_from(rest, lf != NULL ? len + 1 : len);
    }
    CHECK(number > 300);
}

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\v' || c == '\f' || c == '\r';
}

/* Any byte at any place of two words that are looked through eight bytes at a time: it ends
 * one of them if it is white space, and else belongs to it. */
static void takes_every_byte_at_every_place(void)
{
    enum { LEN = 30, SPACE_AT = 17 };
    for (int c = 0; c < 256; c++)
        for (size_t place = 0; place < LEN; place++) {
            char line[LEN];
            struct herd_words words;
            size_t want = 0;
            memset(line, 'w', sizeof line);
            line[SPACE_AT] = ' ';
            line[place] = (char)c;
            for (size_t i = 0; i < LEN; i++)
                want += !is_space(line[i]) && (i == 0 || is_space(line[i - 1]));
            herd_words_split(herd_slice(line, sizeof line), &words);
            CHECK_LABEL("byte %d at %zu", c, place);
            if (words.count != want)
                CHECK_INT((int64_t)words.count, (int64_t)want);
        }
    CHECK_LABEL("%s", "");
    CHECK(true);
}

const struct check_test test_message[] = {
    {"splits at white space", splits_at_white_space},
    {"splits at nothing else", splits_at_nothing_else},
    {"takes every byte at every place", takes_every_byte_at_every_place},
    {"takes valid commands", takes_valid_commands},
    {"refuses invalid commands", refuses_invalid_commands},
    {"keeps operands as they are", keeps_operands_as_they_are},
    {"takes any client", takes_any_client},
    {"finds no command in garbage", finds_no_command_in_garbage},
    {NULL, NULL},
};
