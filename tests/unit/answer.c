/* SPDX-License-Identifier: ISC */
#include "answer.h"

#include "check.h"
#include "cut.h"
#include "fail_mem.h"

#include "herd/err.h"
#include "result_cut.h"

#include <stdlib.h>

enum { ROOM = 1 << 26, LARGE = 1 << 22 };

struct run {
    struct fail_mem mem;
    struct herd_places_result result;
    struct herd_slice text;
};

static void begin(struct run *run, size_t max)
{
    fail_mem_init(&run->mem);
    herd_places_result_init(&run->result, &run->mem.mem, max);
}

static void translate(struct run *run, const struct herd_places_provider *provider,
                      int http, struct herd_slice body)
{
    struct herd_places_answer answer = {http, body, ANSWER_SEARCH};
    provider->translate(&answer, &run->result);
    run->text = herd_buf_bytes(&run->result.text);
}

static void end(struct run *run)
{
    herd_buf_free(&run->result.text);
    CHECK_INT((int64_t)run->mem.blocks, 0);
}

void answer_check(const struct herd_places_provider *provider,
                  const struct answer_case *cases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct run run;
        const char *want = cases[i].want != NULL ? cases[i].want : "";
        begin(&run, ROOM);
        CHECK_LABEL("%s: %d %.200s", provider->name, cases[i].http, cases[i].body);
        translate(&run, provider, cases[i].http,
                  cut_guarded(herd_slice_str(cases[i].body)));
        CHECK_INT(run.result.verdict, cases[i].verdict);
        CHECK_INT(run.result.rc, cases[i].rc);
        CHECK_SLICE(run.text, herd_slice_str(want));
        end(&run);
    }
}

/* ---- what a good text is ---- */

static bool is_status(const cJSON *tree)
{
    static const char *const words[] = {
        "OK",
        "ZERO_RESULTS",
        "INVALID_REQUEST",
        "REQUEST_DENIED",
        "OVER_QUERY_LIMIT",
        "UNKNOWN_ERROR",
    };
    const char *status =
        cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(tree, "status"));
    for (size_t i = 0; status != NULL && i < sizeof words / sizeof words[0]; i++) {
        if (strcmp(status, words[i]) == 0)
            return true;
    }
    return false;
}

static void check_shape(const struct run *run, const cJSON *tree)
{
    const cJSON *results = cJSON_GetObjectItemCaseSensitive(tree, "results");
    const cJSON *credits = cJSON_GetObjectItemCaseSensitive(tree, "html_attributions");
    CHECK(cJSON_IsArray(results));
    CHECK(cJSON_IsArray(credits));
    CHECK(is_status(tree));
    CHECK(cJSON_GetArraySize(results) <= HERD_PLACES_RESULTS_MAX);
    CHECK(cJSON_GetArraySize(results) == 0 || run->result.verdict == HERD_PLACES_FOUND);
    for (const cJSON *one = results->child; one != NULL; one = one->next)
        CHECK(cJSON_IsObject(one));
    CHECK(run->text.data[run->text.len - 1] == '}');
    CHECK(memchr(run->text.data, '\0', run->text.len) == NULL);
}

/* Where a writer has noted that its text may be cut, a reader of the text finds the same.
 */
static void check_noted(const struct herd_places_result *result, uint32_t bound,
                        struct herd_slice got)
{
    struct fail_mem mem;
    struct herd_buf again;
    fail_mem_init(&mem);
    herd_buf_init(&again, &mem.mem, ROOM);
    CHECK_INT(result_cut_body(herd_buf_bytes(&result->text), bound, &again), HERD_OK);
    CHECK_SLICE(got, herd_buf_bytes(&again));
    herd_buf_free(&again);
}

void answer_check_cut(const struct herd_places_result *result, uint32_t bound)
{
    struct fail_mem mem;
    struct herd_buf out;
    struct herd_slice text = herd_buf_bytes(&result->text);
    fail_mem_init(&mem);
    herd_buf_init(&out, &mem.mem, ROOM);
    CHECK_INT(result_cut(result, bound, &out), HERD_OK);
    struct herd_slice got = herd_buf_bytes(&out);
    cJSON *want = cJSON_ParseWithLengthOpts(text.data, text.len, NULL, false);
    cJSON *have = cJSON_ParseWithLengthOpts(got.data, got.len, NULL, false);
    cJSON *results = cJSON_GetObjectItemCaseSensitive(want, "results");
    while (cJSON_GetArraySize(results) > (int)bound)
        cJSON_DeleteItemFromArray(results, (int)bound);
    CHECK(want != NULL && have != NULL && cJSON_Compare(want, have, true));
    bool doubled = false;
    for (size_t i = 1; i < got.len; i++)
        doubled = doubled || (got.data[i - 1] == '\n' && got.data[i] == '\n');
    CHECK(!doubled && got.data[got.len - 1] != '\n');
    check_noted(result, bound, got);
    cJSON_Delete(want);
    cJSON_Delete(have);
    herd_buf_free(&out);
    CHECK_INT((int64_t)mem.blocks, 0);
}

