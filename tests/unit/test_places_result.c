/* SPDX-License-Identifier: ISC */
#include "check.h"
#include "cut.h"
#include "fail_mem.h"

#include "herd/err.h"
#include "places/provider.h"
#include "json_scan.h"
#include "result_cut.h"

#include <stdio.h>
#include <stdlib.h>

enum { ROOM = 1 << 24 };

/* ---- the query ---- */

static void makes_query(void)
{
    static const struct {
        struct herd_point point;
        uint32_t radius_km;
        const char *want;
    } cases[] = {
        {{INT64_C(34068930000), INT64_C(-118445127000)},
         10,
         "location=34.06893,-118.445127&radius=10000"},
        {{0, 0}, 0, "location=0,0&radius=1"},
        {{-HERD_GEO_UNIT * 90, HERD_GEO_UNIT * 180}, 50, "location=-90,180&radius=50000"},
        {{INT64_C(-89999999999), INT64_C(-179999999999)},
         UINT32_MAX,
         "location=-89.999999999,-179.999999999&radius=4294967295000"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char out[HERD_PROVIDER_REQUEST_MAX];
        struct herd_places_search search = {.point = cases[i].point,
                                            .radius_km = cases[i].radius_km};
        size_t len = herd_google_legacy.print(&search, out);
        CHECK_SLICE(herd_slice(out, len), herd_slice_str(cases[i].want));
    }
}

/* ---- the cut ---- */

#define PAGE_A                                                                             \
    "{\n   \"html_attributions\" : [],\n   \"results\" : [\n      {\n         \"name\" : " \
    "\"A\"\n      },\n      {\n         \"name\" : \"B\"\n      }\n   ],\n   \"status\" "  \
    ": "                                                                                   \
    "\"OK\"\n}\n"
#define PAGE_B                                                                             \
    "{\n   \"html_attributions\" : \n   [],\n   \"results\" : \n   [\n      {\n         "  \
    "\"name\" : \"A\"\n      },\n      {\n         \"name\" : \"B\"\n      }\n   ],\n   "  \
    "\"status\" : \"OK\"\n}\n"

struct trim_case {
    const char *body;
    uint32_t bound;
    const char *want;
    const char *status;
};

static const struct trim_case trim_cases[] = {
    {PAGE_A, 20,
     "{\n   \"html_attributions\" : [],\n   \"results\" : [\n      {\n         \"name\" : "
     "\"A\"\n      },\n      {\n         \"name\" : \"B\"\n      }\n   ],\n   \"status\" : "
     "\"OK\"\n}",
     "OK"},
    {PAGE_A, 1,
     "{\n   \"html_attributions\" : [],\n   \"results\" : [\n      {\n         \"name\" : "
     "\"A\"\n      }\n   ],\n   \"status\" : \"OK\"\n}",
     "OK"},
    {PAGE_A, 0,
     "{\n   \"html_attributions\" : [],\n   \"results\" : [],\n   \"status\" : \"OK\"\n}",
     "OK"},
    {PAGE_B, 1,
     "{\n   \"html_attributions\" : \n   [],\n   \"results\" : \n   [\n      {\n         "
     "\"name\" : \"A\"\n      }\n   ],\n   \"status\" : \"OK\"\n}",
     "OK"},
    {PAGE_B, 0,
     "{\n   \"html_attributions\" : \n   [],\n   \"results\" : \n   [],\n   \"status\" : "
     "\"OK\"\n}",
     "OK"},
    {"{\"results\":[1,2,3]}", 3, "{\"results\":[1,2,3]}", ""},
    {"{\"results\":[1,2,3]}", 2, "{\"results\":[1,2]}", ""},
    {"{\"results\":[1 ,2 , 3 ]}", 1, "{\"results\":[1 ]}", ""},
    {"{\"results\":[ 1,2,3 ]}", 0, "{\"results\":[]}", ""},
    {"{\"results\":[\n\n   ]}", 5, "{\"results\":[]}", ""},
    {"{\"results\":[]}", 0, "{\"results\":[]}", ""},
    {"{\"status\":\"NO\\\"PE\"}", 0, "{\"status\":\"NO\\\"PE\"}", "NO\\\"PE"},
    {"{\"status\":\"\"}", 0, "{\"status\":\"\"}", ""},
    {"{\"a\":{\"results\":[1,2],\"status\":3},\"status\":\"X\"}", 0,
     "{\"a\":{\"results\":[1,2],\"status\":3},\"status\":\"X\"}", "X"},
    {"{\"results\":[[{\"results\":[1,2,3]}],2]}", 1,
     "{\"results\":[[{\"results\":[1,2,3]}]]}", ""},
    {"{\"resul\\u0074s\":[1,2],\"results\":[3,4]}", 1,
     "{\"resul\\u0074s\":[1,2],\"results\":[3]}", ""},
    {"\n\n{\n\n\n\"results\"\n\n:[1\n\n,\n\n2]\n\n}\n\n\n", 9,
     "{\n\"results\"\n:[1\n,\n2]\n}", ""},
    {"{\"results\":[]}\n \n", 9, "{\"results\":[]}", ""},
    {"\r\n{\r\n \r\n\"results\":[1,\r\r2]\r\n \t\n}\r\n\r\n", 9,
     "{\n\"results\":[1,\n2]\n}", ""},
    {"{\"results\" : null, \"status\":\"OK\"}", 0,
     "{\"results\" : null, \"status\":\"OK\"}", "OK"},
    {"\t\r {\"results\" : [\"]\", \"}\", \"\\\\\"] }", 2,
     " {\"results\" : [\"]\", \"}\"] }", ""},
};

static void trims(void)
{
    struct fail_mem mem;
    fail_mem_init(&mem);
    for (size_t i = 0; i < sizeof trim_cases / sizeof trim_cases[0]; i++) {
        const struct trim_case *c = &trim_cases[i];
        struct herd_places_result result;
        struct herd_slice status = {NULL, 0};
        struct herd_buf out;
        herd_buf_init(&out, &mem.mem, ROOM);
        herd_places_result_init(&result, &mem.mem, ROOM);
        CHECK_LABEL("%s to %u", c->body, c->bound);
        herd_buf_append(&out, HERD_LIT("AT "));
        struct herd_slice body = cut_guarded(herd_slice_str(c->body));
        CHECK_INT(herd_places_result_copy(&result, body, &status), HERD_OK);
        CHECK_INT(result_cut(&result, c->bound, &out), HERD_OK);
        CHECK_SLICE(status, herd_slice_str(c->status));
        herd_buf_consume(&out, 3);
        CHECK_SLICE(herd_buf_bytes(&out), herd_slice_str(c->want));
        herd_buf_free(&out);
        herd_buf_free(&result.text);
    }
    CHECK_INT((int64_t)mem.blocks, 0);
}

/* ---- what is JSON ---- */

/* Values, each read as an element of `results`. */
/* clang-format off */
static const char *const good_values[] = {
    "0", "-0", "1", "-1", "10", "0.0", "0.10", "-0.5", "1e5", "1E5", "1e+5", "1e-05",
    "1.25E-10", "123456789012345678901234567890", "true", "false", "null", "\"\"",
    "\" \\\" \\\\ \\/ \\b \\f \\n \\r \\t \"", "\"\\u0041\\uaBcD\\u00e9\"",
    "\"\\ud800\"", "\"\x7f\"", "\"\xc2\x80\"", "\"\xdf\xbf\"", "\"\xe0\xa0\x80\"",
    "\"\xe1\x80\x80\"", "\"\xed\x9f\xbf\"", "\"\xee\x80\x80\"", "\"\xef\xbf\xbf\"",
    "\"\xf0\x90\x80\x80\"", "\"\xf1\x80\x80\x80\"", "\"\xf4\x8f\xbf\xbf\"", "{}", "{ }",
    "[]", "[ ]", "{\"\":1}", "{\"a\":1,\"a\":2}",
    "{ \"a\" : [ 1 , { } ] , \"b\" : null }", "[[[[]]]]",
};
/* clang-format on */

/* clang-format off */
static const char *const bad_values[] = {
    "", "-", "+1", "00", "01", "-01", "1.", ".5", "1.e5", "1e", "1e+", "1e-", "1e5.5",
    "0x1", "1_0", "--1", "Infinity", "NaN", "inf", "tru", "True", "truee", "nul", "fals",
    "'a'", "a", "\"", "\"a", "\"\\\"", "\"\\", "\"\\x\"", "\"\\a\"", "\"\\U0041\"",
    "\"\\u\"", "\"\\u004\"", "\"\\u004g\"", "\"\\u004G\"", "\"\\u00:0\"", "\"\\u00@0\"",
    "\"\\u00/0\"", "\"\\u00`0\"", "\"\\u", "\"\n\"", "\"\t\"", "\"\x01\"", "\"\x1f\"",
    "\"\x80\"", "\"\xc0\x80\"", "\"\xc1\xbf\"", "\"\xc2\"", "\"\xc2", "\"\xc2\xc0\"",
    "\"\xe0\x9f\xbf\"", "\"\xe1\x80\"", "\"\xe1\x80", "\"\xe1\x80\xc0\"",
    "\"\xed\xa0\x80\"", "\"\xf0\x8f\xbf\xbf\"", "\"\xf0\x90\x80\"",
    "\"\xf4\x90\x80\x80\"", "\"\xf5\x80\x80\x80\"", "\"\xff\"", "\357\273\2771", "{",
    "{\"a\"", "{\"a\":", "{\"a\":1", "{\"a\":1,", "{\"a\":1,}", "{\"a\" 1}", "{\"a\":}",
    "{a:1}", "{1:1}", "{,}", "{\"a\":1 \"b\":2}", "{\"a\"=1}", "{\"a\":1]", "{\"a", "[",
    "[1", "[1,", "[1,]", "[,]", "[,1]", "[1 2]", "[1}", "[1;2]", "//", "/**/1", "1/**/",
    "1 1", "\v1", "\f1", "}", "]",
};
/* clang-format on */

static int trim_text(struct herd_slice body, uint32_t bound)
{
    struct fail_mem mem;
    struct herd_buf out;
    fail_mem_init(&mem);
    herd_buf_init(&out, &mem.mem, ROOM);
    int rc = result_cut_body(body, bound, &out);
    CHECK((rc == HERD_OK) == (out.len > 0));
    herd_buf_free(&out);
    CHECK_INT((int64_t)mem.blocks, 0);
    return rc;
}

static int trim_around(const char *before, const char *value, const char *after)
{
    char body[512];
    int len = snprintf(body, sizeof body, "%s%s%s", before, value, after);
    CHECK_LABEL("%s", body);
    return trim_text(cut_guarded(herd_slice(body, (size_t)len)), 1);
}

static void knows_json(void)
{
    for (size_t i = 0; i < sizeof good_values / sizeof good_values[0]; i++) {
        CHECK_INT(trim_around("{\"results\":[", good_values[i], "]}"), HERD_OK);
        CHECK_INT(trim_around("{\"results\":[1,", good_values[i], " ],\"x\":2}"), HERD_OK);
        CHECK_INT(trim_around("{\"x\":", good_values[i], ",\"status\":\"OK\"}"), HERD_OK);
        CHECK_INT(trim_around("{\"results\":[", good_values[i], ""), HERD_EBAD);
    }
    for (size_t i = 0; i < sizeof bad_values / sizeof bad_values[0]; i++) {
        CHECK_INT(trim_around("{\"results\":[1,", bad_values[i], "]}"), HERD_EBAD);
        CHECK_INT(trim_around("{\"status\":\"\",\"x\":", bad_values[i], "}"), HERD_EBAD);
        CHECK_INT(trim_around("{\"status\":\"\",\"x\":", bad_values[i], ""), HERD_EBAD);
        CHECK_INT(trim_around("{\"results\":[1],", bad_values[i], "}"), HERD_EBAD);
        CHECK_INT(trim_around("", bad_values[i], ""), HERD_EBAD);
    }
}

static void refuses_replies(void)
{
    /* clang-format off */
    static const char *const bodies[] = {
        "", "\n", " ", "[]", "1", "\"results\"", "{}", "{\"a\":1}",
        "<!DOCTYPE html><html></html>", "{\"results\":[]} x", "{\"results\":[]}{}",
        "{\"results\":[],\"results\":[]}",
        "{\"results\":[1],\"status\":\"\",\"results\":[]}",
        "{\"status\":\"A\",\"status\":\"A\"}", "{\"results\":1}", "{\"results\":{}}",
        "{\"results\":null}", "{\"results\":nul,\"status\":\"\"}",
        "{\"results\":null,\"results\":[]}", "{\"results\":[],\"results\":null}",
        "{\"results\":null,\"results\":null,\"status\":\"\"}", "{\"results\":[tr\rue]}",
        "{\"results\":[\"\r\"]}", "{\"results\":\"[]\"}", "{\"results\":", "{\"results\"",
        "{\"status\":1}", "{\"status\":null}", "{\"status\":[\"OK\"]}", "{\"status\":",
        "{\"Results\":[]}", "{\"result\":[]}", "{\"resul\\u0074s\":[]}",
        "{\"a\":{\"results\":[]}}", "\xef\xbb\xbf{\"results\":[]}", "{\"results\":[]}\v",
    };
    /* clang-format on */
    for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++) {
        CHECK_LABEL("%s", bodies[i]);
        CHECK_INT(trim_text(cut_guarded(herd_slice_str(bodies[i])), 1), HERD_EBAD);
    }
    CHECK_LABEL("NUL");
    CHECK_INT(trim_text(HERD_LIT("{\"results\":[]}\0"), 1), HERD_EBAD);
    CHECK_INT(trim_text(HERD_LIT("{\"results\":[\"\0\"]}"), 1), HERD_EBAD);
    CHECK_INT(trim_text(HERD_LIT("{\"results\":[\0]}"), 1), HERD_EBAD);
}

