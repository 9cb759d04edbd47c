/* SPDX-License-Identifier: ISC */
/* The order of arrival does not matter: stores that have received the same records hold the
 * same, and have equal digests. */
#include "check.h"
#include "dice.h"
#include "fail_mem.h"

#include "herd/err.h"
#include "store/store.h"

#include <stdio.h>

enum { TEXT = 160 };

struct fixture {
    struct fail_mem mem;
    struct herd_store store;
};

/* Each store has a table key of its own; the digest key is one for all. */
static void set_up(struct fixture *f, uint64_t seed)
{
    static const uint8_t digest_key[HERD_STORE_KEY] = {7, 7, 7};
    uint8_t key[HERD_STORE_KEY] = {1, 2, 3};
    key[4] = (uint8_t)seed;
    fail_mem_init(&f->mem);
    CHECK_INT(herd_store_init(&f->store, &f->mem.mem, key, digest_key), HERD_OK);
}

static void tear_down(struct fixture *f)
{
    herd_store_free(&f->store);
    CHECK_INT((int64_t)f->mem.blocks, 0);
}

static int merge(struct fixture *f, const char *text)
{
    struct herd_record record;
    CHECK_INT(herd_record_parse(herd_slice_str(text), &record), HERD_OK);
    return herd_store_merge(&f->store, herd_store_lookup(&f->store, record.client), &record,
                            0);
}

/* ---- every order of a few ---- */

enum { RECORDS = 5 };

static const struct arrival_case {
    const char *title;
    const char *text[RECORDS];
} arrival_cases[] = {
    {"times",
     {"AT A +1 a +1-1 1", "AT A +1 a +1-1 2", "AT A +1 a +1-1 3", "AT A +1 a +1-1 4",
      "AT A +1 a +1-1 5"}},
    {"ties",
     {"AT A +1 a +1-1 7", "AT B +1 a +1-1 7", "AT A +1 a +1-1 7 x", "AT A +1 a +1-1 7.000",
      "AT B +1 a +1-1 7.0"}},
    {"equals",
     {"AT A +1 a +1-1 7", "AT A +1 a +1-1 7", "AT B +1 a +1-1 7", "AT B +1 a +1-1 7",
      "AT A +1 a +1-1 6.9999999999999"}},
    {"two clients",
     {"AT A +1 a +1-1 1", "AT A +1 b +1-1 1", "AT B +1 a +1-1 1", "AT B +1 b +1-1 1",
      "AT A +1 a +1-1 2"}},
};

/* The n-th order of 0 to RECORDS - 1. */
static void make_order(int n, int order[RECORDS])
{
    int left[RECORDS];
    for (int i = 0; i < RECORDS; i++)
        left[i] = i;
    for (int i = 0; i < RECORDS; i++) {
        int count = RECORDS - i, pick = n % count;
        n /= count;
        order[i] = left[pick];
        left[pick] = left[count - 1];
    }
}

/* Merges the records in that order and writes what the store holds in the end. Returns its
 * digest. */
static uint64_t settle(const struct arrival_case *c, const int order[RECORDS],
                       uint64_t seed, char *out)
{
    struct fixture f;
    set_up(&f, seed);
    for (int i = 0; i < RECORDS; i++) {
        CHECK(merge(&f, c->text[order[i]]) >= 0);
        CHECK_INT(merge(&f, c->text[order[i]]), HERD_MERGE_NOT_NEWER);
    }
    *out = '\0';
    for (const char *name = "a"; name != NULL; name = *name == 'a' ? "b" : NULL) {
        struct herd_store_slot slot = herd_store_lookup(&f.store, herd_slice_str(name));
        if (slot.stored == NULL)
            continue;
        struct herd_slice text = herd_stored_text(slot.stored);
        size_t used = strlen(out);
        snprintf(out + used, TEXT - used, "%.*s|", (int)text.len, text.data);
    }
    uint64_t digest = f.store.digest;
    tear_down(&f);
    return digest;
}

static void ends_the_same_in_any_order(void)
{
    static const char *wants[] = {"AT A +1 a +1-1 5|", "AT B +1 a +1-1 7.0|",
                                  "AT B +1 a +1-1 7|",
                                  "AT A +1 a +1-1 2|AT B +1 b +1-1 1|"};
    for (size_t c = 0; c < sizeof arrival_cases / sizeof arrival_cases[0]; c++) {
        uint64_t first = 0;
        for (int n = 0; n < 120; n++) {
            int order[RECORDS];
            char end[TEXT];
            make_order(n, order);
            CHECK_LABEL("%s, order %d%d%d%d%d", arrival_cases[c].title, order[0], order[1],
                        order[2], order[3], order[4]);
            uint64_t digest = settle(&arrival_cases[c], order, (uint64_t)n, end);
            CHECK_STR(end, wants[c]);
            first = n == 0 ? digest : first;
            CHECK(digest == first);
        }
    }
}

/* ---- some orders of many ---- */

enum { MANY = 300, CLIENTS = 40, STORES = 4, SEEDS = 40 };

static void roll_records(struct dice *dice, char text[MANY][TEXT])
{
    static const char *more[] = {"", " x", " y", " more words than before, by far"};
    for (int i = 0; i < MANY; i++)
        snprintf(text[i], TEXT, "AT %c +%u c%u +1-1 %u%s", (int)('A' + dice_roll(dice, 3)),
                 dice_roll(dice, 2) * 99, dice_roll(dice, CLIENTS), dice_roll(dice, 4),
                 more[dice_roll(dice, 4)]);
}

/* Some come twice, and some find no memory at first and come again. */
static void merge_shuffled(struct fixture *f, struct dice *dice, char text[MANY][TEXT])
{
    int left[MANY];
    for (int i = 0; i < MANY; i++)
        left[i] = i;
    for (uint32_t count = MANY; count > 0;) {
        uint32_t pick = dice_roll(dice, count);
        fail_mem_arm(&f->mem, dice_roll(dice, 3) == 0, false);
        uint64_t before = f->store.digest;
        int rc = merge(f, text[left[pick]]);
        fail_mem_arm(&f->mem, 0, false);
        CHECK_INT(f->store.digest != before, rc == HERD_MERGE_NEWER);
        if (rc >= 0 && dice_roll(dice, 4) > 0)
            left[pick] = left[--count];
    }
}

static void digests_the_same_in_any_order(void)
{
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        static char text[MANY][TEXT];
        struct fixture f[STORES];
        struct dice dice = {seed};
        CHECK_LABEL("seed %d", (int)seed);
        roll_records(&dice, text);
        for (uint64_t i = 0; i < STORES; i++) {
            set_up(&f[i], i);
            merge_shuffled(&f[i], &dice, text);
            CHECK(f[i].store.digest == f[0].store.digest);
            CHECK_INT((int64_t)f[i].store.count, (int64_t)f[0].store.count);
        }
        /* One more record, however small, and they differ. */
        CHECK_INT(merge(&f[0], "AT A +1 new +1-1 0"), HERD_MERGE_NEWER);
        CHECK(f[0].store.digest != f[1].store.digest);
        for (int i = 0; i < STORES; i++)
            tear_down(&f[i]);
    }
}

const struct check_test test_store_arrival[] = {
    {"ends the same in any order", ends_the_same_in_any_order},
    {"digests the same in any order", digests_the_same_in_any_order},
    {NULL, NULL},
};
