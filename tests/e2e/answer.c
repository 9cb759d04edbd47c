/* SPDX-License-Identifier: ISC */
#include "answer.h"

#include "check.h"
#include "files.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>

struct herd_slice answer_json(struct herd_slice reply, struct herd_slice at)
{
    bool ok = reply.len > at.len + 3 && memcmp(reply.data, at.data, at.len) == 0 &&
              reply.data[at.len] == '\n' &&
              memcmp(reply.data + reply.len - 2, "\n\n", 2) == 0;
    if (!ok) {
        CHECK_SLICE(reply, at);
        return HERD_LIT("");
    }
    return herd_slice(reply.data + at.len + 1, reply.len - at.len - 3);
}

static bool is_status(const char *text)
{
    static const char *const words[] = {"OK",
                                        "ZERO_RESULTS",
                                        "INVALID_REQUEST",
                                        "OVER_QUERY_LIMIT",
                                        "REQUEST_DENIED",
                                        "UNKNOWN_ERROR"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (strcmp(words[i], text) == 0)
            return true;
    return false;
}

bool answer_is_legacy(struct herd_slice json, char status[ANSWER_STATUS])
{
    enum { RESULTS_MOST = 20 };
    const char *end = NULL;
    cJSON *whole = cJSON_ParseWithLengthOpts(json.data, json.len, &end, 0);
    const cJSON *credits = cJSON_GetObjectItemCaseSensitive(whole, "html_attributions");
    const cJSON *results = cJSON_GetObjectItemCaseSensitive(whole, "results");
    const char *word =
        cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(whole, "status"));
    snprintf(status, ANSWER_STATUS, "%s", word != NULL ? word : "");
    bool ok = cJSON_IsObject(whole) && end == json.data + json.len &&
              cJSON_IsArray(credits) && cJSON_IsArray(results) &&
              cJSON_GetArraySize(results) <= RESULTS_MOST && is_status(status) &&
              bytes_find(json, HERD_LIT("\n\n")) == NULL;
    cJSON_Delete(whole);
    return ok;
}

/* ---- cutting ---- */

/* Behind the string that begins at data[at]. */
static size_t skip_string(struct herd_slice text, size_t at)
{
    for (at++; at < text.len && text.data[at] != '"'; at++)
        at += text.data[at] == '\\';
    return at + 1;
}

/* What of the body goes: [from, to). */
struct gap {
    size_t from, to;
};

/* Where the elements of the array that opens at data[at] end tells the gap. */
static struct gap look_into(struct herd_slice text, size_t at, unsigned bound)
{
    struct gap gap = {at + 1, at + 1};
    unsigned count = 0;
    size_t depth = 0;
    while (at < text.len) {
        char c = text.data[at];
        if (c == '"') {
            at = skip_string(text, at);
            continue;
        }
        depth += c == '[' || c == '{';
        depth -= c == ']' || c == '}';
        if (depth == 0)
            break;
        if (c == '}' && depth == 1) {
            gap.to = at + 1;
            if (++count <= bound)
                gap.from = at + 1;
        }
        at++;
    }
    if (bound == 0 && count > 0)
        gap.to = at;
    return gap;
}

/* The member "results" of the outermost object. */
static struct gap find_gap(struct herd_slice text, unsigned bound)
{
    size_t at = 0, depth = 0;
    while (at < text.len) {
        char c = text.data[at];
        if (c == '"') {
            size_t end = skip_string(text, at);
            struct herd_slice word = herd_slice(text.data + at, end - at);
            size_t then = end + strspn(text.data + end, " \n");
            if (depth == 1 && text.data[then] == ':' &&
                herd_slice_eq(word, HERD_LIT("\"results\"")))
                return look_into(text, then + 1 + strspn(text.data + then + 1, " \n"),
                                 bound);
            at = end;
            continue;
        }
        depth += c == '[' || c == '{';
        depth -= c == ']' || c == '}';
        at++;
    }
    return (struct gap){text.len, text.len};
}

static size_t append_folded(char *out, size_t len, struct herd_slice text)
{
    for (size_t i = 0; i < text.len; i++)
        if (text.data[i] != '\n' || len == 0 || out[len - 1] != '\n')
            out[len++] = text.data[i];
    return len;
}

struct herd_slice answer_cut(struct herd_slice body, unsigned bound)
{
    struct gap gap = find_gap(body, bound);
    char *out = malloc(body.len + 1);
    if (!CHECK(out != NULL))
        return herd_slice(NULL, 0);
    size_t len = append_folded(out, 0, herd_slice(body.data, gap.from));
    len = append_folded(out, len, herd_slice_from(body, gap.to));
    while (len > 0 && out[len - 1] == '\n')
        len--;
    out[len] = '\0';
    return herd_slice(out, len);
}
