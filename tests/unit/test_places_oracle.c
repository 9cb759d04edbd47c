/* SPDX-License-Identifier: ISC */
/* cJSON as an independent judge of what result.c makes of replies. */
#include "answer.h"
#include "check.h"
#include "cut.h"
#include "dice.h"
#include "fail_mem.h"
#include "fixture.h"

#include "herd/err.h"
#include "result_cut.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>

enum { ROOM = 1 << 24 };

/* JSON out of a seed; the same on every machine. */
struct maker {
    struct dice dice;
    char text[1 << 16];
    size_t len;
};

static void add(struct maker *m, const char *text)
{
    size_t len = strlen(text);
    if (m->len + len <= sizeof m->text) {
        memcpy(m->text + m->len, text, len);
        m->len += len;
    }
}

static void add_one_of(struct maker *m, const char *const *texts, uint32_t count)
{
    add(m, texts[dice_roll(&m->dice, count)]);
}

static void add_blanks(struct maker *m)
{
    static const char *const blanks[] = {"", "", " ", "\n", "\n\n\n", "\r\n", "\t", "   "};
    add_one_of(m, blanks, 8);
}

static void add_string(struct maker *m)
{
    static const char *const parts[] = {
        "a",
        "results",
        "status",
        "\\\"",
        "\\\\",
        "]",
        "}",
        "[",
        "{",
        ",",
        ":",
        "\\n",
        "\\u003c",
        "\\ud83d\\ude00",
        "\xc3\xa9",
        "\xe2\x82\xac",
        "\xf0\x9f\x98\x80",
        " ",
    };
    add(m, "\"");
    for (uint32_t n = dice_roll(&m->dice, 5); n > 0; n--)
        add_one_of(m, parts, sizeof parts / sizeof parts[0]);
    add(m, "\"");
}

static void add_value(struct maker *m, unsigned depth);

static void add_container(struct maker *m, unsigned depth, bool object)
{
    char key[16];
    add(m, object ? "{" : "[");
    uint32_t count = dice_roll(&m->dice, 4);
    for (uint32_t i = 0; i < count; i++) {
        if (i > 0)
            add(m, ",");
        add_blanks(m);
        if (object) {
            snprintf(key, sizeof key, "\"k%u\"", i);
            add(m, key);
            add_blanks(m);
            add(m, ":");
            add_blanks(m);
        }
        add_value(m, depth + 1);
        add_blanks(m);
    }
    add_blanks(m);
    add(m, object ? "}" : "]");
}

static void add_value(struct maker *m, unsigned depth)
{
    static const char *const plain[] = {
        "0", "-1", "1.5e3", "81.63495279999999", "true", "false", "null", "\"\"",
    };
    uint32_t kind = dice_roll(&m->dice, depth < 6 ? 6 : 3);
    if (kind < 2)
        add_one_of(m, plain, 8);
    else if (kind == 2)
        add_string(m);
    else
        add_container(m, depth, kind == 3 || kind == 4);
}

static void add_page(struct maker *m)
{
    m->len = 0;
    add_blanks(m);
    add(m, "{");
    add_blanks(m);
    if (dice_roll(&m->dice, 2)) {
        add(m, "\"before\":");
        add_value(m, 2);
        add(m, ",");
    }
    add(m, "\"results\"");
    add_blanks(m);
    add(m, ":");
    add_blanks(m);
    add(m, "[");
    for (uint32_t n = dice_roll(&m->dice, 8), i = 0; i < n; i++) {
        add(m, i > 0 ? "," : "");
        add_blanks(m);
        add_value(m, 2);
        add_blanks(m);
    }
    add_blanks(m);
    add(m, "]");
    add_blanks(m);
    add(m, ",\"status\" : \"OK\"");
    add_blanks(m);
    add(m, "}");
    add_blanks(m);
}

static void agrees_with_oracle(void)
{
    static struct maker m;
    for (uint32_t seed = 1; seed <= 1000; seed++) {
        m.dice.state = seed;
        add_page(&m);
        CHECK_LABEL("seed %u", seed);
        answer_check_cut_body(cut_guarded(herd_slice(m.text, m.len)), seed % 9);
    }
}

static int take_page(struct herd_slice body)
{
    struct fail_mem mem;
    struct herd_buf out;
    fail_mem_init(&mem);
    herd_buf_init(&out, &mem.mem, ROOM);
    int rc = result_cut_body(body, 3, &out);
    herd_buf_free(&out);
    return rc;
}

