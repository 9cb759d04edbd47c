/* SPDX-License-Identifier: ISC */
#include "text.h"

#include "must.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

void rig_text_add(struct rig_text *text, struct herd_slice bytes)
{
    while (text->size < text->len + bytes.len + 1) {
        text->size = text->size > 0 ? text->size * 2 : 1024;
        text->data = realloc(text->data, text->size);
        if (text->data == NULL)
            abort();
    }
    if (bytes.len > 0)
        memcpy(text->data + text->len, bytes.data, bytes.len);
    text->len += bytes.len;
    text->data[text->len] = '\0';
}

void rig_text_printf(struct rig_text *text, const char *format, ...)
{
    char line[512];
    va_list args;
    va_start(args, format);
    int len = vsnprintf(line, sizeof line, format, args);
    va_end(args);
    MUST(len >= 0 && len < (int)sizeof line);
    rig_text_add(text, herd_slice_str(line));
}

void rig_text_clear(struct rig_text *text)
{
    text->len = 0;
    rig_text_add(text, HERD_LIT(""));
}

void rig_text_cut(struct rig_text *text, size_t len)
{
    if (len < text->len) {
        text->len = len;
        text->data[len] = '\0';
    }
}

struct herd_slice rig_text_bytes(const struct rig_text *text)
{
    return herd_slice(text->data, text->len);
}

static struct herd_slice take_line(struct herd_slice *text)
{
    const char *lf = text->len > 0 ? memchr(text->data, '\n', text->len) : NULL;
    size_t len = lf != NULL ? (size_t)(lf - text->data) : text->len;
    struct herd_slice line = herd_slice(text->data, len);
    *text = herd_slice_from(*text, len + (lf != NULL));
    return line;
}

void rig_text_show_difference(const char *name, const struct rig_text *got,
                              struct herd_slice want)
{
    struct herd_slice rest = rig_text_bytes(got);
    for (int line = 1; rest.len > 0 || want.len > 0; line++) {
        struct herd_slice g = take_line(&rest), w = take_line(&want);
        if (!herd_slice_eq(g, w)) {
            fprintf(stderr, "      %s:%d\n      got    %.*s\n      wanted %.*s\n", name,
                    line, (int)g.len, g.data, (int)w.len, w.data);
            return;
        }
    }
}

void rig_text_free(struct rig_text *text)
{
    free(text->data);
    *text = (struct rig_text){NULL, 0, 0};
}
