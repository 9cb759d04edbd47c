/* SPDX-License-Identifier: ISC */
#include "textbook.h"

#include <stdio.h>
#include <stdlib.h>

enum { SECONDS = 9 }; /* the place of their last digit */

/* ---- digits ---- */

/* Decimals after the ninth do not count. */
void digits_add(struct digits *sum, struct herd_slice number, int factor)
{
    const char *point = number.len > 0 ? memchr(number.data, '.', number.len) : NULL;
    size_t whole = point != NULL ? (size_t)(point - number.data) : number.len;
    if (whole > TEXTBOOK_DIGITS - SECONDS - 2)
        abort();
    for (size_t i = 0; i < number.len; i++) {
        int digit = factor * (number.data[i] - '0');
        if (i < whole)
            sum->digit[SECONDS + whole - 1 - i] += digit;
        else if (i > whole && i - whole <= SECONDS)
            sum->digit[SECONDS - (i - whole)] += digit;
    }
}

void digits_add_ns(struct digits *sum, int ns)
{
    sum->digit[0] += ns;
}

static void add_all(struct digits *sum, const struct digits *other, int factor)
{
    for (size_t i = 0; i < TEXTBOOK_DIGITS; i++)
        sum->digit[i] += factor * other->digit[i];
}

/* Makes all digits but the last, which has the sign, 0 to 9. */
static void carry(struct digits *sum)
{
    for (size_t i = 0; i + 1 < TEXTBOOK_DIGITS; i++) {
        while (sum->digit[i] < 0) {
            sum->digit[i] += 10;
            sum->digit[i + 1]--;
        }
        sum->digit[i + 1] += sum->digit[i] / 10;
        sum->digit[i] %= 10;
    }
}

/* Of the number that the digits are: -1, 0 or 1. */
static int sign_of(struct digits sum)
{
    carry(&sum);
    if (sum.digit[TEXTBOOK_DIGITS - 1] != 0)
        return sum.digit[TEXTBOOK_DIGITS - 1] < 0 ? -1 : 1;
    for (size_t i = 0; i < TEXTBOOK_DIGITS; i++)
        if (sum.digit[i] != 0)
            return 1;
    return 0;
}

int digits_cmp(struct digits a, struct digits b)
{
    add_all(&a, &b, -1);
    return sign_of(a);
}

/* Seconds with nine decimals; `plus` is the sign of what is not below zero. */
static int print(struct digits sum, const char *plus, char *out, size_t size)
{
    struct digits zero = {{0}};
    char text[TEXTBOOK_DIGITS + 1];
    const char *sign = plus, *whole = text;
    int len = 0;
    if (sign_of(sum) < 0) {
        add_all(&zero, &sum, -1);
        sum = zero;
        sign = "-";
    }
    carry(&sum);
    for (size_t i = TEXTBOOK_DIGITS; i-- > SECONDS;)
        text[len++] = (char)('0' + sum.digit[i]);
    text[len] = '\0';
    while (*whole == '0' && whole[1] != '\0')
        whole++;
    len = snprintf(out, size, "%s%s.", sign, whole);
    for (size_t i = SECONDS; i-- > 0 && (size_t)len + 1 < size;)
        out[len++] = (char)('0' + sum.digit[i]);
    out[len] = '\0';
    return len;
}

/* ---- one record ---- */

struct herd_slice textbook_word(struct herd_slice record, int n)
{
    size_t at = 0, end;
    for (int word = 0; word < n && at < record.len; at++)
        word += record.data[at] == ' ';
    end = at;
    while (end < record.len && record.data[end] != ' ')
        end++;
    return herd_slice(record.data + at, end - at);
}

bool textbook_is_tombstone(struct herd_slice record)
{
    return record.len > 0 && record.data[0] == 'F';
}

struct herd_slice textbook_time(struct herd_slice record)
{
    return textbook_word(record, textbook_is_tombstone(record) ? 4 : 5);
}

static void add_skew(struct digits *sum, struct herd_slice record)
{
    struct herd_slice skew = textbook_word(record, 2);
    digits_add(sum, herd_slice_from(skew, 1), skew.data[0] == '-' ? -1 : 1);
}

