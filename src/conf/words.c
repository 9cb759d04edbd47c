/* SPDX-License-Identifier: ISC */
#include "words.h"

#include "escape.h"
#include "invisible.h"
#include "utf8.h"

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

void herd_conf_words_start(struct conf_words *words, struct herd_slice line)
{
    words->rest = line;
}

static struct herd_slice without_backslashes(struct conf_words *words,
                                             struct herd_slice raw)
{
    size_t len = 0;
    for (size_t i = 0; i < raw.len && len < sizeof words->plain; i++) {
        i += raw.data[i] == '\\';
        words->plain[len++] = raw.data[i];
    }
    return herd_slice(words->plain, len);
}

/* Reads a word that begins with a double quote. */
static enum conf_word next_quoted(struct conf_words *words, struct herd_slice *word)
{
    struct herd_slice line = words->rest;
    bool escapes = false;
    size_t end = 1;
    for (; end < line.len && line.data[end] != '"'; end++) {
        if (line.data[end] != '\\')
            continue;
        escapes = true;
        end++;
        if (end == line.len || (line.data[end] != '"' && line.data[end] != '\\'))
            return CONF_ESCAPE;
    }
    if (end == line.len)
        return CONF_UNCLOSED;
    words->rest = herd_slice_from(line, end + 1);
    if (words->rest.len > 0 && !is_blank(words->rest.data[0]))
        return CONF_NO_BLANK;
    struct herd_slice raw = herd_slice(line.data + 1, end - 1);
    *word = escapes ? without_backslashes(words, raw) : raw;
    return CONF_WORD;
}

enum conf_word herd_conf_words_next(struct conf_words *words, struct herd_slice *word)
{
    while (words->rest.len > 0 && is_blank(words->rest.data[0]))
        words->rest = herd_slice_from(words->rest, 1);
    if (words->rest.len == 0 || words->rest.data[0] == '#')
        return CONF_END;
    if (words->rest.data[0] == '"')
        return next_quoted(words, word);
    size_t len = 1;
    while (len < words->rest.len && !is_blank(words->rest.data[len]))
        len++;
    *word = herd_slice(words->rest.data, len);
    words->rest = herd_slice_from(words->rest, len);
    return CONF_WORD;
}

bool herd_conf_needs_quotes(struct herd_slice text)
{
    if (text.len == 0 || text.data[0] == '#' || text.data[0] == '"')
        return true;
    for (size_t i = 0; i < text.len; i++) {
        if (is_blank(text.data[i]))
            return true;
    }
    return false;
}

static bool is_control(char c)
{
    return (unsigned char)c < 0x20 || c == 0x7f;
}

size_t herd_conf_find_control(struct herd_slice text)
{
    size_t i = 0;
    while (i < text.len && (!is_control(text.data[i]) || text.data[i] == '\t'))
        i++;
    return i;
}

/* Where its comment begins; one that cannot be split into words is taken to have none. */
static size_t comment_offset(struct herd_slice line)
{
    struct conf_words words;
    struct herd_slice word;
    enum conf_word kind;
    herd_conf_words_start(&words, line);
    do
        kind = herd_conf_words_next(&words, &word);
    while (kind == CONF_WORD);
    return kind == CONF_END ? line.len - words.rest.len : line.len;
}

bool herd_conf_find_invisible(struct herd_slice line, struct conf_invisible *found)
{
    struct herd_slice rest = herd_slice(line.data, comment_offset(line));
    while (rest.len > 0) {
        struct herd_slice at = rest;
        uint32_t value = herd_utf8_take(&rest);
        const char *name = herd_invisible_name(value);
        if (name == NULL)
            continue;
        *found = (struct conf_invisible){.name = name,
                                         .value = value,
                                         .offset = (size_t)(at.data - line.data),
                                         .bytes = herd_slice(at.data, at.len - rest.len)};
        return true;
    }
    return false;
}

/* A UTF-8 character is shown whole or not at all. */
static size_t shown_len(struct herd_slice text)
{
    if (text.len <= CONF_SHOWN)
        return text.len;
    size_t len = CONF_SHOWN;
    while (len > 0 && ((unsigned char)text.data[len] & 0xc0) == 0x80)
        len--;
    return len;
}

const char *herd_conf_show(struct herd_slice text, char *out)
{
    size_t most = shown_len(text);
    struct herd_slice shown = {text.data, most};
    size_t len = 0;
    out[len++] = '"';
    len += herd_escape(out + len, most * HERD_ESCAPE_GROWTH, &shown, HERD_ESCAPE_VISIBLE);
    const char *end = most < text.len ? "...\"" : "\"";
    memcpy(out + len, end, strlen(end) + 1);
    return out;
}

/* The Levenshtein distance of `a` and `b`, with one row of its table at a time. */
static size_t edit_distance(struct herd_slice a, struct herd_slice b)
{
    size_t row[HERD_CONF_NAME_MAX + 1];
    for (size_t j = 0; j <= b.len; j++)
        row[j] = j;
    for (size_t i = 1; i <= a.len; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= b.len; j++) {
            size_t replaced = diagonal + (a.data[i - 1] != b.data[j - 1]);
            size_t other = (row[j] < row[j - 1] ? row[j] : row[j - 1]) + 1;
            diagonal = row[j];
            row[j] = replaced < other ? replaced : other;
        }
    }
    return row[b.len];
}

void herd_conf_guess_start(struct conf_guess *guess, struct herd_slice word)
{
    *guess = (struct conf_guess){.word = word, .best = {"", 0}, .distance = SIZE_MAX};
}

/* Up to a third of the name may differ. */
void herd_conf_guess_try(struct conf_guess *guess, struct herd_slice name)
{
    if (guess->word.len > HERD_CONF_NAME_MAX)
        return;
    size_t distance = edit_distance(guess->word, name);
    if (distance <= name.len / 3 && distance < guess->distance) {
        guess->best = name;
        guess->distance = distance;
    }
}
