/* SPDX-License-Identifier: ISC */
/* What the log and herdctl make of foreign bytes. The first byte chooses the style and the
 * room for each piece. The pieces make the same text as one call; nothing harmful is in it;
 * and of the style LINE the bytes can be read back. */
#include "fuzz.h"

#include "escape.h"

#include <stdlib.h>
#include <string.h>

static bool is_hex(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
}

static unsigned hex_value(char c)
{
    return (unsigned)(c <= '9' ? c - '0' : c - 'a' + 10);
}

/* Reads escapes back into `out`, which has out.len bytes or more. */
static size_t unescape(struct herd_slice text, char *out)
{
    size_t len = 0;
    for (size_t i = 0; i < text.len; len++) {
        if (text.data[i] != '\\') {
            out[len] = text.data[i++];
            continue;
        }
        FUZZ_CHECK(text.len - i >= 4 && text.data[i + 1] == 'x');
        FUZZ_CHECK(is_hex(text.data[i + 2]) && is_hex(text.data[i + 3]));
        out[len] = (char)(hex_value(text.data[i + 2]) << 4 | hex_value(text.data[i + 3]));
        i += 4;
    }
    return len;
}

static bool have(struct herd_slice text, size_t at, const char *bytes)
{
    size_t len = strlen(bytes);
    return text.len - at >= len && memcmp(text.data + at, bytes, len) == 0;
}

static void check_harmless(struct herd_slice text, enum herd_escape_style style)
{
    static const char *const harmful[] = {
        "\xd8\x9c",     "\xe2\x80\x8e", "\xe2\x80\x8f", "\xe2\x80\xa8", "\xe2\x80\xa9",
        "\xe2\x80\xaa", "\xe2\x80\xab", "\xe2\x80\xac", "\xe2\x80\xad", "\xe2\x80\xae",
        "\xe2\x81\xa6", "\xe2\x81\xa7", "\xe2\x81\xa8", "\xe2\x81\xa9"};
    for (size_t at = 0; at < text.len; at++) {
        unsigned char byte = (unsigned char)text.data[at];
        if (style != HERD_ESCAPE_TEXT || (byte != '\n' && byte != '\t'))
            FUZZ_CHECK(byte >= ' ' && byte != 0x7f);
        for (size_t i = 0; i < sizeof harmful / sizeof harmful[0]; i++)
            FUZZ_CHECK(!have(text, at, harmful[i]));
        if (byte == 0xc2)
            FUZZ_CHECK(at + 1 < text.len && (unsigned char)text.data[at + 1] >= 0xa0);
        if (byte >= 0x80 && byte < 0xa0)
            FUZZ_CHECK(at > 0 && (unsigned char)text.data[at - 1] >= 0x80);
    }
}

static void try(struct herd_slice text, size_t room, enum herd_escape_style style)
{
    size_t most = text.len * HERD_ESCAPE_GROWTH;
    char *whole = malloc(most + 1), *pieces = malloc(most + room + 1);
    if (whole != NULL && pieces != NULL) {
        struct herd_slice rest = text;
        size_t len = herd_escape(whole, most, &rest, style), used = 0;
        FUZZ_CHECK(rest.len == 0);
        check_harmless(herd_slice(whole, len), style);
        for (rest = text; rest.len > 0;) {
            size_t n = herd_escape(pieces + used, room, &rest, style);
            FUZZ_CHECK(n > 0 && n <= room);
            used += n;
        }
        FUZZ_CHECK(used == len && memcmp(whole, pieces, len) == 0);
        if (style == HERD_ESCAPE_LINE)
            FUZZ_CHECK(unescape(herd_slice(whole, len), pieces) == text.len &&
                       (text.len == 0 || memcmp(pieces, text.data, text.len) == 0));
    }
    free(whole);
    free(pieces);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    enum { STYLES = 3 };
    static const enum herd_escape_style styles[STYLES] = {
        HERD_ESCAPE_LINE, HERD_ESCAPE_TEXT, HERD_ESCAPE_VISIBLE};
    if (size == 0)
        return 0;
    struct herd_slice text = fuzz_copy(herd_slice((const char *)data + 1, size - 1));
    size_t room = (size_t)4 * HERD_ESCAPE_GROWTH + data[0] / 2;
    try(text, room, styles[data[0] % STYLES]);
    fuzz_drop(text);
    return 0;
}
