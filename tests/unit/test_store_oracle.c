/* SPDX-License-Identifier: ISC */
/* The store against a textbook version of it: an array of rows, each with the number of
 * its last change. Few clients, few times and few texts, so that ties are the rule. */
#include "check.h"
#include "dice.h"
#include "fail_mem.h"

#include "herd/err.h"
#include "siphash.h"
#include "store/store.h"

#include <stdio.h>

enum { CLIENTS = 5, FOLLOWERS = 3, TEXT = 160, SEEDS = 24, STEPS = 1500 };

struct row {
    char text[TEXT]; /* empty: not known */
    size_t len;
    int64_t time;
    uint64_t source, last_source, seq;
};

struct fixture {
    struct dice dice;
    struct fail_mem mem;
    struct herd_store store;
    size_t live; /* bytes without the records */
    struct herd_marker marker[FOLLOWERS];
    struct row row[CLIENTS];
    uint64_t last_seq;
    bool follows[FOLLOWERS];
    uint64_t seen[FOLLOWERS]; /* seq of the last record passed */
    bool goes_back[FOLLOWERS];
    uint64_t back_to[FOLLOWERS];
};

static const uint8_t digest_key[HERD_STORE_KEY] = {[3] = 4, [9] = 5};

static void set_up(struct fixture *f, uint64_t seed)
{
    uint8_t key[HERD_STORE_KEY] = {1, 2, 3};
    memset(f, 0, sizeof *f);
    f->dice.state = seed;
    key[4] = (uint8_t)seed;
    fail_mem_init(&f->mem);
    CHECK_INT(herd_store_init(&f->store, &f->mem.mem, key, digest_key), HERD_OK);
    f->live = f->mem.live;
}

static struct herd_slice client_name(int client)
{
    static const char *names[] = {"a", "ab", "kiwi.cs.ucla.edu", "\xff\x01", "b"};
    return herd_slice_str(names[client]);
}

/* ---- the oracle ---- */

static bool is_greater(const struct row *row, const char *text, size_t len, int64_t time)
{
    if (row->len == 0 || row->time != time)
        return row->len == 0 || time > row->time;
    for (size_t i = 0; i < len && i < row->len; i++)
        if (text[i] != row->text[i])
            return (unsigned char)text[i] > (unsigned char)row->text[i];
    return len > row->len;
}

/* The row of the oldest change after `seq`, or NULL. */
static const struct row *row_after(const struct fixture *f, uint64_t seq)
{
    const struct row *best = NULL;
    for (int i = 0; i < CLIENTS; i++)
        if (f->row[i].seq > seq && (best == NULL || f->row[i].seq < best->seq))
            best = &f->row[i];
    return best;
}

static uint64_t digest_of_rows(const struct fixture *f)
{
    uint64_t sum = 0;
    for (int i = 0; i < CLIENTS; i++)
        if (f->row[i].len > 0)
            sum += herd_siphash(herd_slice(f->row[i].text, f->row[i].len), digest_key);
    return sum;
}

/* ---- comparing ---- */

static void check_is_row(const struct fixture *f, const struct herd_feed_node *node,
                         const struct row *row)
{
    const struct herd_stored *stored = (const struct herd_stored *)node;
    REQUIRE(row != NULL);
    CHECK_INT((int64_t)node->seq, (int64_t)row->seq);
    CHECK_SLICE(herd_stored_text(stored), herd_slice(row->text, row->len));
    CHECK_SLICE(herd_stored_client(stored), client_name((int)(row - f->row)));
    CHECK_INT(stored->effective_ns, row->time);
    CHECK_INT((int64_t)stored->source, (int64_t)row->source);
    CHECK_INT((int64_t)stored->last_source, (int64_t)row->last_source);
}

/* What stands after `from` is what changed after `seq`, in that order. */
static void check_feed(const struct fixture *f, const struct herd_feed_node *from,
                       uint64_t seq)
{
    for (const struct herd_feed_node *node = from->next; node != &f->store.feed;
         node = node->next) {
        CHECK(node->prev->next == node);
        if (node->seq == 0)
            continue;
        check_is_row(f, node, row_after(f, seq));
        seq = node->seq;
    }
    CHECK(row_after(f, seq) == NULL);
}

/* On its way back a follower is somewhere between where it began and where it wants to go:
 * nothing that came later is missing after it. */
static void check_goes_back(const struct fixture *f, int i)
{
    const struct herd_feed_node *node = &f->marker[i].node;
    for (node = node->next; node != &f->store.feed && node->seq == 0;)
        node = node->next;
    const struct row *next = row_after(f, f->seen[i]);
    if (node == &f->store.feed) {
        CHECK(next == NULL);
        return;
    }
    CHECK(next == NULL || node->seq <= next->seq);
    CHECK(node->seq > f->back_to[i]);
    check_feed(f, &f->marker[i].node, node->seq - 1);
}

static void check_followers(const struct fixture *f)
{
    for (int i = 0; i < FOLLOWERS; i++) {
        const struct herd_marker *marker = &f->marker[i];
        const struct herd_stored *next = herd_marker_peek(&f->store, marker);
        const struct row *want = f->follows[i] ? row_after(f, f->seen[i]) : NULL;
        if (f->goes_back[i]) {
            check_goes_back(f, i);
            continue;
        }
        CHECK_INT(next != NULL, want != NULL);
        if (next != NULL && want != NULL)
            check_is_row(f, &next->node, want);
        if (!f->follows[i])
            continue;
        CHECK_INT((int64_t)marker->seen_seq, (int64_t)f->seen[i]);
        check_feed(f, &marker->node, f->seen[i]);
    }
}

