/* SPDX-License-Identifier: ISC */
#include "oracle.h"

#include "oracle_internal.h"
#include "textbook.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

/* ---- records that were reported ---- */

static uint64_t hash_of(struct herd_slice text)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    for (size_t i = 0; i < text.len; i++)
        hash = (hash ^ (unsigned char)text.data[i]) * UINT64_C(0x100000001b3);
    hash ^= hash >> 29;
    return hash != 0 ? hash : 1;
}

static size_t place_of(const struct oracle *oracle, uint64_t hash)
{
    size_t at = (size_t)hash & (oracle->reported_capacity - 1);
    while (oracle->reported[at] != 0 && oracle->reported[at] != hash)
        at = (at + 1) & (oracle->reported_capacity - 1);
    return at;
}

static void grow(struct oracle *oracle)
{
    struct oracle old = {.reported = oracle->reported,
                         .reported_capacity = oracle->reported_capacity};
    oracle->reported_capacity = old.reported_capacity > 0 ? 2 * old.reported_capacity : 256;
    oracle->reported = calloc(oracle->reported_capacity, sizeof *oracle->reported);
    if (oracle->reported == NULL)
        abort();
    for (size_t i = 0; i < old.reported_capacity; i++)
        if (old.reported[i] != 0)
            oracle->reported[place_of(oracle, old.reported[i])] = old.reported[i];
    free(old.reported);
}

static void say(struct oracle *oracle, struct herd_slice text)
{
    if (2 * (oracle->reported_count + 1) > oracle->reported_capacity)
        grow(oracle);
    uint64_t hash = hash_of(text);
    size_t at = place_of(oracle, hash);
    oracle->reported_count += oracle->reported[at] == 0;
    oracle->reported[at] = hash;
}

bool oracle_was_reported(const struct oracle *oracle, struct herd_slice text)
{
    return oracle->reported_capacity > 0 &&
           oracle->reported[place_of(oracle, hash_of(text))] != 0;
}

/* ---- texts ---- */

static void keep(struct oracle_text *to, struct herd_slice text)
{
    if (text.len > ORACLE_TEXT)
        abort();
    if (text.len > 0)
        memcpy(to->text, text.data, text.len);
    to->len = text.len;
}

static void keep_greater(struct oracle_text *to, struct herd_slice text)
{
    if (to->len == 0 || textbook_cmp(text, oracle_slice(to)) > 0)
        keep(to, text);
}

static void keep_latest_tombstone(struct oracle_text *to, struct herd_slice text)
{
    if (!textbook_is_tombstone(text))
        return;
    int order = to->len == 0 ? 1
                             : digits_cmp(textbook_received(text),
                                          textbook_received(oracle_slice(to)));
    if (order > 0 || (order == 0 && textbook_cmp(text, oracle_slice(to)) > 0))
        keep(to, text);
}

static void list(struct oracle_list *list, struct herd_slice text)
{
    if (list->count == list->capacity) {
        list->capacity = list->capacity > 0 ? 2 * list->capacity : 16;
        list->text = realloc(list->text, list->capacity * sizeof *list->text);
        if (list->text == NULL)
            abort();
    }
    keep(&list->text[list->count++], text);
    list->tombstones += textbook_is_tombstone(text);
}

void oracle_init(struct oracle *oracle)
{
    *oracle = (struct oracle){.reported = NULL};
}

void oracle_free(struct oracle *oracle)
{
    free(oracle->reported);
    for (int i = 0; i < ORACLE_CLIENTS; i++)
        free(oracle->said[i].text);
}

/* ---- time ---- */

void oracle_set_clock(struct oracle *oracle, int64_t ns)
{
    int len = snprintf(oracle->now.text, ORACLE_TEXT, "%" PRId64 ".%09" PRId64,
                       ns / 1000000000, ns % 1000000000);
    oracle->now.len = (size_t)len;
}

bool oracle_has_expired(const struct oracle *oracle, struct herd_slice record)
{
    return record.len > 0 &&
           textbook_has_expired(record, oracle->expire_s, 0, oracle_slice(&oracle->now));
}

static bool is_over(const struct oracle *oracle, struct herd_slice record)
{
    return textbook_has_expired(record, oracle->expire_s, oracle->grace_s,
                                oracle_slice(&oracle->now));
}

