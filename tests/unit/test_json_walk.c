/* SPDX-License-Identifier: ISC */
#include "check.h"
#include "cut.h"
#include "dice.h"

#include "herd/err.h"

#include "json_scan.h"
#include "json_walk.h"

#include <cjson/cJSON.h>
#include <stdio.h>

static void tells_kinds(void)
{
    static const struct {
        const char *text;
        enum json_kind kind;
    } cases[] = {
        {"", JSON_NONE},       {"{}", JSON_OBJECT},   {"[]", JSON_ARRAY},
        {"\"\"", JSON_STRING}, {"0", JSON_NUMBER},    {"-1", JSON_NUMBER},
        {"true", JSON_TRUE},   {"false", JSON_FALSE}, {"null", JSON_NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        CHECK_LABEL("%s", cases[i].text);
        struct herd_slice value = cut_guarded(herd_slice_str(cases[i].text));
        CHECK_INT(herd_json_kind(value), cases[i].kind);
    }
}

static void finds_root(void)
{
    static const struct {
        const char *text, *want;
    } cases[] = {
        {" \r\n\t{\"a\" : [1]} \n", "{\"a\" : [1]}"},
        {"[ ]", "[ ]"},
        {" 12 ", "12"},
        {"\"\\\"]\"", "\"\\\"]\""},
        {"-1.5e+3", "-1.5e+3"},
        {"null\n", "null"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct herd_slice text = cut_guarded(herd_slice_str(cases[i].text));
        CHECK_LABEL("%s", cases[i].text);
        CHECK_INT(herd_json_check(text), HERD_OK);
        CHECK_SLICE(herd_json_root(text), herd_slice_str(cases[i].want));
    }
}

/* Writes what a walk finds as key=value; */
static void walk_to_text(struct herd_slice value, char *out, size_t size)
{
    struct json_walk walk;
    struct herd_slice key, one;
    size_t len = 0;
    out[0] = '\0';
    herd_json_open(&walk, value);
    while (herd_json_next(&walk, &key, &one))
        len += (size_t)snprintf(out + len, size - len, "%.*s=%.*s;", (int)key.len, key.data,
                                (int)one.len, one.data);
}

static void walks(void)
{
    static const struct {
        const char *text, *want;
    } cases[] = {
        {"{}", ""},
        {"[]", ""},
        {"[ \n ]", ""},
        {"12", ""},
        {"\"[1]\"", ""},
        {"", ""},
        {"[1,\"a\" , true,null,-0.5e3 ]", "=1;=\"a\";=true;=null;=-0.5e3;"},
        {"[[1,[2]],{\"a\":{\"b\":3}}, []]", "=[1,[2]];={\"a\":{\"b\":3}};=[];"},
        {"{\"a\":1,\"b\" : \"x\\\"},\" ,\"\":[\"]\"]\n}", "a=1;b=\"x\\\"},\";=[\"]\"];"},
        {"{\"a\\\"\":{},\"a\":2,\"a\":3}", "a\\\"={};a=2;a=3;"},
        {"{\"\\\\\":\"\\\\\",\"b\":[\"\\\\\\\"\"]}", "\\\\=\"\\\\\";b=[\"\\\\\\\"\"];"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char got[256];
        struct herd_slice text = cut_guarded(herd_slice_str(cases[i].text));
        CHECK_LABEL("%s", cases[i].text);
        walk_to_text(text, got, sizeof got);
        CHECK_STR(got, cases[i].want);
    }
}

static void picks_first(void)
{
    static const char *const names[] = {"a", "b", "missing"};
    struct herd_slice value[3];
    struct herd_slice text = cut_guarded(HERD_LIT(
        "{\"b\":[1],\"a\":1,\"a\":2,\"c\":{\"missing\":1},\"\\u0061\":3,\"b\":4}"));
    herd_json_pick(text, names, 3, value);
    CHECK_SLICE(value[0], HERD_LIT("1"));
    CHECK_SLICE(value[1], HERD_LIT("[1]"));
    CHECK_SLICE(value[2], HERD_LIT(""));
    CHECK_SLICE(herd_json_get(text, "c"), HERD_LIT("{\"missing\":1}"));
    CHECK_SLICE(herd_json_get(herd_json_get(text, "c"), "missing"), HERD_LIT("1"));
    CHECK_SLICE(herd_json_get(herd_json_get(text, "b"), "1"), HERD_LIT(""));
    CHECK_SLICE(herd_json_get(HERD_LIT("[\"a\",1]"), "a"), HERD_LIT(""));
    CHECK_SLICE(herd_json_get(HERD_LIT(""), "a"), HERD_LIT(""));
}

static void reads_strings(void)
{
    struct herd_slice inner;
    CHECK(herd_json_string(HERD_LIT("\"a\\\"b\""), &inner));
    CHECK_SLICE(inner, HERD_LIT("a\\\"b"));
    CHECK(herd_json_string(HERD_LIT("\"\""), &inner));
    CHECK_SLICE(inner, HERD_LIT(""));
    CHECK(!herd_json_string(HERD_LIT("12"), &inner));
    CHECK_SLICE(inner, HERD_LIT(""));
    CHECK(!herd_json_string(HERD_LIT(""), &inner));
    CHECK(!herd_json_string(HERD_LIT("\""), &inner));
}

static void reads_characters(void)
{
    static const struct {
        const char *text;
        uint32_t want[4]; /* up to the first 0x110000 */
    } cases[] = {
        {"a", {'a', 0x110000}},
        {"\\\"\\\\\\/", {'"', '\\', '/', 0x110000}},
        {"\\b\\f\\n", {'\b', '\f', '\n', 0x110000}},
        {"\\r\\t", {'\r', '\t', 0x110000}},
        {"\\u0000", {0, 0x110000}},
        {"\\u0041\\u00e9\\uABcd", {0x41, 0xe9, 0xabcd, 0x110000}},
        {"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80", {0xe9, 0x20ac, 0x1f600, 0x110000}},
        {"\\ud83d\\ude00", {0x1f600, 0x110000}},
        {"\\ud800\\udc00\\udbff\\udfff", {0x10000, 0x10ffff, 0x110000}},
        {"\\ud83d", {0xfffd, 0x110000}},
        {"\\ude00", {0xfffd, 0x110000}},
        {"\\ud83dx", {0xfffd, 'x', 0x110000}},
        {"\\ud83d\\n", {0xfffd, '\n', 0x110000}},
        {"\\ud83d\\u0041", {0xfffd, 'A', 0x110000}},
        {"\\ud83d\\ud83d\\ude00", {0xfffd, 0x1f600, 0x110000}},
        {"\\ude00\\ud83d", {0xfffd, 0xfffd, 0x110000}},
        {"\\ud83d\\\\ude0", {0xfffd, '\\', 'u', 'd'}},
        {"\xff\xc3", {0xfffd, 0xfffd, 0x110000}},
        {"\xed\xa0\x80", {0xfffd, 0xfffd, 0xfffd, 0x110000}},
        {"\\", {0xfffd, 0x110000}},
        {"\x7f\x01", {0x7f, 1, 0x110000}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct herd_slice rest = cut_guarded(herd_slice_str(cases[i].text));
        CHECK_LABEL("%s", cases[i].text);
        for (size_t n = 0; n < 4 && cases[i].want[n] < 0x110000; n++) {
            REQUIRE(rest.len > 0);
            CHECK_INT(herd_json_char(&rest), cases[i].want[n]);
        }
        CHECK(rest.len == 0 || cases[i].want[3] == 'd');
    }
}

static void reads_numbers(void)
{
    static const struct {
        const char *text;
        bool ok;
        int64_t want;
    } cases[] = {
        {"0", true, 0},
        {"-0", true, 0},
        {"34.068930", true, INT64_C(34068930000)},
        {"-118.4451271", true, INT64_C(-118445127100)},
        {"81.63495279999999", true, INT64_C(81634952799)},
        {"0.0000000019", true, 1},
        {"1e0", true, INT64_C(1000000000)},
        {"5.0E-4", true, 500000},
        {"-5e-4", true, -500000},
        {"1.5e+1", true, INT64_C(15000000000)},
        {"0.00000000000012e12", true, 120000000},
        {"123456e-3", true, INT64_C(123456000000)},
        {"1e-9", true, 1},
        {"1e-10", true, 0},
        {"9e-99999999999999999999", true, 0},
        {"0e99999999999999999999", true, 0},
        {"0.0e5", true, 0},
        {"1000", true, INT64_C(1000000000000)},
        {"1000.0000000001", true, INT64_C(1000000000000)},
        {"1000.000000001", false, 0},
        {"1001", false, 0},
        {"1e3", true, INT64_C(1000000000000)},
        {"1e4", false, 0},
        {"1e99999999999999999999", false, 0},
        {"99999999999999999999999999", false, 0},
        {"", false, 0},
        {"\"1\"", false, 0},
        {"true", false, 0},
        {"null", false, 0},
        {"[1]", false, 0},
        {"{}", false, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int64_t got = 0;
        CHECK_LABEL("%s", cases[i].text);
        CHECK(herd_json_nano(cut_guarded(herd_slice_str(cases[i].text)), &got) ==
              cases[i].ok);
        if (cases[i].ok)
            CHECK_INT(got, cases[i].want);
    }
}

/* Walks through everything, to the bottom. The text is its own bound. */
static size_t walk_all(struct herd_slice value, unsigned depth)
{
    struct json_walk walk;
    struct herd_slice key, one, inner;
    int64_t nano;
    size_t count = 1;
    herd_json_nano(value, &nano);
    if (herd_json_string(value, &inner)) {
        while (inner.len > 0)
            herd_json_char(&inner);
    }
    herd_json_open(&walk, value);
    while (depth < 64 && herd_json_next(&walk, &key, &one)) {
        while (key.len > 0)
            herd_json_char(&key);
        count += walk_all(one, depth + 1);
    }
    return count;
}

/* Text that is no JSON is not meant to be walked through; but nothing comes of it. */
static void survives_anything(void)
{
    static const char bytes[] = "{}[]\"\\,:0-.eutfn \n\xc3\xed";
    char text[48];
    size_t steps = 0;
    for (uint64_t seed = 1; seed <= 50000; seed++) {
        struct dice dice = {seed};
        size_t len = dice_roll(&dice, sizeof text);
        for (size_t i = 0; i < len; i++)
            text[i] = bytes[dice_roll(&dice, sizeof bytes)];
        CHECK_LABEL("seed %llu", (unsigned long long)seed);
        struct herd_slice guarded = cut_guarded(herd_slice(text, len));
        steps += walk_all(guarded, 0);
        steps += walk_all(herd_json_root(guarded), 0);
    }
    CHECK(steps > 100000);
}

/* ---- cJSON finds the same ---- */

static void compare(const cJSON *want, struct herd_slice got)
{
    static const struct {
        int type;
        enum json_kind kind;
    } kinds[] = {
        {cJSON_Object, JSON_OBJECT}, {cJSON_Array, JSON_ARRAY}, {cJSON_String, JSON_STRING},
        {cJSON_Number, JSON_NUMBER}, {cJSON_True, JSON_TRUE},   {cJSON_False, JSON_FALSE},
        {cJSON_NULL, JSON_NULL},
    };
    struct json_walk walk;
    struct herd_slice key, one;
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        CHECK((want->type == kinds[i].type) == (herd_json_kind(got) == kinds[i].kind));
    herd_json_open(&walk, got);
    for (const cJSON *child = want->child; child != NULL; child = child->next) {
        REQUIRE(herd_json_next(&walk, &key, &one));
        if (child->string != NULL)
            CHECK_SLICE(key, herd_slice_str(child->string));
        compare(child, one);
    }
    CHECK(!herd_json_next(&walk, &key, &one));
}

struct maker {
    struct dice dice;
    char text[4096];
    size_t len;
};

static void add(struct maker *m, const char *text)
{
    size_t len = strlen(text);
    memcpy(m->text + m->len, text, len);
    m->len += len;
}

static void add_value(struct maker *m, unsigned depth)
{
    static const char *const plain[] = {
        "0",    "-1.5e3",        "true",     "false",        "null",
        "\"\"", "\"a\\\"\\\\\"", "\"]},:\"", "\"\xc3\xa9\"", "1e5"};
    static const char *const blanks[] = {"", "", " ", "\n  ", "\t"};
    uint32_t kind = dice_roll(&m->dice, depth < 5 && m->len < 2000 ? 5 : 3);
    if (kind < 3) {
        add(m, plain[dice_roll(&m->dice, 10)]);
        return;
    }
    add(m, kind == 3 ? "{" : "[");
    for (uint32_t n = dice_roll(&m->dice, 4), i = 0; i < n; i++) {
        add(m, i > 0 ? "," : "");
        add(m, blanks[dice_roll(&m->dice, 5)]);
        if (kind == 3) {
            add(m, i % 2 ? "\"k\"" : "\"other key\"");
            add(m, blanks[dice_roll(&m->dice, 5)]);
            add(m, ":");
        }
        add_value(m, depth + 1);
        add(m, blanks[dice_roll(&m->dice, 5)]);
    }
    add(m, kind == 3 ? "}" : "]");
}

static void agrees_with_oracle(void)
{
    static struct maker m;
    for (uint64_t seed = 1; seed <= 3000; seed++) {
        m.dice.state = seed;
        m.len = 0;
        add_value(&m, 0);
        struct herd_slice text = cut_guarded(herd_slice(m.text, m.len));
        CHECK_LABEL("seed %llu", (unsigned long long)seed);
        cJSON *tree = cJSON_ParseWithLengthOpts(text.data, text.len, NULL, false);
        CHECK_INT(herd_json_check(text), HERD_OK);
        if (CHECK(tree != NULL))
            compare(tree, herd_json_root(text));
        cJSON_Delete(tree);
    }
}

const struct check_test test_json_walk[] = {
    {"tells kinds of values", tells_kinds},
    {"finds the root", finds_root},
    {"walks through members and elements", walks},
    {"picks the first of a name", picks_first},
    {"reads strings", reads_strings},
    {"reads characters", reads_characters},
    {"reads numbers", reads_numbers},
    {"survives anything", survives_anything},
    {"finds what cJSON finds", agrees_with_oracle},
    {NULL, NULL},
};