struct digits textbook_received(struct herd_slice record)
{
    struct digits received = {{0}};
    digits_add(&received, textbook_time(record), 1);
    add_skew(&received, record);
    return received;
}

struct digits textbook_effective(struct herd_slice record)
{
    struct digits time = {{0}}, latest = textbook_received(record);
    digits_add(&time, textbook_time(record), 1);
    digits_add(&latest, HERD_LIT("60"), 1);
    return digits_cmp(latest, time) < 0 ? latest : time;
}

bool textbook_is_ahead(struct herd_slice record)
{
    struct digits time = {{0}};
    if (record.len == 0)
        return false;
    digits_add(&time, textbook_time(record), 1);
    return digits_cmp(textbook_effective(record), time) < 0;
}

/* ---- two records ---- */

int textbook_cmp(struct herd_slice a, struct herd_slice b)
{
    if (a.len == 0 || b.len == 0)
        return (a.len > 0) - (b.len > 0);
    int order = digits_cmp(textbook_effective(a), textbook_effective(b));
    for (size_t i = 0; order == 0 && i < a.len && i < b.len; i++)
        order = (unsigned char)a.data[i] - (unsigned char)b.data[i];
    if (order == 0 && a.len != b.len)
        order = a.len < b.len ? -1 : 1;
    return order;
}

bool textbook_covers(struct herd_slice tombstone, struct herd_slice other)
{
    if (!textbook_is_tombstone(tombstone))
        return false;
    int order = digits_cmp(textbook_received(other), textbook_received(tombstone));
    return order < 0 || (order == 0 && !textbook_is_tombstone(other));
}

bool textbook_has_expired(struct herd_slice record, long long expire_s, long long ago_s,
                          struct herd_slice now)
{
    char text[32];
    struct digits end, at = {{0}};
    if (expire_s == 0)
        return false;
    end = textbook_received(record);
    int len = snprintf(text, sizeof text, "%lld", expire_s + ago_s);
    digits_add(&end, herd_slice(text, (size_t)len), 1);
    digits_add(&at, now, 1);
    return digits_cmp(at, end) >= 0;
}

static struct herd_slice print_tombstone(struct herd_slice server, struct herd_slice client,
                                         struct digits received, struct digits time,
                                         char out[TEXTBOOK_TEXT])
{
    struct digits skew = received;
    char skew_text[64], time_text[64];
    add_all(&skew, &time, -1);
    (void)print(skew, "+", skew_text, sizeof skew_text);
    (void)print(time, "", time_text, sizeof time_text);
    int len = snprintf(out, TEXTBOOK_TEXT, "FORGOT %.*s %s %.*s %s", (int)server.len,
                       server.data, skew_text, (int)client.len, client.data, time_text);
    if (len < 0 || len >= TEXTBOOK_TEXT)
        abort();
    return herd_slice(out, (size_t)len);
}

struct herd_slice textbook_choose(struct herd_slice a, struct herd_slice b,
                                  char out[TEXTBOOK_TEXT])
{
    struct herd_slice greater = textbook_cmp(a, b) > 0 ? a : b;
    struct herd_slice other = greater.data == a.data ? b : a;
    if (!textbook_covers(other, greater))
        return greater;
    struct digits time = textbook_effective(greater);
    digits_add_ns(&time, textbook_is_tombstone(greater));
    return print_tombstone(textbook_word(other, 1), textbook_word(other, 3),
                           textbook_received(other), time, out);
}

struct herd_slice textbook_forget(struct herd_slice before, struct herd_slice server,
                                  struct herd_slice client, struct herd_slice now,
                                  char out[TEXTBOOK_TEXT])
{
    char fresh_text[TEXTBOOK_TEXT];
    struct digits at = {{0}};
    digits_add(&at, now, 1);
    if (before.len == 0)
        return print_tombstone(server, client, at, at, out);
    if (digits_cmp(textbook_received(before), at) > 0)
        at = textbook_received(before);
    struct herd_slice fresh = print_tombstone(server, client, at, at, fresh_text);
    struct herd_slice kept = textbook_choose(before, fresh, out);
    if (kept.data == fresh_text) {
        memcpy(out, fresh.data, fresh.len);
        kept.data = out;
    }
    return kept;
}
