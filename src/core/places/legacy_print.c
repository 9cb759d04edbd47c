/* SPDX-License-Identifier: ISC */
#include "legacy_print.h"

#include "json_walk.h"
#include "utf8.h"

#include "herd/err.h"

enum {
    LINE_MAX_LEN = 74, /* an array of strings that takes up less stays on one line */
    CHUNK = 256,
    CHARACTER = 8, /* bytes that any one takes up: \u001f, &quot; */
};

void herd_legacy_start(struct legacy *print, struct herd_buf *out)
{
    *print = (struct legacy){.out = out, .rc = HERD_OK, .empty = true};
}

static void put(struct legacy *print, struct herd_slice text)
{
    if (print->rc == HERD_OK)
        print->rc = herd_buf_append(print->out, text);
}

/* ---- strings ---- */

/* \u00XX. */
static size_t encode_hex(uint32_t c, char *out)
{
    static const char hex[] = "0123456789abcdef";
    size_t len = herd_slice_put(HERD_LIT("\\u00"), out);
    out[len++] = hex[c >> 4];
    out[len++] = hex[c & 15];
    return len;
}

static size_t encode_utf8(uint32_t c, char *out)
{
    if (c < 0x80) {
        out[0] = (char)c;
        return 1;
    }
    size_t len = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    for (size_t i = len - 1; i > 0; i--, c >>= 6)
        out[i] = (char)(0x80 | (c & 0x3f));
    out[0] = (char)((0xf00 >> len & 0xf0) | c);
    return len;
}

/* One character in a JSON string. Angle brackets are escaped, as Google does it. NUL
 * is replaced, since it ends the string for many readers. */
static size_t encode(uint32_t c, char *out)
{
    switch (c) {
    case 0: return encode_utf8(HERD_UTF8_REPLACEMENT, out);
    case '"': return herd_slice_put(HERD_LIT("\\\""), out);
    case '\\': return herd_slice_put(HERD_LIT("\\\\"), out);
    case '\b': return herd_slice_put(HERD_LIT("\\b"), out);
    case '\f': return herd_slice_put(HERD_LIT("\\f"), out);
    case '\n': return herd_slice_put(HERD_LIT("\\n"), out);
    case '\r': return herd_slice_put(HERD_LIT("\\r"), out);
    case '\t': return herd_slice_put(HERD_LIT("\\t"), out);
    default: break;
    }
    if (c < ' ' || c == 0x7f || c == '<' || c == '>')
        return encode_hex(c, out);
    return encode_utf8(c, out);
}

/* None of these holds a byte that JSON would escape. */
static size_t encode_html(uint32_t c, char *out)
{
    switch (c) {
    case '&': return herd_slice_put(HERD_LIT("&amp;"), out);
    case '<': return herd_slice_put(HERD_LIT("&lt;"), out);
    case '>': return herd_slice_put(HERD_LIT("&gt;"), out);
    case '"': return herd_slice_put(HERD_LIT("&quot;"), out);
    case '\'': return herd_slice_put(HERD_LIT("&#39;"), out);
    default: return encode(c, out);
    }
}

/* herd_json_char reads plain text too, except for the backslash, which is literal there. */
static uint32_t take(struct legacy_part *part)
{
    if (part->kind == LEGACY_PLAIN && part->text.data[0] == '\\') {
        part->text = herd_slice_from(part->text, 1);
        return '\\';
    }
    return herd_json_char(&part->text);
}

/* Returns the length of the text; it is written unless `print` is NULL. */
static size_t put_part(struct legacy *print, struct legacy_part part)
{
    char chunk[CHUNK];
    size_t len = 0, sum = 0;
    while (part.text.len > 0) {
        uint32_t c = take(&part);
        len +=
            part.kind == LEGACY_HTML ? encode_html(c, chunk + len) : encode(c, chunk + len);
        if (len > CHUNK - CHARACTER || part.text.len == 0) {
            if (print != NULL)
                put(print, herd_slice(chunk, len));
            sum += len;
            len = 0;
        }
    }
    return sum;
}

/* Likewise; the quotes count. */
static size_t put_string(struct legacy *print, const struct legacy_string *string)
{
    size_t sum = 2;
    if (print != NULL)
        put(print, HERD_LIT("\""));
    for (size_t i = 0; i < LEGACY_PARTS; i++)
        sum += put_part(print, string->part[i]);
    if (print != NULL)
        put(print, HERD_LIT("\""));
    return sum;
}

/* ---- lines ---- */

static void put_line_end(struct legacy *print)
{
    put(print, HERD_LIT("\n"));
    for (unsigned i = 0; i < print->depth; i++)
        put(print, HERD_LIT("   "));
}

/* Begins the next member or element: comma, newline, indentation, key. */
static void begin(struct legacy *print, const char *key)
{
    if (!print->empty)
        put(print, HERD_LIT(","));
    if (print->depth > 0)
        put_line_end(print);
    print->empty = false;
    if (key[0] == '\0')
        return;
    put(print, HERD_LIT("\""));
    put(print, herd_slice_str(key));
    put(print, HERD_LIT("\" : "));
}

void herd_legacy_open(struct legacy *print, const char *key, char bracket)
{
    begin(print, key);
    put(print, herd_slice(&bracket, 1));
    print->depth++;
    print->empty = true;
}

void herd_legacy_close(struct legacy *print, char bracket)
{
    print->depth--;
    if (!print->empty)
        put_line_end(print);
    put(print, herd_slice(&bracket, 1));
    print->empty = false;
}

void herd_legacy_word(struct legacy *print, const char *key, struct herd_slice word)
{
    begin(print, key);
    put(print, word);
}

void herd_legacy_string(struct legacy *print, const char *key,
                        const struct legacy_string *string)
{
    begin(print, key);
    put_string(print, string);
}

void herd_legacy_json(struct legacy *print, const char *key, struct herd_slice inner)
{
    struct legacy_string string = {{herd_legacy_part(inner)}};
    herd_legacy_string(print, key, &string);
}

/* Brackets with their blanks are four bytes, a comma with its blank two. */
static bool is_short(const struct legacy_string *strings, size_t count)
{
    size_t len = 4;
    for (size_t i = 0; i < count && len < LINE_MAX_LEN; i++)
        len += put_string(NULL, &strings[i]) + (i > 0 ? 2 : 0);
    return count > 0 && len < LINE_MAX_LEN;
}

void herd_legacy_strings(struct legacy *print, const char *key,
                         const struct legacy_string *strings, size_t count)
{
    if (!is_short(strings, count)) {
        herd_legacy_open(print, key, '[');
        for (size_t i = 0; i < count; i++)
            herd_legacy_string(print, "", &strings[i]);
        herd_legacy_close(print, ']');
        return;
    }
    begin(print, key);
    for (size_t i = 0; i < count; i++) {
        put(print, i == 0 ? HERD_LIT("[ ") : HERD_LIT(", "));
        put_string(print, &strings[i]);
    }
    put(print, HERD_LIT(" ]"));
}

void herd_legacy_error(struct legacy *print, struct herd_slice status,
                       struct legacy_part message)
{
    struct legacy_string error = {{message}};
    struct legacy_string word = {{{status, LEGACY_PLAIN}}};
    herd_legacy_open(print, "", '{');
    if (message.text.len > 0)
        herd_legacy_string(print, "error_message", &error);
    herd_legacy_strings(print, "html_attributions", NULL, 0);
    herd_legacy_strings(print, "results", NULL, 0);
    herd_legacy_string(print, "status", &word);
    herd_legacy_close(print, '}');
}