/* Reads {"results":[ `open` x nest `close` x nest ]}. */
static int trim_nested(const char *open, const char *close, size_t nest)
{
    char body[1024];
    size_t len = (size_t)snprintf(body, sizeof body, "{\"results\":[");
    for (size_t i = 0; i < nest; i++)
        len += (size_t)snprintf(body + len, sizeof body - len, "%s", open);
    len += (size_t)snprintf(body + len, sizeof body - len, "1");
    for (size_t i = 0; i < nest; i++)
        len += (size_t)snprintf(body + len, sizeof body - len, "%s", close);
    len += (size_t)snprintf(body + len, sizeof body - len, "]}");
    return trim_text(cut_guarded(herd_slice(body, len)), 1);
}

static void bounds_depth(void)
{
    CHECK_INT(trim_nested("[", "]", HERD_JSON_DEPTH_MAX - 2), HERD_OK);
    CHECK_INT(trim_nested("[", "]", HERD_JSON_DEPTH_MAX - 1), HERD_ERANGE);
    CHECK_INT(trim_nested("{\"a\":", "}", HERD_JSON_DEPTH_MAX - 2), HERD_OK);
    CHECK_INT(trim_nested("{\"a\":", "}", HERD_JSON_DEPTH_MAX - 1), HERD_ERANGE);
}

