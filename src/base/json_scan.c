/* SPDX-License-Identifier: ISC */
#include "json_scan.h"

#include "herd/err.h"
#include "utf8.h"

struct scan {
    struct herd_slice text;
    size_t at;
    uint32_t values;                   /* read so far */
    struct herd_json_outline *outline; /* NULL: nothing is noted */
};

enum { NOTHING = -1 };

/* The byte that comes next, or NOTHING at the end. */
static int peek(const struct scan *s)
{
    return s->at < s->text.len ? (unsigned char)s->text.data[s->at] : NOTHING;
}

static bool take(struct scan *s, int c)
{
    if (peek(s) != c)
        return false;
    s->at++;
    return true;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

/* Most of a reply's bytes are blanks and plain characters of strings: these two loops keep
 * their place in a register. */
static void skip_blanks(struct scan *s)
{
    size_t at = s->at;
    while (at < s->text.len && is_blank(s->text.data[at]))
        at++;
    s->at = at;
}

static bool is_plain(char c)
{
    return c >= ' ' && c <= '~' && c != '"' && c != '\\';
}

static void skip_plain(struct scan *s)
{
    size_t at = s->at;
    while (at < s->text.len && is_plain(s->text.data[at]))
        at++;
    s->at = at;
}

static int scan_word(struct scan *s, struct herd_slice word)
{
    struct herd_slice rest = herd_slice_from(s->text, s->at);
    if (rest.len < word.len || memcmp(rest.data, word.data, word.len) != 0)
        return HERD_EBAD;
    s->at += word.len;
    return HERD_OK;
}

static bool is_digit(int c)
{
    return c >= '0' && c <= '9';
}

static bool take_digits(struct scan *s)
{
    size_t start = s->at;
    while (is_digit(peek(s)))
        s->at++;
    return s->at > start;
}

static int scan_number(struct scan *s)
{
    take(s, '-');
    if (!take(s, '0') && !take_digits(s))
        return HERD_EBAD;
    if (take(s, '.') && !take_digits(s))
        return HERD_EBAD;
    if (take(s, 'e') || take(s, 'E')) {
        if (!take(s, '+'))
            take(s, '-');
        if (!take_digits(s))
            return HERD_EBAD;
    }
    return HERD_OK;
}

static bool take_hex(struct scan *s)
{
    int c = peek(s);
    if (!is_digit(c) && !(c >= 'a' && c <= 'f') && !(c >= 'A' && c <= 'F'))
        return false;
    s->at++;
    return true;
}

/* What follows a backslash. Half a surrogate pair is allowed, as RFC 8259 has it. */
static int scan_escape(struct scan *s)
{
    int c = peek(s);
    s->at++;
    switch (c) {
    case '"':
    case '\\':
    case '/':
    case 'b':
    case 'f':
    case 'n':
    case 'r':
    case 't': return HERD_OK;
    case 'u':
        for (int i = 0; i < 4; i++) {
            if (!take_hex(s))
                return HERD_EBAD;
        }
        return HERD_OK;
    default: return HERD_EBAD;
    }
}

/* Reads a string; *inner becomes the text between its quotes. */
static int scan_string(struct scan *s, struct herd_slice *inner)
{
    if (!take(s, '"'))
        return HERD_EBAD;
    size_t start = s->at;
    for (;;) {
        skip_plain(s);
        int c = peek(s);
        if (c == '"')
            break;
        if (c < ' ')
            return HERD_EBAD;
        if (c == '\\') {
            s->at++;
            if (scan_escape(s) != HERD_OK)
                return HERD_EBAD;
        } else {
            size_t len = c < 0x80 ? 1 : herd_utf8_len(herd_slice_from(s->text, s->at));
            if (len == 0)
                return HERD_EBAD;
            s->at += len;
        }
    }
    *inner = herd_slice(s->text.data + start, s->at - start);
    s->at++;
    return HERD_OK;
}

/* Counts one more value; false when that is one too many. */
static bool count(struct scan *s)
{
    return s->values++ < HERD_JSON_VALUES_MAX;
}

/* `depth` counts the objects and arrays that the value stands in. The depth is bounded by
 * HERD_JSON_DEPTH_MAX, so recursion is safe. */
static int scan_value(struct scan *s, unsigned depth);

static void note_element(struct herd_json_outline *outline, size_t end)
{
    if (outline->count < outline->ends_max)
        outline->ends[outline->count] = end;
    outline->last_end = end;
    outline->count++;
}

/* Reads the elements and the closing bracket; they are noted unless `outline` is NULL. */
static int scan_elements(struct scan *s, unsigned depth, struct herd_json_outline *outline)
{
    skip_blanks(s);
    if (take(s, ']'))
        return HERD_OK;
    do {
        int rc = scan_value(s, depth);
        if (rc != HERD_OK)
            return rc;
        if (outline != NULL)
            note_element(outline, s->at);
        skip_blanks(s);
    } while (take(s, ','));
    return take(s, ']') ? HERD_OK : HERD_EBAD;
}

static int scan_noted_array(struct scan *s)
{
    struct herd_json_outline *outline = s->outline;
    if (!count(s))
        return HERD_ERANGE;
    if (outline->has_array || outline->null_array)
        return HERD_EBAD;
    outline->null_array = scan_word(s, HERD_LIT("null")) == HERD_OK;
    if (outline->null_array)
        return HERD_OK;
    if (!take(s, '['))
        return HERD_EBAD;
    outline->has_array = true;
    outline->open = s->at;
    int rc = scan_elements(s, 2, outline);
    outline->close = s->at - 1;
    return rc;
}

static int scan_noted_string(struct scan *s)
{
    if (!count(s))
        return HERD_ERANGE;
    if (s->outline->has_string)
        return HERD_EBAD;
    s->outline->has_string = true;
    return scan_string(s, &s->outline->string);
}

static int scan_member(struct scan *s, unsigned depth)
{
    struct herd_slice key;
    skip_blanks(s);
    if (scan_string(s, &key) != HERD_OK)
        return HERD_EBAD;
    skip_blanks(s);
    if (!take(s, ':'))
        return HERD_EBAD;
    skip_blanks(s);
    bool noted = depth == 1 && s->outline != NULL;
    if (noted && herd_slice_eq(key, s->outline->array_name))
        return scan_noted_array(s);
    if (noted && herd_slice_eq(key, s->outline->string_name))
        return scan_noted_string(s);
    return scan_value(s, depth);
}

static int scan_members(struct scan *s, unsigned depth)
{
    skip_blanks(s);
    if (take(s, '}'))
        return HERD_OK;
    do {
        int rc = scan_member(s, depth);
        if (rc != HERD_OK)
            return rc;
        skip_blanks(s);
    } while (take(s, ','));
    return take(s, '}') ? HERD_OK : HERD_EBAD;
}

static int scan_value(struct scan *s, unsigned depth)
{
    struct herd_slice inner;
    skip_blanks(s);
    int c = peek(s);
    bool nests = c == '{' || c == '[';
    if (!count(s) || (nests && depth == HERD_JSON_DEPTH_MAX))
        return HERD_ERANGE;
    switch (c) {
    case '{': s->at++; return scan_members(s, depth + 1);
    case '[': s->at++; return scan_elements(s, depth + 1, NULL);
    case '"': return scan_string(s, &inner);
    case 't': return scan_word(s, HERD_LIT("true"));
    case 'f': return scan_word(s, HERD_LIT("false"));
    case 'n': return scan_word(s, HERD_LIT("null"));
    default: return scan_number(s);
    }
}

/* Reads one value, with blanks around it, to the end of the text. */
static int scan_all(struct scan *s)
{
    int rc = scan_value(s, 0);
    if (rc != HERD_OK)
        return rc;
    skip_blanks(s);
    return s->at == s->text.len ? HERD_OK : HERD_EBAD;
}

int herd_json_scan(struct herd_slice text, struct herd_json_outline *outline)
{
    struct scan s = {.text = text, .outline = outline};
    skip_blanks(&s);
    if (peek(&s) != '{')
        return HERD_EBAD;
    return scan_all(&s);
}

int herd_json_check(struct herd_slice text)
{
    struct scan s = {.text = text};
    return scan_all(&s);
}