/* Text that we take must be JSON for cJSON too, which is the less strict of the two but
 * for halves of surrogate pairs. */
static void takes_nothing_more(void)
{
    static struct maker m;
    static const char bytes[] = "\"\\{}[],:0-.eu\n\x80 tx";
    for (uint32_t seed = 1; seed <= 4000; seed++) {
        m.dice.state = seed;
        add_page(&m);
        uint32_t at = dice_roll(&m.dice, (uint32_t)m.len);
        m.text[at] = bytes[dice_roll(&m.dice, sizeof bytes)];
        struct herd_slice body = cut_guarded(herd_slice(m.text, m.len));
        CHECK_LABEL("seed %u", seed);
        int rc = take_page(body);
        cJSON *tree = cJSON_ParseWithLengthOpts(body.data, body.len, NULL, false);
        bool halves = false;
        for (size_t i = 0; i + 2 < body.len; i++)
            halves = halves || memcmp(body.data + i, "\\ud", 3) == 0;
        CHECK(rc != HERD_OK || tree != NULL || halves);
        cJSON_Delete(tree);
    }
}

/* The body of a fixture, and the HTTP status of its head. */
static struct herd_slice read_reply(const char *name, int *status)
{
    struct herd_slice text = fixture_read(name);
    *status = 200;
    for (size_t i = 0; i + 8 <= text.len; i++) {
        if (memcmp(text.data + i, "\nstatus ", 8) == 0)
            *status = (int)strtol(text.data + i + 8, NULL, 10);
        if (memcmp(text.data + i, "\nbody\n", 6) == 0)
            return herd_slice_from(text, i + 6);
    }
    return text;
}

/* The bodies of fixtures/places, that are whole and plain JSON pages. */
static void compare_fixture(void *ctx, const char *name)
{
    int *pages = ctx, status;
    struct herd_slice body = read_reply(name, &status);
    cJSON *tree = cJSON_ParseWithLengthOpts(body.data, body.len, NULL, false);
    bool page = cJSON_GetObjectItemCaseSensitive(tree, "results") != NULL;
    cJSON_Delete(tree);
    if (!page)
        return;
    (*pages)++;
    for (uint32_t bound = 0; bound <= 20; bound += bound < 2 ? 1 : 6) {
        CHECK_LABEL("%s to %u", name, bound);
        answer_check_cut_body(cut_guarded(body), bound);
    }
}

static void agrees_on_fixtures(void)
{
    int pages = 0;
    fixture_each("places", ".http", compare_fixture, &pages);
    CHECK(pages >= 8);
}

struct service {
    const struct herd_places_provider *provider;
    int texts, pages;
};

/* What a provider makes of a fixture, cut to every bound. */
static void compare_translated(void *ctx, const char *name)
{
    struct service *service = ctx;
    struct herd_places_answer answer = {.search.radius_km = 10};
    struct fail_mem mem;
    struct herd_places_result result;
    fail_mem_init(&mem);
    herd_places_result_init(&result, &mem.mem, ROOM);
    answer.body = cut_guarded(read_reply(name, &answer.http_status));
    service->provider->translate(&answer, &result);
    bool has_text = result.text.len > 0;
    CHECK_LABEL("%s", name);
    CHECK(has_text == (result.rc == HERD_OK));
    CHECK(result.verdict != HERD_PLACES_FOUND || answer.http_status == 200);
    service->texts += has_text;
    service->pages += result.verdict == HERD_PLACES_FOUND;
    for (uint32_t bound = 0; has_text && bound <= 20; bound++) {
        CHECK_LABEL("%s to %u", name, bound);
        answer_check_cut(&result, bound);
    }
    herd_buf_free(&result.text);
}

static void agrees_on_translated(void)
{
    for (size_t i = 1; herd_places_provider_at(i) != NULL; i++) {
        char folder[64];
        struct service service = {.provider = herd_places_provider_at(i)};
        snprintf(folder, sizeof folder, "places/%s", service.provider->name);
        fixture_each(folder, ".http", compare_translated, &service);
        CHECK_LABEL("%s", service.provider->name);
        CHECK(service.pages >= 8);
        CHECK(service.texts >= 10);
    }
}

const struct check_test test_places_oracle[] = {
    {"agrees with cJSON on generated replies", agrees_with_oracle},
    {"takes nothing that cJSON refuses", takes_nothing_more},
    {"agrees with cJSON on the fixtures", agrees_on_fixtures},
    {"agrees with cJSON on translated fixtures", agrees_on_translated},
    {NULL, NULL},
};