/* Reads `head`, then `count` values of one array, then `tail`. */
static int trim_many(const char *head, size_t count, const char *tail)
{
    size_t len = strlen(head), tail_len = strlen(tail);
    char *body = malloc(len + count * 2 + tail_len);
    if (body == NULL)
        return HERD_ENOMEM;
    memcpy(body, head, len);
    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            body[len++] = ',';
        body[len++] = '1';
    }
    memcpy(body + len, tail, tail_len);
    int rc = trim_text(herd_slice(body, len + tail_len), 1);
    free(body);
    return rc;
}

/* The objects and arrays around the values count as well. */
static void bounds_values(void)
{
    static const struct {
        const char *head, *tail;
        size_t around;
    } cases[] = {
        {"{\"results\":[", "]}", 2},
        {"{\"a\":[", "],\"results\":[]}", 3},
        {"{\"a\":[", "],\"status\":\"\"}", 3},
        {"{\"status\":\"\",\"results\":[{\"a\":[", "]}]}", 5},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        size_t most = HERD_JSON_VALUES_MAX - cases[i].around;
        CHECK_LABEL("%s", cases[i].head);
        CHECK_INT(trim_many(cases[i].head, most, cases[i].tail), HERD_OK);
        CHECK_INT(trim_many(cases[i].head, most + 1, cases[i].tail), HERD_ERANGE);
    }
}