/* Whether one of two records is greater and expires before the other. */
static bool is_discordant(struct herd_slice a, struct herd_slice b)
{
    int order = textbook_cmp(a, b);
    int age = digits_cmp(textbook_received(a), textbook_received(b));
    return (order > 0 && age < 0) || (order < 0 && age > 0);
}

static void compare_all(struct oracle *oracle, int client, struct herd_slice record)
{
    const struct oracle_list *said = &oracle->said[client];
    for (size_t i = 0; i < said->count && !oracle->discordant; i++)
        oracle->discordant = is_discordant(oracle_slice(&said->text[i]), record);
}

/* ---- checks ---- */

void oracle_hear(struct oracle *oracle, int client, struct herd_slice record)
{
    say(oracle, record);
    if (client < 0)
        return;
    if (oracle->expire_s > 0)
        compare_all(oracle, client, record);
    keep_greater(&oracle->most[client], record);
    keep_latest_tombstone(&oracle->forgot[client], record);
    list(&oracle->said[client], record);
    if (oracle->samples < ORACLE_SAMPLES)
        keep(&oracle->sample[oracle->samples++], record);
}

static bool is_of_one_time(struct herd_slice a, struct herd_slice b)
{
    struct digits times[2] = {{{0}}, {{0}}};
    digits_add(&times[0], textbook_time(a), 1);
    digits_add(&times[1], textbook_time(b), 1);
    return digits_cmp(times[0], times[1]) == 0;
}

const char *oracle_on_reply(struct oracle *oracle, int client, struct herd_slice reply,
                            struct herd_slice before, struct herd_slice after)
{
    if (oracle_has_expired(oracle, before)) {
        oracle->replaced += textbook_cmp(reply, before) < 0;
        before.len = 0;
    }
    bool greater = before.len == 0 || textbook_cmp(reply, before) > 0;
    bool covered = before.len > 0 && textbook_covers(before, reply);
    bool repeated =
        before.len > 0 && !textbook_is_tombstone(before) && is_of_one_time(reply, before);
    bool news = greater && !repeated && !covered;
    oracle->repeated += greater && repeated;
    oracle->refused += greater && covered;
    oracle->ahead += news && textbook_is_ahead(reply);
    oracle->hidden += !greater && !repeated && textbook_is_ahead(before);
    if (news && !herd_slice_eq(after, reply))
        return "a greater report was answered, but is not stored";
    if (!news && !herd_slice_eq(after, before))
        return "a report that was not greater, or repeated, or forgotten, changed the "
               "record";
    if (news)
        oracle_hear(oracle, client, reply);
    return NULL;
}

const char *oracle_on_refusal(struct oracle *oracle, int client, struct herd_slice said,
                              struct herd_slice before, struct herd_slice after)
{
    if (herd_slice_eq(before, after))
        return NULL;
    if (after.len < said.len ||
        memcmp(after.data + after.len - said.len, said.data, said.len) != 0)
        return "a refused report changed the record";
    oracle_hear(oracle, client, after);
    return NULL;
}

static bool is_legitimate(const struct oracle *oracle, int client, struct herd_slice text)
{
    return oracle_was_reported(oracle, text) || oracle_may_be_raised(oracle, client, text);
}

static void count_change(struct oracle *oracle, struct herd_slice before,
                         struct herd_slice text)
{
    bool was = textbook_is_tombstone(before), is = textbook_is_tombstone(text);
    if (before.len > 0 &&
        digits_cmp(textbook_effective(text), textbook_effective(before)) == 0)
        oracle->ties++;
    oracle->raised += is && !oracle_was_reported(oracle, text);
    oracle->forgotten += before.len > 0 && !was && is;
    oracle->back += was && !is;
}

