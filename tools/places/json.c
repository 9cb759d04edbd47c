#include "json.h"

#include <stdlib.h>

static const char *skip_blanks(const char *at, const char *end)
{
    while (at < end && (*at == ' ' || *at == '\t' || *at == '\n' || *at == '\r'))
        at++;
    return at;
}

static bool is_hex(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/* Behind the string that begins at `at`, or NULL; so do the others below. */
static const char *end_of_string(const char *at, const char *end)
{
    for (at++; at < end && *at != '"'; at++) {
        if ((unsigned char)*at < 0x20)
            return NULL;
        if (*at != '\\')
            continue;
        if (++at == end)
            return NULL;
        if (*at == 'u') {
            for (int i = 0; i < 4; i++)
                if (++at == end || !is_hex(*at))
                    return NULL;
        } else if (*at == '\0' || strchr("\"\\/bfnrt", *at) == NULL) {
            return NULL;
        }
    }
    return at < end ? at + 1 : NULL;
}

static const char *end_of_digits(const char *at, const char *end)
{
    const char *from = at;
    while (at < end && *at >= '0' && *at <= '9')
        at++;
    return at > from ? at : NULL;
}

static const char *end_of_number(const char *at, const char *end)
{
    if (*at == '-')
        at++;
    if (at < end && *at == '0')
        at++;
    else
        at = end_of_digits(at, end);
    if (at != NULL && at < end && *at == '.')
        at = end_of_digits(at + 1, end);
    if (at != NULL && at < end && (*at == 'e' || *at == 'E')) {
        at++;
        if (at < end && (*at == '+' || *at == '-'))
            at++;
        at = end_of_digits(at, end);
    }
    return at;
}

static const char *end_of_word(const char *at, const char *end)
{
    static const char *const words[] = {"true", "false", "null"};
    for (size_t i = 0; i < 3; i++) {
        size_t len = strlen(words[i]);
        if ((size_t)(end - at) >= len && memcmp(at, words[i], len) == 0)
            return at + len;
    }
    return NULL;
}

static const char *end_of_value(const char *at, const char *end, int depth);

/* Of an object or an array. */
static const char *end_of_group(const char *at, const char *end, int depth)
{
    char close = *at == '{' ? '}' : ']';
    bool first = true;
    if (depth == JSON_DEPTH)
        return NULL;
    for (at = skip_blanks(at + 1, end); at < end && *at != close; first = false) {
        if (!first) {
            if (*at != ',')
                return NULL;
            at = skip_blanks(at + 1, end);
        }
        if (close == '}') {
            at = at < end && *at == '"' ? end_of_string(at, end) : NULL;
            if (at == NULL || (at = skip_blanks(at, end)) == end || *at != ':')
                return NULL;
            at = skip_blanks(at + 1, end);
        }
        at = end_of_value(at, end, depth + 1);
        if (at == NULL)
            return NULL;
        at = skip_blanks(at, end);
    }
    return at < end ? at + 1 : NULL;
}

static const char *end_of_value(const char *at, const char *end, int depth)
{
    if (at == end)
        return NULL;
    switch (*at) {
    case '{':
    case '[': return end_of_group(at, end, depth);
    case '"': return end_of_string(at, end);
    case 't':
    case 'f':
    case 'n': return end_of_word(at, end);
    default: return end_of_number(at, end);
    }
}

bool json_valid(struct herd_slice text)
{
    if (text.len == 0)
        return false;
    const char *end = text.data + text.len;
    const char *at = end_of_value(skip_blanks(text.data, end), end, 0);
    return at != NULL && skip_blanks(at, end) == end;
}

enum json_kind json_kind(struct herd_slice value)
{
    switch (value.data[0]) {
    case '{': return JSON_OBJECT;
    case '[': return JSON_ARRAY;
    case '"': return JSON_STRING;
    case 't':
    case 'f':
    case 'n': return JSON_WORD;
    default: return JSON_NUMBER;
    }
}

struct json_walk json_begin(struct herd_slice value)
{
    const char *end = value.data + value.len;
    const char *at = skip_blanks(value.data, end) + 1;
    return (struct json_walk){herd_slice(at, (size_t)(end - at))};
}

bool json_next(struct json_walk *walk, struct herd_slice *key, struct herd_slice *value)
{
    const char *end = walk->rest.data + walk->rest.len;
    const char *at = skip_blanks(walk->rest.data, end);
    if (at < end && *at == ',')
        at = skip_blanks(at + 1, end);
    if (at == end || *at == '}' || *at == ']')
        return false;
    const char *behind = end_of_value(at, end, 0);
    const char *colon = behind != NULL ? skip_blanks(behind, end) : end;
    *key = herd_slice(at, 0);
    if (*at == '"' && colon < end && *colon == ':') {
        *key = herd_slice(at + 1, (size_t)(behind - at) - 2);
        at = skip_blanks(colon + 1, end);
        behind = end_of_value(at, end, 0);
    }
    if (behind == NULL)
        return false;
    *value = herd_slice(at, (size_t)(behind - at));
    walk->rest = herd_slice(behind, (size_t)(end - behind));
    return true;
}

bool json_number(struct herd_slice value, double *out)
{
    char copy[64];
    if (value.len == 0 || value.len >= sizeof copy || json_kind(value) != JSON_NUMBER)
        return false;
    memcpy(copy, value.data, value.len);
    copy[value.len] = '\0';
    *out = strtod(copy, NULL);
    return true;
}

struct herd_slice json_cut(struct herd_slice text, const char *name, size_t most,
                           struct bytes *scratch)
{
    struct herd_slice key, value;
    struct json_walk members = json_begin(text);
    while (json_next(&members, &key, &value)) {
        if (!herd_slice_eq(key, herd_slice_str(name)) || json_kind(value) != JSON_ARRAY)
            continue;
        struct herd_slice element;
        const char *from = value.data + 1, *to = from;
        size_t count = 0;
        struct json_walk elements = json_begin(value);
        for (; json_next(&elements, &key, &element); count++) {
            to = element.data + element.len;
            if (count < most)
                from = to;
        }
        if (count <= most)
            return text;
        bytes_add(scratch, herd_slice(text.data, (size_t)(from - text.data)));
        bytes_add(scratch, herd_slice(to, (size_t)(text.data + text.len - to)));
        return bytes_slice(scratch);
    }
    return text;
}
