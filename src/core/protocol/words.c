/* SPDX-License-Identifier: ISC */
#include "words.h"

void herd_words_split(struct herd_slice text, struct herd_words *words)
{
    words->count = 0;
    if (text.len == 0)
        return;
    const char *at = text.data, *end = text.data + text.len;
    for (;;) {
        while (at < end && herd_is_blank(*at))
            at++;
        if (at == end)
            return;
        if (words->count == HERD_WORDS_MAX) {
            words->count++;
            return;
        }
        const char *start = at;
        at = herd_word_end(at, end);
        words->word[words->count++] = herd_slice(start, (size_t)(at - start));
    }
}
