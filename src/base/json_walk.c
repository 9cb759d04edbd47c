/* SPDX-License-Identifier: ISC */
#include "json_walk.h"

#include "utf8.h"

static bool is_blank(char c)
{
    return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

/* The text without its first bytes that begin no value or key. */
static struct herd_slice skip(struct herd_slice text)
{
    size_t n = 0;
    while (n < text.len && (is_blank(text.data[n]) || text.data[n] == ','))
        n++;
    return herd_slice_from(text, n);
}

/* The length of the string at the start of `text`, quotes included. */
static size_t string_len(struct herd_slice text)
{
    size_t n = 1;
    while (n < text.len && text.data[n] != '"')
        n += text.data[n] == '\\' ? 2 : 1;
    return n < text.len ? n + 1 : text.len;
}

/* The length of the object or array at the start of `text`: up to where as many brackets
 * are closed as opened. Which closes which was checked before. */
static size_t nest_len(struct herd_slice text)
{
    size_t n = 0, depth = 0;
    while (n < text.len) {
        char c = text.data[n];
        if (c == '"') {
            n += string_len(herd_slice_from(text, n));
            continue;
        }
        n++;
        if (c == '{' || c == '[')
            depth++;
        else if ((c == '}' || c == ']') && --depth == 0)
            break;
    }
    return n;
}

static size_t word_len(struct herd_slice text)
{
    size_t n = 0;
    while (n < text.len && !is_blank(text.data[n]) &&
           memchr(",:]}", text.data[n], 4) == NULL)
        n++;
    return n;
}

static size_t value_len(struct herd_slice text)
{
    switch (text.len > 0 ? text.data[0] : ',') {
    case '"': return string_len(text);
    case '{':
    case '[': return nest_len(text);
    default: return word_len(text);
    }
}

enum json_kind herd_json_kind(struct herd_slice value)
{
    if (value.len == 0)
        return JSON_NONE;
    switch (value.data[0]) {
    case '{': return JSON_OBJECT;
    case '[': return JSON_ARRAY;
    case '"': return JSON_STRING;
    case 't': return JSON_TRUE;
    case 'f': return JSON_FALSE;
    case 'n': return JSON_NULL;
    default: return JSON_NUMBER;
    }
}

/* Takes one value off the front. */
static struct herd_slice take_value(struct herd_slice *rest)
{
    size_t len = value_len(*rest);
    struct herd_slice value = herd_slice(rest->data, len);
    *rest = herd_slice_from(*rest, len);
    return value;
}

struct herd_slice herd_json_root(struct herd_slice text)
{
    struct herd_slice rest = skip(text);
    return take_value(&rest);
}

void herd_json_open(struct json_walk *walk, struct herd_slice value)
{
    enum json_kind kind = herd_json_kind(value);
    bool nests = kind == JSON_OBJECT || kind == JSON_ARRAY;
    walk->members = kind == JSON_OBJECT;
    walk->rest = nests ? herd_slice_from(value, 1) : herd_slice(value.data, 0);
}

/* Behind the last there is nothing but the closing bracket. */
bool herd_json_next(struct json_walk *walk, struct herd_slice *key,
                    struct herd_slice *value)
{
    *key = herd_slice("", 0);
    walk->rest = skip(walk->rest);
    if (walk->members) {
        herd_json_string(take_value(&walk->rest), key);
        while (walk->rest.len > 0 &&
               (is_blank(walk->rest.data[0]) || walk->rest.data[0] == ':'))
            walk->rest = herd_slice_from(walk->rest, 1);
    }
    *value = take_value(&walk->rest);
    return value->len > 0;
}

void herd_json_pick(struct herd_slice object, const char *const *names, size_t count,
                    struct herd_slice *values)
{
    struct json_walk walk;
    struct herd_slice key, value;
    for (size_t i = 0; i < count; i++)
        values[i] = herd_slice("", 0);
    if (herd_json_kind(object) != JSON_OBJECT)
        return;
    herd_json_open(&walk, object);
    while (herd_json_next(&walk, &key, &value)) {
        for (size_t i = 0; i < count; i++) {
            if (values[i].len == 0 && herd_slice_eq(key, herd_slice_str(names[i])))
                values[i] = value;
        }
    }
}

struct herd_slice herd_json_get(struct herd_slice object, const char *name)
{
    struct herd_slice value;
    herd_json_pick(object, &name, 1, &value);
    return value;
}

bool herd_json_string(struct herd_slice value, struct herd_slice *inner)
{
    bool found = herd_json_kind(value) == JSON_STRING && value.len >= 2;
    *inner = found ? herd_slice(value.data + 1, value.len - 2) : herd_slice("", 0);
    return found;
}

/* ---- characters ---- */

/* Takes off four hexadecimal digits, or as many as there are. */
static uint32_t take_hex(struct herd_slice *rest)
{
    uint32_t sum = 0;
    for (int i = 0; i < 4 && rest->len > 0; i++) {
        char c = rest->data[0];
        uint32_t digit = c <= '9' ? (uint32_t)(c - '0') : (uint32_t)((c | 0x20) - 'a' + 10);
        sum = sum << 4 | (digit & 15);
        *rest = herd_slice_from(*rest, 1);
    }
    return sum;
}

static bool is_high(uint32_t c)
{
    return c >= 0xd800 && c <= 0xdbff;
}

static bool is_low(uint32_t c)
{
    return c >= 0xdc00 && c <= 0xdfff;
}

/* What follows \u. The second half of a pair is taken only when it is one. */
static uint32_t take_unicode(struct herd_slice *rest)
{
    uint32_t first = take_hex(rest);
    if (!is_high(first))
        return is_low(first) ? HERD_UTF8_REPLACEMENT : first;
    if (rest->len < 6 || rest->data[0] != '\\' || rest->data[1] != 'u')
        return HERD_UTF8_REPLACEMENT;
    struct herd_slice after = herd_slice_from(*rest, 2);
    uint32_t second = take_hex(&after);
    if (!is_low(second))
        return HERD_UTF8_REPLACEMENT;
    *rest = after;
    return 0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00);
}

