/* SPDX-License-Identifier: ISC */
#include "read.h"

static void collect_name(struct conf_reader *reader, struct herd_slice line)
{
    struct herd_slice word;
    herd_conf_words_start(&reader->words, line);
    if (herd_conf_words_next(&reader->words, &word) != CONF_WORD ||
        !herd_slice_eq(word, HERD_LIT("server")))
        return;
    if (herd_conf_words_next(&reader->words, &word) == CONF_WORD &&
        herd_conf_is_name(word) && reader->name_count < HERD_CONF_SERVERS_MAX)
        reader->names[reader->name_count++] = word;
}

void herd_conf_read_names(struct conf_reader *reader, struct herd_slice text)
{
    const struct herd_mem *mem = reader->conf->mem;
    reader->names = herd_mem_alloc(mem, HERD_CONF_SERVERS_MAX * sizeof *reader->names);
    if (reader->names == NULL) {
        reader->rc = HERD_ENOMEM;
        return;
    }
    while (text.len > 0)
        collect_name(reader, herd_conf_next_line(&text));
    if (reader->name_count == 0)
        return;
    reader->linked = herd_mem_zalloc(mem, (size_t)reader->name_count * reader->name_count);
    if (reader->linked == NULL)
        reader->rc = HERD_ENOMEM;
}

/* The index of the name; -1 after an error was reported. */
static int64_t find_name(struct conf_reader *reader, struct herd_slice word)
{
    struct conf_guess guess;
    herd_conf_guess_start(&guess, word);
    for (uint32_t i = 0; i < reader->name_count; i++) {
        if (herd_slice_eq(reader->names[i], word))
            return i;
    }
    for (uint32_t i = 0; i < reader->name_count; i++)
        herd_conf_guess_try(&guess, reader->names[i]);
    const char *shown = herd_conf_quote(reader, word);
    if (guess.best.len > 0)
        herd_conf_error(reader, "link: there is no server %s: did you mean %.*s?", shown,
                        (int)guess.best.len, guess.best.data);
    else
        herd_conf_error(reader, "link: there is no server %s", shown);
    return -1;
}

static void add_link(struct conf_reader *reader, int64_t a, int64_t b)
{
    size_t low = (size_t)(a < b ? a : b);
    size_t high = (size_t)(a < b ? b : a);
    if (low == high)
        herd_conf_error(reader, "link: %s cannot be linked to itself",
                        herd_conf_quote(reader, reader->names[low]));
    else
        reader->linked[low * reader->name_count + high] = 1;
}

void herd_conf_read_link(struct conf_reader *reader)
{
    struct herd_slice word;
    enum conf_word kind;
    int64_t first = -1;
    uint32_t count = 0;
    while ((kind = herd_conf_read_word(reader, &word)) == CONF_WORD) {
        int64_t index = find_name(reader, word);
        if (count == 0)
            first = index;
        else if (first >= 0 && index >= 0)
            add_link(reader, first, index);
        count++;
    }
    if (kind == CONF_END && count < 2)
        herd_conf_error(reader, "link: two or more server names are expected");
}

void herd_conf_store_links(struct conf_reader *reader)
{
    struct herd_conf *conf = reader->conf;
    size_t cells = (size_t)reader->name_count * reader->name_count;
    size_t count = 0;
    for (size_t i = 0; i < cells; i++)
        count += reader->linked[i];
    if (count == 0)
        return;
    conf->links = herd_mem_alloc(conf->mem, count * sizeof *conf->links);
    if (conf->links == NULL) {
        reader->rc = HERD_ENOMEM;
        return;
    }
    for (size_t i = 0; i < cells; i++) {
        if (reader->linked[i] != 0)
            conf->links[conf->link_count++] = (struct herd_conf_link){
                (uint32_t)(i / reader->name_count), (uint32_t)(i % reader->name_count)};
    }
}
