/* SPDX-License-Identifier: ISC */
/* Words of a line or a frame, separated by white space: space, tab, CR, LF, FF, VT. */
#ifndef HERD_CORE_PROTOCOL_WORDS_H
#define HERD_CORE_PROTOCOL_WORDS_H

#include "herd/slice.h"
#include "swar.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { HERD_WORDS_MAX = 12 };

/* The slices point into the text that was split. */
struct herd_words {
    struct herd_slice word[HERD_WORDS_MAX];
    size_t count; /* HERD_WORDS_MAX + 1 when the text has more than fit */
};

/* Splits `text` at white space. The words are never empty. */
void herd_words_split(struct herd_slice text, struct herd_words *words);

static inline bool herd_is_blank(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

/* Where the word that begins at `at` ends: at the first white space, or at `end`. Eight
 * bytes at a time while none of them is at most a space. */
static inline const char *herd_word_end(const char *at, const char *end)
{
    enum { STEP = sizeof(uint64_t) };
    while (end - at >= STEP && herd_swar_has_less(herd_swar_load(at), ' ' + 1) == 0)
        at += STEP;
    while (at < end && !herd_is_blank(*at))
        at++;
    return at;
}

#endif