/* What follows a backslash. */
static uint32_t take_escape(struct herd_slice *rest)
{
    if (rest->len == 0)
        return HERD_UTF8_REPLACEMENT;
    char c = rest->data[0];
    *rest = herd_slice_from(*rest, 1);
    switch (c) {
    case 'b': return '\b';
    case 'f': return '\f';
    case 'n': return '\n';
    case 'r': return '\r';
    case 't': return '\t';
    case 'u': return take_unicode(rest);
    default: return (unsigned char)c;
    }
}

uint32_t herd_json_char(struct herd_slice *inner)
{
    if (inner->data[0] != '\\')
        return herd_utf8_take(inner);
    *inner = herd_slice_from(*inner, 1);
    return take_escape(inner);
}

/* ---- numbers ---- */

#define NANO INT64_C(1000000000) /* parts of 1 */

enum {
    NANO_DIGITS = 9,
    WHOLE_MAX = 1000,
    POWER_MAX = 100000, /* more than the digits of any number that comes to something */
};

static bool is_digit(struct herd_slice text, size_t i)
{
    return i < text.len && text.data[i] >= '0' && text.data[i] <= '9';
}

/* What follows the E: its sign and digits. Beyond the largest it makes no difference. */
static int32_t scan_power(struct herd_slice text)
{
    size_t i = text.len > 0 && (text.data[0] == '-' || text.data[0] == '+');
    int32_t sum = 0;
    for (; is_digit(text, i); i++)
        sum = sum < POWER_MAX ? sum * 10 + (text.data[i] - '0') : sum;
    return text.len > 0 && text.data[0] == '-' ? -sum : sum;
}

/* Where the digits end, and how many of them stand before the point. */
static size_t scan_digits(struct herd_slice text, size_t *whole)
{
    size_t i = 0;
    while (is_digit(text, i))
        i++;
    *whole = i;
    if (i < text.len && text.data[i] == '.')
        for (i++; is_digit(text, i); i++)
            ;
    return i;
}

/* Sums up `count` digits of the text, with zeros after the last of them. */
static bool sum_digits(struct herd_slice text, int64_t count, int64_t *sum)
{
    size_t i = 0;
    *sum = 0;
    for (; count > 0 && (i < text.len || *sum > 0); i++) {
        if (i < text.len && text.data[i] == '.')
            continue;
        *sum = *sum * 10 + (i < text.len ? text.data[i] - '0' : 0);
        if (*sum > WHOLE_MAX * NANO)
            return false;
        count--;
    }
    return true;
}

bool herd_json_nano(struct herd_slice value, int64_t *nano)
{
    size_t whole;
    bool negative = value.len > 0 && value.data[0] == '-';
    struct herd_slice text = herd_slice_from(value, negative ? 1 : 0);
    if (!is_digit(text, 0))
        return false;
    size_t end = scan_digits(text, &whole);
    int32_t power = end < text.len ? scan_power(herd_slice_from(text, end + 1)) : 0;
    if (!sum_digits(herd_slice(text.data, end), (int64_t)whole + power + NANO_DIGITS, nano))
        return false;
    *nano = negative ? -*nano : *nano;
    return true;
}
