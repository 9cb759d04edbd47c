/* SPDX-License-Identifier: ISC */
/* Shares of strangers, beside a model that counts everything. */
#include "check.h"
#include "dice.h"
#include "fail_mem.h"
#include "herd/err.h"
#include "shares.h"

#include <string.h>

extern const struct check_test test_shares[];

enum { KEYS = 8, THINGS = 40, STEPS = 20000 };

/* What the shares should hold: the counts, and both orders. */
struct model {
    uint32_t count[KEYS];
    uint64_t used_at[KEYS], turned_at[KEYS], clock;
};

struct fixture {
    struct fail_mem mem;
    struct herd_shares shares;
    struct herd_share *share[KEYS];
    struct model model;
};

/* Several of them fall into one slot of the table. */
static uint64_t key_of(size_t i)
{
    return (uint64_t)(i % 3) + (uint64_t)i * 65536;
}

static void set_up(struct fixture *f)
{
    memset(f, 0, sizeof *f);
    fail_mem_init(&f->mem);
    REQUIRE(herd_shares_init(&f->shares, &f->mem.mem, THINGS) == HERD_OK);
}

static void take(struct fixture *f, size_t i)
{
    f->share[i] = herd_shares_take(&f->shares, key_of(i));
    REQUIRE(f->share[i] != NULL);
    if (f->model.count[i]++ == 0)
        f->model.turned_at[i] = ++f->model.clock;
    f->model.used_at[i] = ++f->model.clock;
}

static void give_back(struct fixture *f, size_t i)
{
    herd_shares_give_back(&f->shares, f->share[i]);
    f->model.count[i]--;
    f->model.used_at[i] = ++f->model.clock;
}

static void tear_down(struct fixture *f)
{
    for (size_t i = 0; i < KEYS; i++)
        while (f->model.count[i] > 0)
            give_back(f, i);
    CHECK(herd_shares_most(&f->shares) == NULL && herd_shares_next(&f->shares) == NULL);
    herd_shares_free(&f->shares);
    herd_shares_free(&f->shares);
    CHECK_INT((int64_t)f->mem.blocks, 0);
}

static size_t model_most(const struct model *m)
{
    size_t most = KEYS;
    for (size_t i = 0; i < KEYS; i++)
        if (m->count[i] > 0 &&
            (most == KEYS || m->count[i] > m->count[most] ||
             (m->count[i] == m->count[most] && m->used_at[i] < m->used_at[most])))
            most = i;
    return most;
}

static size_t model_next(const struct model *m)
{
    size_t next = KEYS;
    for (size_t i = 0; i < KEYS; i++)
        if (m->count[i] > 0 && (next == KEYS || m->turned_at[i] < m->turned_at[next]))
            next = i;
    return next;
}

static void compare(const struct fixture *f)
{
    const struct herd_share *most = herd_shares_most(&f->shares);
    const struct herd_share *next = herd_shares_next(&f->shares);
    size_t model = model_most(&f->model);
    CHECK(model == KEYS ? most == NULL : most == f->share[model]);
    model = model_next(&f->model);
    CHECK(model == KEYS ? next == NULL : next == f->share[model]);
    for (size_t i = 0; i < KEYS; i++) {
        CHECK_INT(herd_shares_count(&f->shares, key_of(i)), f->model.count[i]);
        CHECK(herd_shares_find(&f->shares, key_of(i)) ==
              (f->model.count[i] > 0 ? f->share[i] : NULL));
    }
}

static void agrees_with_a_model(void)
{
    static struct fixture f;
    struct dice dice = {.state = 11};
    uint32_t things = 0;
    set_up(&f);
    for (int step = 0; step < STEPS; step++) {
        size_t i = dice_roll(&dice, KEYS);
        switch (dice_roll(&dice, 5)) {
        case 0:
        case 1:
            if (things < THINGS) {
                take(&f, i);
                things++;
            }
            break;
        case 2:
            if (f.model.count[i] > 0) {
                give_back(&f, i);
                things--;
            }
            break;
        case 3:
            if (f.model.count[i] > 0) {
                herd_shares_use(&f.shares, f.share[i]);
                f.model.used_at[i] = ++f.model.clock;
            }
            break;
        default:
            if (f.model.count[i] > 0) {
                herd_shares_end_turn(&f.shares, f.share[i]);
                f.model.turned_at[i] = ++f.model.clock;
            }
        }
        compare(&f);
    }
    tear_down(&f);
}

/* Each stranger has one thing, which is what costs most. */
static void memory_is_bounded(void)
{
    enum { MANY = 100000, BYTES_EACH = 160, TABLE = 131072 };
    static struct herd_share *share[MANY];
    struct fixture f;
    memset(&f, 0, sizeof f);
    fail_mem_init(&f.mem);
    REQUIRE(herd_shares_init(&f.shares, &f.mem.mem, MANY) == HERD_OK);
    for (uint64_t i = 0; i < MANY; i++)
        share[i] = herd_shares_take(&f.shares, i * 7919);
    CHECK(f.mem.peak <= TABLE + (size_t)MANY * BYTES_EACH);
    for (size_t i = 0; i < MANY; i++)
        herd_shares_give_back(&f.shares, share[i]);
    for (uint64_t i = 0; i < MANY; i++)
        share[0] = herd_shares_take(&f.shares, 1);
    CHECK(f.mem.peak <= TABLE + (size_t)MANY * BYTES_EACH);
    for (uint64_t i = 0; i < MANY; i++)
        herd_shares_give_back(&f.shares, share[0]);
    tear_down(&f);
}

static void survives_lack_of_memory(void)
{
    for (size_t fail_at = 1; fail_at < 64; fail_at++) {
        struct fixture f;
        memset(&f, 0, sizeof f);
        fail_mem_init(&f.mem);
        fail_mem_arm(&f.mem, fail_at, false);
        if (herd_shares_init(&f.shares, &f.mem.mem, THINGS) != HERD_OK) {
            herd_shares_free(&f.shares);
            CHECK_INT((int64_t)f.mem.blocks, 0);
            continue;
        }
        for (size_t n = 0; n < THINGS; n++) {
            size_t i = n % 2;
            struct herd_share *got = herd_shares_take(&f.shares, key_of(i));
            if (got != NULL)
                f.share[i] = got;
            f.model.count[i] += got != NULL;
            CHECK_INT(herd_shares_count(&f.shares, key_of(i)), f.model.count[i]);
        }
        fail_mem_arm(&f.mem, 0, false);
        tear_down(&f);
    }
}

const struct check_test test_shares[] = {
    {"agrees with a model", agrees_with_a_model},
    {"memory is bounded", memory_is_bounded},
    {"survives lack of memory", survives_lack_of_memory},
    {NULL, NULL},
};
