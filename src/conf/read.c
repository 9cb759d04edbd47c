/* SPDX-License-Identifier: ISC */
#include "read.h"

#include <stdarg.h>
#include <stdio.h>

void herd_conf_error(struct conf_reader *reader, const char *format, ...)
{
    struct herd_error_text error;
    va_list args;
    reader->error_count++;
    if (reader->error_count > HERD_CONF_ERRORS_MAX)
        return;
    va_start(args, format);
    (void)vsnprintf(error.text, sizeof error.text, format, args);
    va_end(args);
    reader->errors->report(reader->errors->ctx, reader->line, herd_slice_str(error.text));
}

const char *herd_conf_quote(struct conf_reader *reader, struct herd_slice text)
{
    return herd_conf_show(text, reader->shown);
}

enum conf_word herd_conf_read_word(struct conf_reader *reader, struct herd_slice *word)
{
    static const char *const errors[] = {
        [CONF_WORD] = NULL,
        [CONF_END] = NULL,
        [CONF_UNCLOSED] = "the closing double quote is missing",
        [CONF_ESCAPE] = "in double quotes a backslash may only precede \" or \\",
        [CONF_NO_BLANK] = "a blank is expected after the closing double quote",
    };
    enum conf_word kind = herd_conf_words_next(&reader->words, word);
    if (errors[kind] != NULL)
        herd_conf_error(reader, "%s", errors[kind]);
    return kind;
}

char *herd_conf_copy(struct conf_reader *reader, struct herd_slice text)
{
    char *copy = herd_mem_alloc(reader->conf->mem, text.len + 1);
    if (copy == NULL) {
        reader->rc = HERD_ENOMEM;
        return NULL;
    }
    if (text.len > 0)
        memcpy(copy, text.data, text.len);
    copy[text.len] = '\0';
    return copy;
}

struct herd_slice herd_conf_next_line(struct herd_slice *text)
{
    const char *end = memchr(text->data, '\n', text->len);
    size_t len = end != NULL ? (size_t)(end - text->data) : text->len;
    struct herd_slice line = herd_slice(text->data, len);
    *text = herd_slice_from(*text, end != NULL ? len + 1 : len);
    return line;
}

bool herd_conf_is_name_byte(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           c == '-' || c == '_' || c == '.';
}

bool herd_conf_is_name(struct herd_slice text)
{
    size_t i = 0;
    while (i < text.len && herd_conf_is_name_byte(text.data[i]))
        i++;
    return text.len > 0 && text.len <= HERD_CONF_NAME_MAX && i == text.len;
}
