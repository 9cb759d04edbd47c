/* SPDX-License-Identifier: ISC */
/* The oracle's view of clients that are forgotten. */
#include "oracle_internal.h"
#include "textbook.h"

/* ---- what may be ---- */

static bool is_made_by_same(struct herd_slice answered, struct herd_slice text)
{
    return textbook_is_tombstone(answered) &&
           herd_slice_eq(textbook_word(answered, 1), textbook_word(text, 1)) &&
           digits_cmp(textbook_received(answered), textbook_received(text)) == 0;
}

/* Each tombstone that it was raised above adds a nanosecond to the time of the report. */
static bool is_raised_above(struct herd_slice text, struct herd_slice report,
                            size_t tombstones)
{
    if (textbook_is_tombstone(report) || !textbook_covers(text, report))
        return false;
    struct digits time = textbook_effective(text), least = textbook_effective(report);
    struct digits most = least;
    digits_add_ns(&most, (int)tombstones);
    return digits_cmp(time, least) >= 0 && digits_cmp(time, most) <= 0;
}

bool oracle_may_be_raised(const struct oracle *oracle, int client, struct herd_slice text)
{
    const struct oracle_list *said = &oracle->said[client];
    bool made = false, above = false;
    if (!textbook_is_tombstone(text) || textbook_word(text, 5).len > 0 ||
        textbook_is_ahead(text))
        return false;
    for (size_t i = 0; i < said->count; i++) {
        struct herd_slice other = oracle_slice(&said->text[i]);
        made = made || is_made_by_same(other, text);
        above = above || is_raised_above(text, other, said->tombstones);
    }
    return made && above;
}

bool oracle_may_come_back(const struct oracle *oracle, int client,
                          struct herd_slice tombstone, struct herd_slice text)
{
    const struct oracle_list *said = &oracle->said[client];
    for (size_t i = 0; i < said->count; i++) {
        struct herd_slice other = oracle_slice(&said->text[i]);
        if (!textbook_is_tombstone(other) && !textbook_covers(tombstone, other) &&
            textbook_cmp(other, tombstone) > 0 && textbook_cmp(other, text) < 0)
            return true;
    }
    return false;
}

/* ---- FORGET ---- */

const char *oracle_on_forget(struct oracle *oracle, int client, struct herd_slice reply,
                             struct herd_slice expected, struct herd_slice before,
                             struct herd_slice after)
{
    if (reply.len == 0 && herd_slice_eq(before, after))
        return NULL;
    if (!herd_slice_eq(after, expected))
        return "FORGET has not stored the right tombstone";
    if (reply.len > 0 && !herd_slice_eq(reply, expected))
        return "the reply to FORGET is not what is stored";
    oracle->forgets++;
    oracle_hear(oracle, client, after);
    return NULL;
}

/* ---- laws ---- */

const char *oracle_choice_laws(const struct oracle *oracle, oracle_choose *choose,
                               uint64_t *pairs)
{
    enum { MOST = 12 }; /* of a client's records: enough to try */
    char out[3][TEXTBOOK_TEXT];
    for (int client = 0; client < ORACLE_CLIENTS; client++) {
        const struct oracle_list *said = &oracle->said[client];
        for (size_t i = 0; i < said->count && i < MOST && said->tombstones > 0; i++)
            for (size_t j = 0; j < i; j++) {
                struct herd_slice a = oracle_slice(&said->text[said->count - 1 - i]);
                struct herd_slice b = oracle_slice(&said->text[said->count - 1 - j]);
                if (herd_slice_eq(a, b))
                    continue;
                struct herd_slice kept = textbook_choose(a, b, out[0]);
                ++*pairs;
                if (!herd_slice_eq(choose(a, b, out[1]), kept) ||
                    !herd_slice_eq(choose(b, a, out[2]), kept))
                    return "another one of two records is kept than in the textbook";
            }
    }
    return NULL;
}
