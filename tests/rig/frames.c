/* SPDX-License-Identifier: ISC */
#include "frames.h"

#include "core_internal.h"
#include "protocol/hello.h"

#include <inttypes.h>
#include <stdio.h>

enum { WORD_MAX = 40 };

static void print_rules(const struct rig *rig, char *out)
{
    snprintf(out, WORD_MAX, "%016" PRIx64, herd_hello_rules(rig->conf.client_expire));
}

static void print_clock(const struct rig *rig, char *out)
{
    snprintf(out, WORD_MAX, "%" PRId64 ".%09" PRId64, rig->wall.ns / HERD_NS_PER_S,
             rig->wall.ns % HERD_NS_PER_S);
}

static void print_nonce(const struct rig *rig, char *out)
{
    (void)rig;
    snprintf(out, WORD_MAX, "%s", FRAMES_NONCE);
}

void frames_digest(const struct rig *rig, char *out)
{
    snprintf(out, WORD_MAX, "%016" PRIx64,
             herd_store_digest_at(&rig->core->store, rig->wall));
}

struct name {
    const char *name;
    void (*print)(const struct rig *rig, char *out);
};

static const struct name names[] = {
    {"RULES", print_rules},    {"CLOCK", print_clock}, {"NONCE", print_nonce},
    {"DIGEST", frames_digest}, {NULL, NULL},
};

/* ---- what is said ---- */

static bool is_of(struct herd_slice word, const char *letters)
{
    for (size_t i = 0; i < word.len; i++)
        if (strchr(letters, word.data[i]) == NULL)
            return false;
    return true;
}

/* The name to show instead of the word, or NULL. */
static const char *name_of(const struct rig *rig, struct herd_slice word)
{
    char text[WORD_MAX];
    for (const struct name *n = names; n->name != NULL; n++) {
        n->print(rig, text);
        if (herd_slice_eq(word, herd_slice_str(text)))
            return n->name;
    }
    return NULL;
}

static void show_word(const struct rig *rig, struct rig_text *out, struct herd_slice verb,
                      struct herd_slice word)
{
    bool hello = herd_slice_eq(verb, HERD_LIT("HELLO"));
    const char *name = name_of(rig, word);
    /* Without records the digest looks like the word of HELLO that is reserved. */
    if (hello && name != NULL && strcmp(name, "DIGEST") == 0)
        name = NULL;
    if (herd_slice_eq(verb, HERD_LIT("BATCH")) && is_of(word, "0123456789"))
        while (word.len > 1 && word.data[0] == '0')
            word = herd_slice_from(word, 1);
    else if (hello && word.len == 32 && is_of(word, "0123456789abcdef"))
        name = "NONCE";
    rig_text_add(out, name != NULL ? herd_slice_str(name) : word);
}

static bool has_names(struct herd_slice verb)
{
    return herd_slice_eq(verb, HERD_LIT("HELLO")) ||
           herd_slice_eq(verb, HERD_LIT("PING")) || herd_slice_eq(verb, HERD_LIT("BATCH"));
}

/* One line, without its LF. */
static void show_line(const struct rig *rig, struct rig_text *out, struct herd_slice line)
{
    const char *space = line.len > 0 ? memchr(line.data, ' ', line.len) : NULL;
    struct herd_slice verb =
        herd_slice(line.data, space != NULL ? (size_t)(space - line.data) : 0);
    /* The size of a table depends on that of pointers. */
    if (herd_slice_eq(verb, HERD_LIT("store_bytes"))) {
        rig_text_add(out, HERD_LIT("store_bytes *"));
        return;
    }
    if (!has_names(verb)) {
        rig_text_add(out, line);
        return;
    }
    rig_text_add(out, verb);
    for (line = herd_slice_from(line, verb.len); line.len > 0;) {
        size_t len = 1;
        while (len < line.len && line.data[len] != ' ')
            len++;
        rig_text_add(out, HERD_LIT(" "));
        show_word(rig, out, verb, herd_slice(line.data + 1, len - 1));
        line = herd_slice_from(line, len);
    }
}

static void escape(struct rig_text *text, struct herd_slice bytes)
{
    for (size_t i = 0; i < bytes.len; i++) {
        unsigned char c = (unsigned char)bytes.data[i];
        if (c == '\n')
            rig_text_add(text, HERD_LIT("\\n"));
        else if (c == '\r')
            rig_text_add(text, HERD_LIT("\\r"));
        else if (c == '\t')
            rig_text_add(text, HERD_LIT("\\t"));
        else if (c == '\\')
            rig_text_add(text, HERD_LIT("\\\\"));
        else if (c < ' ' || c >= 0x7f)
            rig_text_printf(text, "\\x%02x", c);
        else
            rig_text_add(text, herd_slice(bytes.data + i, 1));
    }
}

void frames_show(const struct rig *rig, struct rig_text *out, struct herd_slice said)
{
    struct rig_text shown = {NULL, 0, 0};
    bool lf = said.len > 0 && said.data[said.len - 1] == '\n';
    rig_text_clear(&shown);
    said.len -= lf;
    while (said.len > 0) {
        const char *end = memchr(said.data, '\n', said.len);
        size_t len = end != NULL ? (size_t)(end - said.data) : said.len;
        show_line(rig, &shown, herd_slice(said.data, len));
        if (end != NULL)
            rig_text_add(&shown, HERD_LIT("\n"));
        said = herd_slice_from(said, len + (end != NULL));
    }
    escape(out, herd_slice(shown.data, shown.len));
    rig_text_add(out, lf ? HERD_LIT("\n") : HERD_LIT("\\c\n"));
    rig_text_free(&shown);
}

/* ---- what is heard ---- */

/* The length of the name that the text begins with, and what it stands for; or 0. */
static size_t name_at(const struct rig *rig, struct herd_slice text, char *out)
{
    for (const struct name *n = names; n->name != NULL; n++) {
        size_t len = strlen(n->name);
        if (text.len >= len && memcmp(text.data, n->name, len) == 0) {
            n->print(rig, out);
            return len;
        }
    }
    return 0;
}

void frames_fill(const struct rig *rig, struct rig_text *out, struct herd_slice heard)
{
    char word[WORD_MAX];
    while (heard.len > 0) {
        size_t len = name_at(rig, heard, word);
        rig_text_add(out, len > 0 ? herd_slice_str(word) : herd_slice(heard.data, 1));
        heard = herd_slice_from(heard, len > 0 ? len : 1);
    }
}