const char *oracle_observe(struct oracle *oracle, uint32_t server, uint64_t life,
                           int client, struct herd_slice text)
{
    struct oracle_text *seen = &oracle->seen[server][client];
    if (oracle->life[server] != life) {
        for (int i = 0; i < ORACLE_CLIENTS; i++)
            oracle->seen[server][i].len = 0;
        oracle->life[server] = life;
    }
    char copy[ORACLE_TEXT];
    struct herd_slice before = herd_slice(copy, seen->len);
    if (seen->len > 0)
        memcpy(copy, seen->text, seen->len);
    if (herd_slice_eq(text, before))
        return NULL;
    if (text.len == 0 && !is_over(oracle, before))
        return "a record has vanished";
    if (text.len == 0 || (before.len > 0 && oracle_has_expired(oracle, before)))
        before.len = 0;
    keep(seen, text);
    if (text.len == 0)
        return NULL;
    if (!is_legitimate(oracle, client, text))
        return "a record is stored that no server has answered";
    if (before.len > 0 && textbook_cmp(text, before) < 0)
        return "a stored record has fallen";
    if (before.len > 0 && textbook_covers(before, text) &&
        !oracle_may_come_back(oracle, client, before, text))
        return "a tombstone was replaced by what it covers";
    count_change(oracle, before, text);
    return NULL;
}

void oracle_expect(struct oracle *oracle, uint32_t group, int client,
                   struct herd_slice text)
{
    if (text.len == 0)
        return;
    keep_greater(&oracle->least[group][client], text);
    keep_latest_tombstone(&oracle->buried[group][client], text);
}

/* The latest tombstone that cannot have been lost covers everything that was received
 * before it. */
static bool is_still_forgotten(struct oracle *oracle, int client,
                               const struct oracle_text *latest, struct herd_slice text)
{
    struct herd_slice tombstone = oracle_slice(latest);
    if (tombstone.len == 0 || text.len == 0 || !textbook_covers(tombstone, text))
        return true;
    bool excused = oracle_may_come_back(oracle, client, tombstone, text);
    oracle->gaps += excused;
    return excused;
}

const char *oracle_check_final(struct oracle *oracle, uint32_t group, int client,
                               struct herd_slice text, bool exactly)
{
    struct herd_slice least = oracle_slice(&oracle->least[group][client]);
    struct herd_slice most = oracle_slice(&oracle->most[client]);
    if (oracle->expire_s > 0 && (text.len == 0 || oracle_has_expired(oracle, text) ||
                                 oracle_has_expired(oracle, least)))
        return least.len > 0 && !oracle_has_expired(oracle, least)
                   ? "a record that a living server held is lost"
                   : NULL;
    if (!is_still_forgotten(oracle, client, &oracle->buried[group][client], text) ||
        (exactly && !is_still_forgotten(oracle, client, &oracle->forgot[client], text)))
        return "a forgotten record has come back";
    if (herd_slice_eq(text, least) && (!exactly || herd_slice_eq(text, most)))
        return NULL;
    if (text.len == 0 || textbook_cmp(text, least) < 0)
        return "a record that a living server held is lost";
    if (exactly && textbook_cmp(text, most) < 0)
        return "a record that a client was answered is lost";
    if (oracle_may_be_raised(oracle, client, text))
        return NULL;
    if (!oracle_was_reported(oracle, text) || (exactly && !herd_slice_eq(text, most)))
        return "a record has come from nowhere";
    return NULL;
}

/* ---- order laws ---- */

static int sign_of(int order)
{
    return (order > 0) - (order < 0);
}

const char *oracle_order_laws(const struct oracle *oracle,
                              int (*cmp)(struct herd_slice a, struct herd_slice b),
                              uint64_t *triples)
{
    for (size_t i = 0; i < oracle->samples; i++) {
        struct herd_slice a = oracle_slice(&oracle->sample[i]);
        for (size_t j = 0; j < oracle->samples; j++) {
            struct herd_slice b = oracle_slice(&oracle->sample[j]);
            int ab = sign_of(cmp(a, b));
            if (ab != sign_of(textbook_cmp(a, b)) || ab != -sign_of(cmp(b, a)) ||
                (ab == 0) != herd_slice_eq(a, b))
                return "the order of records is not that of the textbook";
            for (size_t k = 0; k < oracle->samples && ab < 0; k++) {
                struct herd_slice c = oracle_slice(&oracle->sample[k]);
                ++*triples;
                if (cmp(b, c) < 0 && cmp(a, c) >= 0)
                    return "the order of records is not transitive";
            }
        }
    }
    return NULL;
}
