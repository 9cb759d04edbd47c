/* SPDX-License-Identifier: ISC */
#include "check.h"
#include "cut.h"
#include "dice.h"
#include "fail_mem.h"

#include "herd/err.h"

#include "json_scan.h"
#include "places/legacy_print.h"

#include <cjson/cJSON.h>
#include <stdio.h>

enum { ROOM = 1 << 20 };

struct page {
    struct fail_mem mem;
    struct herd_buf out;
    struct legacy print;
};

static void begin(struct page *page, size_t max)
{
    fail_mem_init(&page->mem);
    herd_buf_init(&page->out, &page->mem.mem, max);
    herd_legacy_start(&page->print, &page->out);
}

static void end(struct page *page, const char *want)
{
    CHECK_INT(page->print.rc, HERD_OK);
    CHECK_SLICE(herd_buf_bytes(&page->out), herd_slice_str(want));
    herd_buf_free(&page->out);
    CHECK_INT((int64_t)page->mem.blocks, 0);
}

static struct legacy_string one(struct herd_slice inner)
{
    return (struct legacy_string){{herd_legacy_part(inner)}};
}

static void print_all(struct legacy *print)
{
    struct legacy_string types[] = {one(HERD_LIT("cafe")), one(HERD_LIT("food"))};
    herd_legacy_open(print, "", '{');
    herd_legacy_strings(print, "html_attributions", NULL, 0);
    herd_legacy_open(print, "results", '[');
    for (int i = 0; i < 2; i++) {
        herd_legacy_open(print, "", '{');
        herd_legacy_open(print, "geometry", '{');
        herd_legacy_word(print, "lat", HERD_LIT("-1.50"));
        herd_legacy_close(print, '}');
        herd_legacy_open(print, "nothing", '{');
        herd_legacy_close(print, '}');
        herd_legacy_strings(print, "types", types, 2);
        herd_legacy_close(print, '}');
    }
    herd_legacy_close(print, ']');
    herd_legacy_json(print, "status", HERD_LIT("OK"));
    herd_legacy_close(print, '}');
}

#define RESULT                                                                             \
    "      {\n         \"geometry\" : {\n            \"lat\" : -1.50\n         },\n"       \
    "         \"nothing\" : {},\n         \"types\" : [ \"cafe\", \"food\" ]\n      }"
#define ALL                                                                                \
    "{\n   \"html_attributions\" : [],\n   \"results\" : [\n" RESULT ",\n" RESULT          \
    "\n   ],\n   \"status\" : \"OK\"\n}"

static void has_layout(void)
{
    struct page page;
    begin(&page, ROOM);
    print_all(&page.print);
    end(&page, ALL);
}

/* Brackets, blanks, commas and quotes count; 73 columns are the most. */
static void breaks_long_arrays(void)
{
    char name[80], want[256];
    memset(name, 'a', sizeof name);
    for (size_t len = 60; len <= 75; len++) {
        struct page page;
        struct legacy_string types[] = {one(herd_slice(name, len - 12)),
                                        one(HERD_LIT("b\"\n"))};
        bool line = 4 + (len - 12 + 2) + 2 + (5 + 2) < 74;
        snprintf(want, sizeof want,
                 line ? "{\n   \"types\" : [ \"%.*s\", \"b\\\"\\n\" ]\n}"
                      : "{\n   \"types\" : [\n      \"%.*s\",\n      \"b\\\"\\n\"\n   ]\n}",
                 (int)len - 12, name);
        begin(&page, ROOM);
        CHECK_LABEL("%zu", len);
        herd_legacy_open(&page.print, "", '{');
        herd_legacy_strings(&page.print, "types", types, 2);
        herd_legacy_close(&page.print, '}');
        end(&page, want);
    }
}

