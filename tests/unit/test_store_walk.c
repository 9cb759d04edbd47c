/* SPDX-License-Identifier: ISC */
/* Walks through the store's table while it changes. */
#include "dice.h"
#include "store_rig.h"

#include <stdio.h>
#include <stdlib.h>

enum { NAME = STORE_RIG_NAME, FIRST_BUCKETS = STORE_RIG_FIRST_BUCKETS };

/* ---- a table that stands still ---- */

/* Walks on and appends the first letters of the clients to `out`; at most `most`. */
static const char *walk_on(const struct store_rig *rig, struct herd_table_walk *walk,
                           size_t most, char *out)
{
    const struct herd_stored *stored;
    char *at = out;
    while (most-- > 0 && (stored = herd_table_walk_next(&rig->store, walk)) != NULL)
        *at++ = herd_stored_client(stored).data[0];
    *at = '\0';
    return out;
}

static const char *walk_all(const struct store_rig *rig, char *out)
{
    struct herd_table_walk walk = {0};
    return walk_on(rig, &walk, NAME - 1, out);
}

/* A new client of that hash. */
static void add(struct store_rig *rig, uint64_t hash, const char *client)
{
    CHECK_INT(store_rig_put_at(rig, hash, NULL, client, 1, 0), HERD_MERGE_NEWER);
}

static void walks_in_order_of_hash(void)
{
    struct store_rig rig;
    char met[NAME];
    struct herd_table_walk walk = {0};
    store_rig_set_up(&rig);
    CHECK_STR(walk_all(&rig, met), "");
    add(&rig, FIRST_BUCKETS - 1, "h");
    add(&rig, 7 + 2 * FIRST_BUCKETS, "f");
    add(&rig, UINT64_MAX, "i");
    add(&rig, 7, "d");
    add(&rig, 0, "a");
    add(&rig, 7 + 3 * FIRST_BUCKETS, "g");
    add(&rig, UINT64_C(0xfffffffffffff000), "b");
    add(&rig, 7 + 1 * FIRST_BUCKETS, "e");
    add(&rig, 1, "c");
    CHECK_STR(walk_all(&rig, met), "abcdefghi");
    for (size_t i = 0; i < 9; i++) {
        char want[] = {(char)('a' + i), '\0'};
        CHECK_STR(walk_on(&rig, &walk, 1, met), want);
    }
    CHECK(herd_table_walk_next(&rig.store, &walk) == NULL);
    CHECK(herd_table_walk_next(&rig.store, &walk) == NULL);
    store_rig_tear_down(&rig);
    CHECK_STR(walk_all(&rig, met), "");
}

/* The walk stops at each place in turn, and a record comes, of each hash in turn: those
 * that were there before are met all the same. */
static void meets_twins_beside_new_ones(void)
{
    static const char twins[] = "abcdef";
    for (size_t stop = 0; stop <= 6; stop++) {
        for (uint64_t fresh = 0; fresh < 3; fresh++) {
            struct store_rig rig;
            struct herd_table_walk walk = {0};
            char met[2 * NAME];
            CHECK_LABEL("stops behind %zu, hash %d comes", stop, (int)fresh);
            store_rig_set_up(&rig);
            for (size_t k = 0; k < 6; k++)
                add(&rig, 5 + k / 2 * FIRST_BUCKETS, (char[]){twins[k], '\0'});
            walk_on(&rig, &walk, stop, met);
            CHECK_INT((int64_t)strlen(met), (int64_t)stop);
            add(&rig, 5 + fresh * FIRST_BUCKETS, "X");
            walk_on(&rig, &walk, NAME - 1, met + stop);
            char *x = strchr(met, 'X');
            if (x != NULL)
                memmove(x, x + 1, strlen(x));
            CHECK_STR(met, twins);
            CHECK_INT((int64_t)strlen(walk_all(&rig, met)), 7);
            store_rig_tear_down(&rig);
        }
    }
}