static void check_all(const struct fixture *f)
{
    size_t count = 0;
    check_feed(f, &f->store.feed, 0);
    CHECK_INT((int64_t)f->store.tail_seq, (int64_t)f->last_seq);
    CHECK(f->store.digest == digest_of_rows(f));
    for (int i = 0; i < CLIENTS; i++) {
        const struct row *row = &f->row[i];
        struct herd_store_slot slot = herd_store_lookup(&f->store, client_name(i));
        count += row->len > 0;
        CHECK_INT(slot.stored != NULL, row->len > 0);
        if (slot.stored != NULL)
            check_is_row(f, &slot.stored->node, row);
    }
    CHECK_INT((int64_t)f->store.count, (int64_t)count);
    CHECK_INT((int64_t)f->store.bytes, (int64_t)(f->mem.live - f->live));
    CHECK_INT((int64_t)f->mem.blocks, (int64_t)count + 2);
    check_followers(f);
}

/* ---- what happens ---- */

static void merge(struct fixture *f)
{
    static const char *more[] = {"", " x", " y", " more words than before, by far"};
    int client = (int)dice_roll(&f->dice, CLIENTS);
    struct herd_slice name = client_name(client);
    char text[TEXT];
    struct herd_record record;
    uint64_t source = dice_roll(&f->dice, 3);
    int len = snprintf(text, sizeof text, "AT %c +0.%u %s +1-1 %u%s",
                       (int)('A' + dice_roll(&f->dice, 2)), dice_roll(&f->dice, 2) * 9,
                       name.data, dice_roll(&f->dice, 4), more[dice_roll(&f->dice, 4)]);
    struct herd_slice bytes = herd_slice(text, (size_t)len);
    REQUIRE(len > 0 && herd_record_parse(bytes, &record) == HERD_OK);
    struct row *row = &f->row[client];
    bool news = is_greater(row, text, bytes.len, record.time.ns);
    size_t failed = f->mem.failed;
    fail_mem_arm(&f->mem, dice_roll(&f->dice, 4) == 0, false);
    int rc = herd_store_merge(&f->store, herd_store_lookup(&f->store, record.client),
                              &record, source);
    fail_mem_arm(&f->mem, 0, false);
    if (f->mem.failed > failed) {
        CHECK(news);
        CHECK_INT(rc, HERD_ENOMEM);
        return;
    }
    CHECK_INT(rc, news ? HERD_MERGE_NEWER : HERD_MERGE_NOT_NEWER);
    if (!news && source != row->source &&
        herd_slice_eq(bytes, herd_slice(row->text, row->len)))
        row->last_source = source;
    if (!news)
        return;
    *row = (struct row){.len = bytes.len, .time = record.time.ns, .source = source};
    memcpy(row->text, text, bytes.len);
    row->seq = ++f->last_seq;
    memset(text, 0, sizeof text);
}

static void pass(struct fixture *f, int i)
{
    const struct herd_stored *next = herd_marker_peek(&f->store, &f->marker[i]);
    if (next == NULL || f->goes_back[i])
        return;
    f->seen[i] = next->node.seq;
    herd_marker_advance(&f->marker[i], next);
}

static void follow(struct fixture *f, int i, bool start)
{
    f->follows[i] = start;
    f->goes_back[i] = false;
    f->seen[i] = f->last_seq;
    if (start)
        herd_marker_start(&f->store, &f->marker[i]);
    else
        herd_marker_stop(&f->marker[i]);
}

/* A step back; `seen` is what was seen before until the follower is there. */
static void go_back(struct fixture *f, int i)
{
    if (!f->follows[i])
        return;
    if (!f->goes_back[i])
        f->back_to[i] = dice_roll(&f->dice, (uint32_t)f->seen[i] + 1);
    f->goes_back[i] = !herd_marker_seek(&f->store, &f->marker[i], f->back_to[i],
                                        1 + dice_roll(&f->dice, 3));
    if (!f->goes_back[i])
        f->seen[i] = f->back_to[i];
}

static void step(struct fixture *f)
{
    int i = (int)dice_roll(&f->dice, FOLLOWERS);
    switch (dice_roll(&f->dice, 16)) {
    case 0: follow(f, i, dice_roll(&f->dice, 3) > 0); break;
    case 1:
    case 2:
    case 3: go_back(f, i); break;
    case 4:
    case 5:
    case 6:
    case 7: pass(f, i); break;
    default: merge(f);
    }
}

static void agrees_with_oracle(void)
{
    struct fixture f;
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        set_up(&f, seed);
        for (int n = 0; n < STEPS; n++) {
            CHECK_LABEL("seed %d, step %d", (int)seed, n);
            /* The greatest records would soon have won for good. */
            if (n % 100 == 99) {
                herd_store_free(&f.store);
                CHECK_INT((int64_t)f.mem.blocks, 0);
                for (int i = 0; i < FOLLOWERS; i++)
                    follow(&f, i, false);
                set_up(&f, dice_next(&f.dice));
            }
            step(&f);
            check_all(&f);
        }
        herd_store_free(&f.store);
        CHECK_INT((int64_t)f.mem.blocks, 0);
    }
}

const struct check_test test_store_oracle[] = {
    {"agrees with the oracle", agrees_with_oracle},
    {NULL, NULL},
};
