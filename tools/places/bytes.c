/* SPDX-License-Identifier: ISC */
#include "bytes.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

char *bytes_room(struct bytes *b, size_t size)
{
    if (size > b->size - b->len) {
        size_t want = b->size < 256 ? 256 : b->size * 2;
        if (want < b->len + size)
            want = b->len + size;
        char *data = realloc(b->data, want);
        if (data == NULL) {
            fputs("fake-places: out of memory\n", stderr);
            exit(1);
        }
        b->data = data;
        b->size = want;
    }
    return b->data + b->len;
}

void bytes_add(struct bytes *b, struct herd_slice s)
{
    if (s.len == 0)
        return;
    memcpy(bytes_room(b, s.len), s.data, s.len);
    b->len += s.len;
}

void bytes_printf(struct bytes *b, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int len = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (len <= 0)
        return;
    char *room = bytes_room(b, (size_t)len + 1);
    va_start(args, format);
    vsnprintf(room, (size_t)len + 1, format, args);
    va_end(args);
    b->len += (size_t)len;
}

void bytes_add_escaped(struct bytes *b, struct herd_slice s)
{
    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.data[i];
        if (c < 0x20 || c == 0x7f || c == '\\')
            bytes_printf(b, "\\x%02x", c);
        else
            bytes_add(b, herd_slice(s.data + i, 1));
    }
}

void bytes_drop(struct bytes *b, size_t n)
{
    assert(n <= b->len);
    if (n == 0)
        return;
    memmove(b->data, b->data + n, b->len - n);
    b->len -= n;
}

void bytes_free(struct bytes *b)
{
    free(b->data);
    *b = (struct bytes){0};
}

struct herd_slice bytes_slice(const struct bytes *b)
{
    return herd_slice(b->len > 0 ? b->data : "", b->len);
}