/* Each is met as it is at that moment, wherever its text has been put meanwhile. */
static void meets_what_is_there_now(void)
{
    enum { TWINS = 4 };
    struct store_rig rig;
    struct herd_table_walk walk = {0};
    struct herd_stored *at[TWINS];
    store_rig_set_up(&rig);
    for (int i = 0; i < TWINS; i++) {
        add(&rig, 5, (char[]){"abcd"[i], '\0'});
        at[i] = store_rig_newest(&rig);
    }
    CHECK(herd_table_walk_next(&rig.store, &walk) == at[0]);
    CHECK(herd_table_walk_next(&rig.store, &walk) == at[1]);
    for (int i = 0; i < TWINS; i++) {
        char client[] = {"abcd"[i], '\0'};
        size_t len = i == 3 ? 0 : 300;
        CHECK_INT(store_rig_put_at(&rig, 5, at[i], client, 2, len), HERD_MERGE_NEWER);
        at[i] = store_rig_newest(&rig);
    }
    for (int i = 2; i < TWINS; i++) {
        const struct herd_stored *met = herd_table_walk_next(&rig.store, &walk);
        REQUIRE(met != NULL);
        CHECK(met == at[i]);
        CHECK_INT(met->effective_ns, 2 * HERD_NS_PER_S);
    }
    CHECK(herd_table_walk_next(&rig.store, &walk) == NULL);
    store_rig_tear_down(&rig);
}

/* ---- a table that changes all the time ---- */

/* Enough records that the table splits, in so few buckets that each split matters. Few
 * hashes, so that twins are the rule. */
enum { ROWS = 2 * FIRST_BUCKETS, USED_BUCKETS = 24, SEEDS = 24 };

struct row {
    uint64_t hash;
    struct herd_stored *at;
    unsigned time;
    size_t met;
};

struct world {
    struct store_rig rig;
    struct dice dice;
    uint32_t calm;           /* one change in this many steps, and then several at once */
    size_t count, old_count; /* the first ones were there when the walk began */
    struct row *row;
};

/* Some allocations fail: that of a record, or those of more table. */
static bool merge(struct world *w, size_t i, size_t len)
{
    struct row *row = &w->row[i];
    char client[NAME];
    snprintf(client, sizeof client, "c%zu", i);
    fail_mem_arm(&w->rig.mem, dice_roll(&w->dice, 4) == 0 ? 1 + dice_roll(&w->dice, 3) : 0,
                 false);
    size_t failed = w->rig.mem.failed;
    int rc = store_rig_put_at(&w->rig, row->hash, row->at, client, row->time + 1, len);
    failed = w->rig.mem.failed - failed;
    fail_mem_arm(&w->rig.mem, 0, false);
    if (rc == HERD_ENOMEM && CHECK_INT((int64_t)failed, 1))
        return false;
    CHECK_INT(rc, HERD_MERGE_NEWER);
    row->at = store_rig_newest(&w->rig);
    row->time++;
    return true;
}

static void insert(struct world *w)
{
    if (w->count == ROWS)
        return;
    struct row *row = &w->row[w->count];
    uint64_t high = dice_roll(&w->dice, 6);
    *row = (struct row){.hash = dice_roll(&w->dice, USED_BUCKETS) + high * FIRST_BUCKETS};
    w->count += merge(w, w->count, 0);
}

static void update(struct world *w)
{
    static const size_t lens[] = {0, 60, 120, 400};
    merge(w, dice_roll(&w->dice, (uint32_t)w->count), lens[dice_roll(&w->dice, 4)]);
}

static void set_up(struct world *w, uint64_t seed)
{
    *w = (struct world){.dice = {seed}, .row = calloc(ROWS, sizeof *w->row)};
    store_rig_set_up(&w->rig);
    w->calm = 1 + dice_roll(&w->dice, 300);
    size_t count = FIRST_BUCKETS - dice_roll(&w->dice, 8);
    while (w->row != NULL && w->count < count)
        insert(w);
    w->old_count = w->count;
}