/* ---- cuttings and memory ---- */

static void trim_prefix(void *ctx, struct herd_slice piece)
{
    int *good = ctx;
    *good += trim_text(piece, 1) == HERD_OK;
}

static void refuses_every_prefix(void)
{
    int good = 0;
    cut_prefixes(HERD_LIT(PAGE_A), trim_prefix, &good);
    CHECK_INT(good, 2); /* with and without the last newline */
}

static void keeps_bounds_of_memory(void)
{
    struct fail_mem mem;
    struct herd_places_result result;
    struct herd_slice body = HERD_LIT("{\"results\":[1,2]}"), status;
    fail_mem_init(&mem);
    herd_places_result_init(&result, &mem.mem, 20);
    fail_mem_arm(&mem, 1, false);
    CHECK_INT(herd_places_result_copy(&result, body, &status), HERD_ENOMEM);
    CHECK_INT(result.rc, HERD_ENOMEM);
    CHECK_INT((int64_t)result.text.len, 0);
    CHECK_INT(
        herd_places_result_copy(&result, HERD_LIT("{\"results\":[1,2,3,4]}"), &status),
        HERD_EFULL);
    CHECK_INT((int64_t)result.text.len, 0);
    CHECK_INT(herd_places_result_copy(&result, body, &status), HERD_OK);
    CHECK_SLICE(herd_buf_bytes(&result.text), body);
    /* What cannot give back memory keeps its text. */
    fail_mem_arm(&mem, 1, false);
    herd_places_result_fit(&result);
    CHECK_SLICE(herd_buf_bytes(&result.text), body);
    herd_places_result_fit(&result);
    CHECK_SLICE(herd_buf_bytes(&result.text), body);
    CHECK_INT((int64_t)mem.live, (int64_t)body.len);
    herd_buf_free(&result.text);
    for (size_t n = 1; n <= 2; n++) {
        fail_mem_arm(&mem, n, false);
        CHECK(herd_places_result_error(&mem.mem, HERD_LIT("X"), HERD_LIT("")) == NULL);
    }
    CHECK_INT((int64_t)mem.blocks, 0);
}

