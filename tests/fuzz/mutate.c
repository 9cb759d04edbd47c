/* SPDX-License-Identifier: ISC */
#include "mutate.h"

#include "dice.h"

struct text {
    char *data;
    size_t len;
};

/* A place from 0 to len. */
static size_t place(struct dice *dice, size_t len)
{
    return dice_roll(dice, (uint32_t)len + 1);
}

/* Short runs are as likely as long ones. */
static size_t run(struct dice *dice, size_t most)
{
    size_t scale = (size_t)1 << dice_roll(dice, 10);
    return place(dice, most < scale ? most : scale);
}

static void insert(struct text *text, size_t at, struct herd_slice bytes)
{
    size_t len = bytes.len < MUTATE_MAX - text->len ? bytes.len : MUTATE_MAX - text->len;
    memmove(text->data + at + len, text->data + at, text->len - at);
    memcpy(text->data + at, bytes.data, len);
    text->len += len;
}

static void erase(struct text *text, size_t at, size_t len)
{
    memmove(text->data + at, text->data + at + len, text->len - at - len);
    text->len -= len;
}

static void insert_odd(struct dice *dice, struct text *text)
{
    static const char *const odd[] = {" ",
                                      "\n",
                                      "\r\n",
                                      "0",
                                      "-1",
                                      "9",
                                      ".",
                                      "+",
                                      "\"",
                                      "\\",
                                      "\\u",
                                      "{",
                                      "}",
                                      "[",
                                      "]",
                                      ",",
                                      ":",
                                      "#",
                                      "18446744073709551615",
                                      "9223372036854775808",
                                      "\x7f",
                                      "\xc2\x80",
                                      "\xed\xa0\x80",
                                      "\xf0\x9f\x90\x8f",
                                      "\xf9",
                                      "\xfa",
                                      "\xfb",
                                      "\xfc",
                                      "\xfd",
                                      "\xfe",
                                      "\xff"};
    const char *word = odd[dice_roll(dice, sizeof odd / sizeof odd[0])];
    insert(text, place(dice, text->len), herd_slice_str(word));
}

/* A part of one seed, in the middle of another. */
static void splice(struct dice *dice, struct text *text, const struct mutate_seeds *seeds)
{
    struct herd_slice other = seeds->list[dice_roll(dice, (uint32_t)seeds->count)];
    size_t from = place(dice, other.len < MUTATE_MAX ? other.len : MUTATE_MAX);
    size_t len = run(dice, other.len - from);
    insert(text, place(dice, text->len), herd_slice(other.data + from, len));
}

static void repeat(struct dice *dice, struct text *text)
{
    char copy[512];
    size_t from = place(dice, text->len);
    size_t len = run(dice, text->len - from);
    len = len < sizeof copy ? len : sizeof copy;
    memcpy(copy, text->data + from, len);
    for (uint32_t times = dice_roll(dice, 4); times > 0; times--)
        insert(text, from, herd_slice(copy, len));
}

static void change_byte(struct dice *dice, struct text *text)
{
    if (text->len == 0)
        return;
    char *byte = &text->data[place(dice, text->len - 1)];
    switch (dice_roll(dice, 4)) {
    case 0: *byte ^= (char)(1U << dice_roll(dice, 8)); break;
    case 1: *byte = (char)dice_roll(dice, 256); break;
    case 2: *byte = (char)(*byte + 1); break;
    default: *byte = (char)('0' + dice_roll(dice, 10)); break;
    }
}

size_t mutate(const struct mutate_seeds *seeds, uint64_t n, char *out)
{
    struct dice dice = {n * UINT64_C(0x9e3779b97f4a7c15) + 1};
    struct herd_slice seed = seeds->list[dice_roll(&dice, (uint32_t)seeds->count)];
    struct text text = {out, seed.len < MUTATE_MAX ? seed.len : MUTATE_MAX};
    memcpy(out, seed.data, text.len);
    for (uint32_t deeds = 1 + dice_roll(&dice, 6); deeds > 0; deeds--) {
        size_t at = place(&dice, text.len);
        switch (dice_roll(&dice, 6)) {
        case 0: erase(&text, at, run(&dice, text.len - at)); break;
        case 1: insert_odd(&dice, &text); break;
        case 2: splice(&dice, &text, seeds); break;
        case 3: repeat(&dice, &text); break;
        default: change_byte(&dice, &text); break;
        }
    }
    return text.len;
}
