/* SPDX-License-Identifier: ISC */
#include "oracle.h"

#include <stdlib.h>

/* ---- the textbook order ---- */

/* The n-th word of AT server skew client location time, from 0. */
static struct herd_slice word_of(struct herd_slice record, int n)
{
    size_t at = 0, end;
    for (int word = 0; word < n && at < record.len; at++)
        word += record.data[at] == ' ';
    end = at;
    while (end < record.len && record.data[end] != ' ')
        end++;
    return herd_slice(record.data + at, end - at);
}

/* A number of nanoseconds as decimal digits, the least first; while it is a sum they may be
 * any integers. */
enum { DIGITS = 48, SECONDS = 9 };

struct digits {
    int digit[DIGITS];
};

/* Decimals after the ninth do not count. */
static void add(struct digits *sum, struct herd_slice number, int factor)
{
    const char *point = number.len > 0 ? memchr(number.data, '.', number.len) : NULL;
    size_t whole = point != NULL ? (size_t)(point - number.data) : number.len;
    if (whole > DIGITS - SECONDS - 2)
        abort();
    for (size_t i = 0; i < number.len; i++) {
        int digit = factor * (number.data[i] - '0');
        if (i < whole)
            sum->digit[SECONDS + whole - 1 - i] += digit;
        else if (i > whole && i - whole <= SECONDS)
            sum->digit[SECONDS - (i - whole)] += digit;
    }
}

/* Of the number that the digits are: -1, 0 or 1. */
static int sign_of_digits(struct digits sum)
{
    bool zero = true;
    for (size_t i = 0; i + 1 < DIGITS; i++) {
        while (sum.digit[i] < 0) {
            sum.digit[i] += 10;
            sum.digit[i + 1]--;
        }
        sum.digit[i + 1] += sum.digit[i] / 10;
        zero = zero && sum.digit[i] % 10 == 0;
    }
    if (sum.digit[DIGITS - 1] != 0)
        return sum.digit[DIGITS - 1] < 0 ? -1 : 1;
    return zero ? 0 : 1;
}

/* Whether the client's time is more than a minute after the receipt; then *over is, below
 * zero, how far the end of that minute is from it. */
static bool is_ahead(struct herd_slice record, struct digits *over)
{
    struct herd_slice skew = word_of(record, 2);
    *over = (struct digits){{0}};
    if (record.len == 0) /* no record, which is less than any */
        return false;
    add(over, HERD_LIT("60"), 1);
    add(over, herd_slice_from(skew, 1), skew.data[0] == '-' ? -1 : 1);
    return sign_of_digits(*over) < 0;
}

static void add_effective(struct digits *sum, struct herd_slice record, int factor)
{
    struct digits over;
    add(sum, word_of(record, 5), factor);
    if (is_ahead(record, &over))
        for (size_t i = 0; i < DIGITS; i++)
            sum->digit[i] += factor * over.digit[i];
}

static int effective_cmp(struct herd_slice a, struct herd_slice b)
{
    struct digits difference = {{0}};
    add_effective(&difference, a, 1);
    add_effective(&difference, b, -1);
    return sign_of_digits(difference);
}

static bool is_of_one_time(struct herd_slice a, struct herd_slice b)
{
    struct digits difference = {{0}};
    add(&difference, word_of(a, 5), 1);
    add(&difference, word_of(b, 5), -1);
    return sign_of_digits(difference) == 0;
}

int oracle_cmp(struct herd_slice a, struct herd_slice b)
{
    int order = effective_cmp(a, b);
    for (size_t i = 0; order == 0 && i < a.len && i < b.len; i++)
        order = (unsigned char)a.data[i] - (unsigned char)b.data[i];
    if (order == 0 && a.len != b.len)
        order = a.len < b.len ? -1 : 1;
    return order;
}

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

static struct herd_slice slice_of(const struct oracle_text *text)
{
    return herd_slice(text->text, text->len);
}

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
    if (to->len == 0 || oracle_cmp(text, slice_of(to)) > 0)
        keep(to, text);
}

void oracle_init(struct oracle *oracle)
{
    *oracle = (struct oracle){.reported = NULL};
}

void oracle_free(struct oracle *oracle)
{
    free(oracle->reported);
}

/* ---- checks ---- */

static void hear(struct oracle *oracle, int client, struct herd_slice record)
{
    say(oracle, record);
    if (client < 0)
        return;
    keep_greater(&oracle->most[client], record);
    if (oracle->samples < ORACLE_SAMPLES)
        keep(&oracle->sample[oracle->samples++], record);
}

const char *oracle_on_reply(struct oracle *oracle, int client, struct herd_slice reply,
                            struct herd_slice before, struct herd_slice after)
{
    struct digits unused;
    bool greater = before.len == 0 || oracle_cmp(reply, before) > 0;
    bool repeated = before.len > 0 && is_of_one_time(reply, before);
    bool news = greater && !repeated;
    oracle->repeated += greater && repeated;
    oracle->ahead += news && is_ahead(reply, &unused);
    oracle->hidden += !greater && !repeated && is_ahead(before, &unused);
    if (news && !herd_slice_eq(after, reply))
        return "a greater report was answered, but is not stored";
    if (!news && !herd_slice_eq(after, before))
        return "a report that was not greater, or repeated, changed the record";
    if (news)
        hear(oracle, client, reply);
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
    hear(oracle, client, after);
    return NULL;
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
    if (herd_slice_eq(text, slice_of(seen)))
        return NULL;
    if (text.len == 0)
        return "a record has vanished";
    if (!oracle_was_reported(oracle, text))
        return "a record is stored that no server has answered";
    if (seen->len > 0 && oracle_cmp(text, slice_of(seen)) < 0)
        return "a stored record has fallen";
    if (seen->len > 0 && effective_cmp(text, slice_of(seen)) == 0)
        oracle->ties++;
    keep(seen, text);
    return NULL;
}

void oracle_expect(struct oracle *oracle, uint32_t group, int client,
                   struct herd_slice text)
{
    if (text.len > 0)
        keep_greater(&oracle->least[group][client], text);
}

const char *oracle_check_final(const struct oracle *oracle, uint32_t group, int client,
                               struct herd_slice text, bool exactly)
{
    struct herd_slice least = slice_of(&oracle->least[group][client]);
    struct herd_slice most = slice_of(&oracle->most[client]);
    if (herd_slice_eq(text, least) && (!exactly || herd_slice_eq(text, most)))
        return NULL;
    if (text.len == 0 || oracle_cmp(text, least) < 0)
        return "a record that a living server held is lost";
    if (exactly && oracle_cmp(text, most) < 0)
        return "a record that a client was answered is lost";
    if (exactly || !oracle_was_reported(oracle, text))
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
        struct herd_slice a = slice_of(&oracle->sample[i]);
        for (size_t j = 0; j < oracle->samples; j++) {
            struct herd_slice b = slice_of(&oracle->sample[j]);
            int ab = sign_of(cmp(a, b));
            if (ab != sign_of(oracle_cmp(a, b)) || ab != -sign_of(cmp(b, a)) ||
                (ab == 0) != herd_slice_eq(a, b))
                return "the order of records is not that of the textbook";
            for (size_t k = 0; k < oracle->samples && ab < 0; k++) {
                struct herd_slice c = slice_of(&oracle->sample[k]);
                ++*triples;
                if (cmp(b, c) < 0 && cmp(a, c) >= 0)
                    return "the order of records is not transitive";
            }
        }
    }
    return NULL;
}