void answer_check_cut_body(struct herd_slice body, uint32_t bound)
{
    struct fail_mem mem;
    struct herd_places_result result;
    struct herd_slice status;
    fail_mem_init(&mem);
    herd_places_result_init(&result, &mem.mem, ROOM);
    cJSON *before = cJSON_ParseWithLengthOpts(body.data, body.len, NULL, false);
    CHECK_INT(herd_places_result_copy(&result, body, &status), HERD_OK);
    struct herd_slice text = herd_buf_bytes(&result.text);
    cJSON *after = cJSON_ParseWithLengthOpts(text.data, text.len, NULL, false);
    CHECK(before != NULL && after != NULL && cJSON_Compare(before, after, true));
    answer_check_cut(&result, bound);
    cJSON_Delete(before);
    cJSON_Delete(after);
    herd_buf_free(&result.text);
    CHECK_INT((int64_t)mem.blocks, 0);
}

static cJSON *judge(const struct run *run)
{
    if (run->text.len == 0) {
        CHECK(run->result.verdict == HERD_PLACES_FAILED);
        CHECK(run->result.rc != HERD_OK && run->result.rc != 1);
        CHECK_INT((int64_t)run->text.len, 0);
        return NULL;
    }
    CHECK_INT(run->result.rc, HERD_OK);
    cJSON *tree = cJSON_ParseWithLengthOpts(run->text.data, run->text.len, NULL, false);
    if (CHECK(tree != NULL)) {
        check_shape(run, tree);
        answer_check_cut(&run->result, (uint32_t)(run->text.len % 4));
    }
    return tree;
}

/* Google's own text is passed on nearly as it is, so it need not be what we would write. */
static cJSON *read_guarded(const struct herd_places_provider *provider, int http,
                           struct herd_slice body)
{
    struct run run;
    begin(&run, ROOM);
    translate(&run, provider, http, body);
    bool own = provider == &herd_google_legacy && run.text.len > 0 && http == 200;
    cJSON *tree =
        !own ? judge(&run) : cJSON_ParseWithLengthOpts(body.data, body.len, NULL, false);
    CHECK(!own || run.result.rc == HERD_OK);
    end(&run);
    return tree;
}

cJSON *answer_read(const struct herd_places_provider *provider, int http,
                   struct herd_slice body)
{
    return read_guarded(provider, http, cut_guarded(body));
}

/* ---- bodies that are not what they should be ---- */

static size_t try_body(const struct herd_places_provider *provider, struct herd_slice body)
{
    cJSON *tree = answer_read(provider, 200, body);
    cJSON_Delete(tree);
    return tree != NULL;
}

size_t answer_mangle(const struct herd_places_provider *provider, struct herd_slice body)
{
    static const char bytes[] = {'\0', '"', '\\', '{', ']', ',', '0', 'u', '\xe2', ' '};
    size_t good = 0;
    char *copy = malloc(body.len + 1);
    if (!CHECK(copy != NULL))
        return 0;
    for (size_t i = 0; i < body.len; i++) {
        CHECK_LABEL("%s, byte %zu", provider->name, i);
        good += try_body(provider, herd_slice(body.data, i));
        memcpy(copy, body.data, body.len);
        for (size_t b = 0; b < sizeof bytes; b++) {
            copy[i] = bytes[b];
            good += try_body(provider, herd_slice(copy, body.len));
        }
        memcpy(copy + i, body.data + i + 1, body.len - i - 1);
        good += try_body(provider, herd_slice(copy, body.len - 1));
        memcpy(copy + i + 1, body.data + i, body.len - i);
        copy[i] = body.data[i];
        good += try_body(provider, herd_slice(copy, body.len + 1));
    }
    free(copy);
    return good;
}

/* The end of the value at the start of `text`, by counting brackets. */
static size_t value_end(struct herd_slice text)
{
    size_t depth = 0;
    bool quoted = false;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.data[i];
        if (quoted && c == '\\') {
            i++;
            continue;
        }
        if (c == '"')
            quoted = !quoted;
        if (quoted)
            continue;
        if (depth == 0 && i > 0 && strchr(",]} \n", c) != NULL)
            return i;
        depth += c == '{' || c == '[';
        depth -= c == '}' || c == ']';
    }
    return text.len;
}

size_t answer_retype(const struct herd_places_provider *provider, struct herd_slice body)
{
    static const char *const values[] = {"null",      "true", "-1.5e3",     "\"a\"",
                                         "\"\"",      "[]",   "{}",         "[1]",
                                         "{\"a\":1}", "[{}]", "\"\\u0000\""};
    size_t good = 0;
    char *copy = malloc(body.len + 32);
    for (size_t i = 1; CHECK(copy != NULL) && i < body.len; i++) {
        if (strchr(":[,", body.data[i - 1]) == NULL)
            continue;
        while (i < body.len && (body.data[i] == ' ' || body.data[i] == '\n'))
            i++;
        struct herd_slice rest = herd_slice_from(body, i);
        size_t len = value_end(rest);
        for (size_t v = 0; v < sizeof values / sizeof values[0]; v++) {
            size_t fresh = strlen(values[v]);
            memcpy(copy, body.data, i);
            memcpy(copy + i, values[v], fresh);
            memcpy(copy + i + fresh, rest.data + len, rest.len - len);
            CHECK_LABEL("%s, value at %zu is %s", provider->name, i, values[v]);
            good += try_body(provider, herd_slice(copy, body.len - len + fresh));
        }
    }
    free(copy);
    return good;
}