static void tear_down(struct world *w)
{
    store_rig_tear_down(&w->rig);
    free(w->row);
}

/* Is it the record of the row, as it is now? */
static void meet(struct world *w, const struct herd_stored *stored)
{
    char name[NAME] = "";
    struct herd_slice client = herd_stored_client(stored);
    REQUIRE(client.len > 1 && client.len < sizeof name);
    memcpy(name, client.data + 1, client.len - 1);
    unsigned long i = strtoul(name, NULL, 10);
    REQUIRE(i < w->count);
    CHECK(stored == w->row[i].at);
    CHECK(stored->hash == w->row[i].hash);
    CHECK_INT(stored->effective_ns, w->row[i].time * HERD_NS_PER_S);
    w->row[i].met++;
}

static void change(struct world *w)
{
    if (dice_roll(&w->dice, w->calm) != 0)
        return;
    for (uint32_t n = dice_roll(&w->dice, 4); n > 0; n--)
        dice_roll(&w->dice, 2) ? insert(w) : update(w);
}

/* Buckets come one after the other, and the chains in them are sorted. Returns the number
 * of records that were met. */
static size_t walk_through(struct world *w, bool changing)
{
    struct herd_table_walk walk = {0};
    const struct herd_stored *stored;
    size_t bucket = 0, steps = 0;
    uint64_t hash = 0;
    while ((stored = herd_table_walk_next(&w->rig.store, &walk)) != NULL &&
           steps < 2 * ROWS) {
        CHECK(walk.bucket > bucket || (walk.bucket == bucket && stored->hash >= hash));
        bucket = walk.bucket;
        hash = stored->hash;
        meet(w, stored);
        steps++;
        if (changing)
            change(w);
    }
    CHECK(stored == NULL);
    return steps;
}

/* A record is met a second time only if a split has moved it ahead of the walk again. */
static size_t count_twice_met(const struct world *w)
{
    size_t twice = 0;
    for (size_t i = 0; i < w->old_count; i++) {
        CHECK(w->row[i].met == 1 || w->row[i].met == 2);
        twice += w->row[i].met == 2;
    }
    return twice;
}

static void check_still(struct world *w)
{
    size_t alone = 0;
    for (size_t i = 0; i < w->count; i++)
        w->row[i].met = 0;
    CHECK_INT((int64_t)walk_through(w, false), (int64_t)w->count);
    for (size_t i = 0; i < w->count; i++)
        alone += w->row[i].met == 1;
    CHECK_INT((int64_t)alone, (int64_t)w->count);
    CHECK_INT((int64_t)w->rig.store.count, (int64_t)w->count);
}

static void meets_all_while_it_changes(void)
{
    size_t twice = 0, splits = 0, failed = 0;
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        struct world w;
        CHECK_LABEL("seed %d", (int)seed);
        set_up(&w, seed);
        REQUIRE(w.row != NULL);
        check_still(&w);
        for (size_t i = 0; i < w.count; i++)
            w.row[i].met = 0;
        size_t buckets = w.rig.store.bucket_count;
        walk_through(&w, true);
        splits += w.rig.store.bucket_count - buckets;
        size_t met_twice = count_twice_met(&w);
        CHECK(met_twice == 0 || w.rig.store.bucket_count > buckets);
        twice += met_twice;
        check_still(&w);
        failed += w.rig.mem.failed;
        tear_down(&w);
    }
    /* Otherwise nothing was tried. */
    CHECK(splits > 100 && twice > 10 && failed > 100);
}

const struct check_test test_store_walk[] = {
    {"walks in the order of hashes", walks_in_order_of_hash},
    {"meets twins beside new ones", meets_twins_beside_new_ones},
    {"meets what is there now", meets_what_is_there_now},
    {"meets all while it changes", meets_all_while_it_changes},
    {NULL, NULL},
};
