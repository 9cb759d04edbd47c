/* SPDX-License-Identifier: ISC */
#include "json_oracle.h"

#include "fuzz.h"

#include <cjson/cJSON.h>

enum { DIGITS_MAX = 60 };

static bool is_odd(struct herd_slice text)
{
    size_t run = 0;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.data[i];
        bool numeric = (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '+' ||
                       c == 'e' || c == 'E';
        run = numeric ? run + 1 : 0;
        if (run >= DIGITS_MAX)
            return true;
        if (c == '\\' && i + 2 < text.len && text.data[i + 1] == 'u' &&
            (text.data[i + 2] == 'd' || text.data[i + 2] == 'D'))
            return true;
    }
    return false;
}

/* No deeper than our reader accepts. */
static size_t count_values(const cJSON *value)
{
    size_t count = 1;
    for (const cJSON *child = value->child; child != NULL; child = child->next)
        count += count_values(child);
    return count;
}

size_t json_oracle_accepts(struct herd_slice text)
{
    if (is_odd(text))
        return 0;
    cJSON *root = cJSON_ParseWithLength(text.data, text.len);
    FUZZ_CHECK(root != NULL);
    size_t count = count_values(root);
    cJSON_Delete(root);
    return count;
}

void json_oracle_legacy(struct herd_slice text, int most)
{
    cJSON *root = cJSON_ParseWithLength(text.data, text.len);
    FUZZ_CHECK(cJSON_IsObject(root));
    const cJSON *results = cJSON_GetObjectItemCaseSensitive(root, "results");
    const cJSON *result;
    FUZZ_CHECK(cJSON_IsArray(results) && cJSON_GetArraySize(results) <= most);
    cJSON_ArrayForEach(result, results) FUZZ_CHECK(cJSON_IsObject(result));
    FUZZ_CHECK(cJSON_IsArray(cJSON_GetObjectItemCaseSensitive(root, "html_attributions")));
    FUZZ_CHECK(cJSON_IsString(cJSON_GetObjectItemCaseSensitive(root, "status")));
    cJSON_Delete(root);
}