static void escapes(void)
{
    static const struct {
        const char *text;
        enum legacy_text kind;
        const char *want;
    } cases[] = {
        {"plain \xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80", LEGACY_JSON,
         "plain \xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80"},
        {"\\u00e9\\ud83d\\ude00\\/", LEGACY_JSON, "\xc3\xa9\xf0\x9f\x98\x80/"},
        {"\\\"\\\\\\b\\f\\n\\r\\t", LEGACY_JSON, "\\\"\\\\\\b\\f\\n\\r\\t"},
        {"\\u0022\\u005c\\u0008\\u000a", LEGACY_JSON, "\\\"\\\\\\b\\n"},
        {"\\u0001\\u001F\x7f", LEGACY_JSON, "\\u0001\\u001f\\u007f"},
        {"\\u0000", LEGACY_JSON, "\xef\xbf\xbd"},
        {"\\ud800 \\udfff", LEGACY_JSON, "\xef\xbf\xbd \xef\xbf\xbd"},
        {"<b>&'", LEGACY_JSON, "\\u003cb\\u003e&'"},
        {"<a href=\"", LEGACY_PLAIN, "\\u003ca href=\\\""},
        {"\\n\x01\n", LEGACY_PLAIN, "\\\\n\\u0001\\n"},
        {"\xff", LEGACY_PLAIN, "\xef\xbf\xbd"},
        {"<b>\\\"&' \\\\ \\u003c\\n", LEGACY_HTML,
         "&lt;b&gt;&quot;&amp;&#39; \\\\ &lt;\\n"},
        {"", LEGACY_HTML, ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct page page;
        char want[256];
        struct herd_slice text = cut_guarded(herd_slice_str(cases[i].text));
        struct legacy_string string = {{{text, cases[i].kind}}};
        snprintf(want, sizeof want, "[\n   \"%s\"\n]", cases[i].want);
        CHECK_LABEL("%s", cases[i].text);
        begin(&page, ROOM);
        herd_legacy_open(&page.print, "", '[');
        herd_legacy_string(&page.print, "", &string);
        herd_legacy_close(&page.print, ']');
        end(&page, want);
    }
}

static void joins_parts(void)
{
    struct page page;
    struct legacy_string link = {{
        LEGACY_LIT("<a href=\""),
        {HERD_LIT("https://a.example/?a&b"), LEGACY_HTML},
        LEGACY_LIT("\">"),
        {HERD_LIT("Zo\\u00eb"), LEGACY_HTML},
        LEGACY_LIT("</a>"),
    }};
    begin(&page, ROOM);
    herd_legacy_open(&page.print, "", '{');
    herd_legacy_string(&page.print, "link", &link);
    herd_legacy_close(&page.print, '}');
    end(&page, "{\n   \"link\" : \"\\u003ca href=\\\"https://a.example/?a&amp;b\\\"\\u003e"
               "Zo\xc3\xab\\u003c/a\\u003e\"\n}");
}

/* Strings that are longer than what is written at once. Halves of pairs are left out,
 * because cJSON refuses them. */
static void agrees_with_oracle(void)
{
    static const char *const pieces[] = {
        "a", "\\n",      "\\u0007",          "\\\"",
        "<", "\xc3\xa9", "\xf0\x9f\x98\x80", "\\ud83d\\ude00",
        "&", "\\\\"};
    static char text[8192];
    for (uint64_t seed = 1; seed <= 500; seed++) {
        struct page page;
        struct dice dice = {seed};
        size_t len = 1;
        text[0] = '"';
        for (uint32_t n = dice_roll(&dice, 600); n > 0; n--) {
            const char *piece = pieces[dice_roll(&dice, 10)];
            memcpy(text + len, piece, strlen(piece));
            len += strlen(piece);
        }
        text[len++] = '"';
        begin(&page, ROOM);
        CHECK_LABEL("seed %llu", (unsigned long long)seed);
        herd_legacy_open(&page.print, "", '[');
        herd_legacy_json(&page.print, "", herd_slice(text + 1, len - 2));
        herd_legacy_close(&page.print, ']');
        struct herd_slice got = herd_buf_bytes(&page.out);
        cJSON *have = cJSON_ParseWithLengthOpts(got.data, got.len, NULL, false);
        cJSON *want = cJSON_ParseWithLengthOpts(text, len, NULL, false);
        CHECK_INT(herd_json_check(got), HERD_OK);
        if (CHECK(have != NULL) && CHECK(want != NULL))
            CHECK_STR(have->child->valuestring, want->valuestring);
        cJSON_Delete(have);
        cJSON_Delete(want);
        herd_buf_free(&page.out);
    }
}

static void keeps_first_error(void)
{
    struct page page;
    for (size_t max = 1; max <= strlen(ALL); max++) {
        begin(&page, max);
        print_all(&page.print);
        CHECK_INT(page.print.rc, max < strlen(ALL) ? HERD_EFULL : HERD_OK);
        herd_buf_free(&page.out);
    }
    for (size_t n = 1; n <= 2; n++) {
        begin(&page, ROOM);
        fail_mem_arm(&page.mem, n, false);
        print_all(&page.print);
        CHECK_INT(page.print.rc, HERD_ENOMEM);
        CHECK_INT((int64_t)page.mem.failed, 1);
        CHECK(page.out.len < strlen(ALL));
        herd_buf_free(&page.out);
    }
}

const struct check_test test_legacy_print[] = {
    {"has Google's layout", has_layout},
    {"breaks long arrays", breaks_long_arrays},
    {"escapes", escapes},
    {"joins parts", joins_parts},
    {"agrees with cJSON on strings", agrees_with_oracle},
    {"keeps the first error", keeps_first_error},
    {NULL, NULL},
};