void answer_starve(const struct herd_places_provider *provider, struct herd_slice body)
{
    struct run run;
    size_t len = 0;
    for (size_t n = 1; len == 0 && CHECK(n < 100); n++) {
        begin(&run, ROOM);
        fail_mem_arm(&run.mem, n, false);
        translate(&run, provider, 200, body);
        cJSON_Delete(judge(&run));
        CHECK(run.text.len > 0 || run.result.rc == HERD_ENOMEM);
        len = run.text.len;
        CHECK(len == 0 || run.mem.failed == 0);
        end(&run);
    }
    for (size_t max = 1; max <= len; max++) {
        begin(&run, max);
        translate(&run, provider, 200, body);
        CHECK_INT(run.result.rc, max < len ? HERD_EFULL : HERD_OK);
        CHECK((run.text.len > 0) == (max == len));
        CHECK(max == len || run.result.verdict == HERD_PLACES_FAILED);
        end(&run);
    }
}

static void abuse_large(const struct herd_places_provider *provider)
{
    static const struct {
        const char *head, *piece, *tail;
        int rc; /* HERD_OK: any error */
    } cases[] = {
        {"", "[", "", HERD_OK},
        {"", "{\"a\":", "", HERD_ERANGE},
        {"{\"places\":", "[", "", HERD_ERANGE},
        {"{\"elements\":[", "{},", "{}]}", HERD_ERANGE},
        {"{\"features\":[", "1,", "1]}", HERD_ERANGE},
        {"{\"a\":\"", "x", "\"}", HERD_EBAD},
        {"", " ", "", HERD_EBAD},
        {"", "\xff", "", HERD_EBAD},
        {"<html>", "a", "</html>", HERD_EBAD},
        {"{\"a\":", "1", "}", HERD_EBAD},
        {"{\"a\":\"", "\\u", "\"}", HERD_EBAD},
    };
    char *body = malloc(LARGE + 64);
    for (size_t i = 0; CHECK(body != NULL) && i < sizeof cases / sizeof cases[0]; i++) {
        struct run run;
        size_t len = strlen(cases[i].head), piece = strlen(cases[i].piece);
        memcpy(body, cases[i].head, len);
        for (; len < LARGE; len += piece)
            memcpy(body + len, cases[i].piece, piece);
        memcpy(body + len, cases[i].tail, strlen(cases[i].tail));
        begin(&run, ROOM);
        CHECK_LABEL("%s: much of %s%s", provider->name, cases[i].head, cases[i].piece);
        translate(&run, provider, 200, herd_slice(body, len + strlen(cases[i].tail)));
        CHECK(run.result.rc == cases[i].rc ||
              (cases[i].rc == HERD_OK && run.result.rc < 0));
        CHECK_INT(run.result.verdict, HERD_PLACES_FAILED);
        end(&run);
    }
    free(body);
}

void answer_abuse(const struct herd_places_provider *provider)
{
    static const char *const bodies[] = {
        "",
        " ",
        "null",
        "true",
        "1",
        "\"places\"",
        "[]",
        "[[]]",
        "[{}]",
        "[null]",
        "{",
        "<!DOCTYPE html><html><body>busy</body></html>",
        "{} {}",
        "{\"a\":1}",
        "\xef\xbb\xbf{}",
        "{\"places\":{}}",
        "{\"elements\":{}}",
        "{\"features\":{}}",
        "{\"error\":1}",
        "{\"error\":[]}",
        "{\"error\":\"a\"}",
        "{\"message\":1}",
        "{\"elements\":null}",
        "{\"features\":null}",
    };
    struct run run;
    for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++) {
        begin(&run, ROOM);
        CHECK_LABEL("%s: %s", provider->name, bodies[i]);
        translate(&run, provider, 200, cut_guarded(herd_slice_str(bodies[i])));
        CHECK_INT(run.result.rc, HERD_EBAD);
        CHECK_INT(run.result.verdict, HERD_PLACES_FAILED);
        CHECK_INT((int64_t)run.text.len, 0);
        end(&run);
    }
    CHECK_LABEL("%s: NUL", provider->name);
    CHECK_INT((int64_t)try_body(provider, HERD_LIT("\0")), 0);
    CHECK_INT((int64_t)try_body(provider, HERD_LIT("{}\0")), 0);
    CHECK_INT((int64_t)try_body(provider, herd_slice("", 0)), 0);
    abuse_large(provider);
}