/* It is freed with the last reference. */
static void counts_references(void)
{
    struct fail_mem mem;
    fail_mem_init(&mem);
    struct herd_places_result *result =
        herd_places_result_error(&mem.mem, HERD_LIT("X"), HERD_LIT("y"));
    CHECK(!herd_places_result_is_answer(result));
    CHECK(herd_places_result_hold(result) == result);
    herd_places_result_release(result);
    CHECK(result->text.len > 0 && mem.blocks == 2);
    herd_places_result_release(result);
    CHECK_INT((int64_t)mem.blocks, 0);
    herd_places_result_release(NULL);
}

/* ---- errors of our own ---- */

#define BARE_PAGE(message, status)                                                         \
    "{\n" message "   \"html_attributions\" : [],\n   \"results\" : [],\n"                 \
    "   \"status\" : \"" status "\"\n}"
#define ERROR_PAGE(message, status)                                                        \
    BARE_PAGE("   \"error_message\" : \"" message "\",\n", status)

static void writes_error(void)
{
    static const struct {
        const char *status, *message, *want;
    } cases[] = {
        {"UNKNOWN_ERROR", "The Places server took too long.",
         ERROR_PAGE("The Places server took too long.", "UNKNOWN_ERROR")},
        {"OVER_QUERY_LIMIT", "", BARE_PAGE("", "OVER_QUERY_LIMIT")},
        {"X", "say \"a\\b\"", ERROR_PAGE("say \\\"a\\\\b\\\"", "X")},
        {"X", "\x01\n\x1f\x7f", ERROR_PAGE("\\u0001\\n\\u001f\\u007f", "X")},
        {"X", "\xc3\xa9 \xff \xc3", ERROR_PAGE("\xc3\xa9 \xef\xbf\xbd \xef\xbf\xbd", "X")},
    };
    struct fail_mem mem;
    fail_mem_init(&mem);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct herd_slice message = cut_guarded(herd_slice_str(cases[i].message));
        struct herd_places_result *result =
            herd_places_result_error(&mem.mem, herd_slice_str(cases[i].status), message);
        REQUIRE(result != NULL);
        CHECK_SLICE(herd_buf_bytes(&result->text), herd_slice_str(cases[i].want));
        CHECK_INT(trim_text(herd_buf_bytes(&result->text), 0), HERD_OK);
        herd_places_result_release(result);
    }
    CHECK_INT((int64_t)mem.blocks, 0);
}

const struct check_test test_places_result[] = {
    {"makes a query", makes_query},
    {"trims a reply", trims},
    {"counts references", counts_references},
    {"knows what is JSON", knows_json},
    {"refuses what is no reply", refuses_replies},
    {"bounds the depth", bounds_depth},
    {"bounds the number of values", bounds_values},
    {"refuses every prefix", refuses_every_prefix},
    {"appends all or nothing", keeps_bounds_of_memory},
    {"writes an error like Google's", writes_error},
    {NULL, NULL},
};
