/* SPDX-License-Identifier: ISC */
#include "store_rig.h"

#include "siphash.h"

#include <stdio.h>

enum { NAME = STORE_RIG_NAME, FIRST_BUCKETS = STORE_RIG_FIRST_BUCKETS };

/* ---- the table ---- */

static void finds_what_was_stored(void)
{
    struct store_rig f;
    store_rig_set_up(&f);
    CHECK(store_rig_find(&f, "a") == NULL);
    CHECK_INT((int64_t)f.store.count, 0);
    CHECK_INT(store_rig_put(&f, "a", 5), HERD_MERGE_NEWER);
    CHECK_INT(store_rig_put(&f, "b", 5), HERD_MERGE_NEWER);
    struct herd_stored *stored = store_rig_find(&f, "a");
    REQUIRE(stored != NULL);
    CHECK_SLICE(herd_stored_text(stored), HERD_LIT("AT S +1 a +1-1 5"));
    CHECK_SLICE(herd_stored_client(stored), HERD_LIT("a"));
    CHECK_INT(stored->effective_ns, 5 * HERD_NS_PER_S);
    CHECK_INT((int64_t)stored->source, 5);
    CHECK_INT((int64_t)stored->node.seq, 1);
    CHECK_INT(store_rig_put(&f, "a", 5), HERD_MERGE_NOT_NEWER);
    CHECK_INT(store_rig_put(&f, "a", 4), HERD_MERGE_NOT_NEWER);
    CHECK_INT((int64_t)store_rig_find(&f, "a")->node.seq, 1);
    CHECK_INT(store_rig_put(&f, "a", 6), HERD_MERGE_NEWER);
    CHECK_INT((int64_t)store_rig_find(&f, "a")->node.seq, 3);
    CHECK(store_rig_find(&f, "") == NULL);
    CHECK(store_rig_find(&f, "a ") == NULL);
    store_rig_tear_down(&f);
}

/* Names of clients that share a bucket of a young store. */
static void find_twins(char name[][NAME], size_t count)
{
    size_t found = 0;
    uint64_t want = 0;
    for (int i = 0; found < count; i++) {
        snprintf(name[found], NAME, "client-%d", i);
        uint64_t low =
            herd_siphash(herd_slice_str(name[found]), store_rig_key) % FIRST_BUCKETS;
        if (found == 0)
            want = low;
        found += low == want;
    }
}

static void keeps_twins_apart(void)
{
    enum { TWINS = 4 };
    char name[TWINS + 1][NAME];
    struct store_rig f;
    store_rig_set_up(&f);
    find_twins(name, TWINS + 1);
    for (int i = 0; i < TWINS; i++)
        CHECK_INT(store_rig_put(&f, name[i], 1), HERD_MERGE_NEWER);
    CHECK(store_rig_find(&f, name[TWINS]) == NULL);
    /* Each grows out of its place in turn: last, middle and first of the chain. */
    for (int i = 0; i < TWINS; i++) {
        CHECK_INT(store_rig_put_long(&f, name[i], 2, 200), HERD_MERGE_NEWER);
        for (int k = 0; k < TWINS; k++) {
            CHECK_LABEL("twin %d after %d has grown", k, i);
            REQUIRE(store_rig_find(&f, name[k]) != NULL);
            CHECK_SLICE(herd_stored_client(store_rig_find(&f, name[k])),
                        herd_slice_str(name[k]));
            CHECK_INT((int64_t)store_rig_find(&f, name[k])->text_len > 100, k <= i);
        }
    }
    store_rig_tear_down(&f);
}

/* With one 64-bit hash for all of them it is the name that decides. */
static void knows_names_of_equal_hash(void)
{
    static const char *names[] = {"asked", "one", "two", "three"};
    enum { NAMES = sizeof names / sizeof names[0] };
    struct store_rig f;
    store_rig_set_up(&f);
    uint64_t hash = herd_store_lookup(&f.store, herd_slice_str(names[0])).hash;
    for (int i = NAMES - 1; i > 0; i--)
        CHECK_INT(store_rig_put_at(&f, hash, NULL, names[i], 1, 0), HERD_MERGE_NEWER);
    CHECK(store_rig_find(&f, names[0]) == NULL);
    CHECK_INT(store_rig_put(&f, names[0], 1), HERD_MERGE_NEWER);
    REQUIRE(store_rig_find(&f, names[0]) != NULL);
    CHECK_SLICE(herd_stored_client(store_rig_find(&f, names[0])), herd_slice_str(names[0]));
    CHECK_INT(store_rig_put(&f, names[0], 1), HERD_MERGE_NOT_NEWER);
    CHECK_INT((int64_t)f.store.count, NAMES);
    store_rig_tear_down(&f);
}

/* Texts from the shortest to the longest, in place and not, and back. */
static void holds_any_length(void)
{
    struct store_rig f;
    unsigned time = 0;
    store_rig_set_up(&f);
    for (size_t len = 1; len <= HERD_RECORD_MAX; len += len < 100 ? 1 : 1349) {
        CHECK_LABEL("%zu bytes", len);
        CHECK_INT(store_rig_put_long(&f, "a", ++time, len), HERD_MERGE_NEWER);
        CHECK(store_rig_find(&f, "a")->text_len + 1U >= len);
        CHECK(store_rig_find(&f, "a")->text_len <= store_rig_find(&f, "a")->text_capacity);
        CHECK_INT((int64_t)f.store.count, 1);
    }
    CHECK_INT(store_rig_put_long(&f, "a", ++time, HERD_RECORD_MAX), HERD_MERGE_NEWER);
    CHECK_INT(store_rig_find(&f, "a")->text_len, HERD_RECORD_MAX);
    CHECK_INT(store_rig_put_long(&f, "a", ++time, HERD_RECORD_MAX + 1), HERD_ETOOLONG);
    CHECK_INT(store_rig_put(&f, "a", ++time), HERD_MERGE_NEWER);
    CHECK(store_rig_find(&f, "a")->text_len < 32);
    store_rig_tear_down(&f);
}

static void updates_without_memory(void)
{
    struct store_rig f;
    store_rig_set_up(&f);
    CHECK_INT(store_rig_put(&f, "a", 1000), HERD_MERGE_NEWER);
    size_t calls = f.mem.calls;
    for (unsigned time = 1001; time < 2000; time++)
        CHECK_INT(store_rig_put(&f, "a", time), HERD_MERGE_NEWER);
    CHECK_INT((int64_t)f.mem.calls, (int64_t)calls);
    store_rig_tear_down(&f);
}

/* ---- growth ---- */

enum { MANY = 100000 };

static size_t count_found(const struct store_rig *f, unsigned count)
{
    size_t found = 0;
    for (unsigned i = 0; i < count; i++) {
        char name[NAME];
        snprintf(name, sizeof name, "%u", i);
        const struct herd_stored *stored = store_rig_find(f, name);
        found += stored != NULL && stored->source == i + 1 &&
                 herd_slice_eq(herd_stored_client(stored), herd_slice_str(name));
    }
    return found;
}

/* Of the fullest bucket. */
static size_t longest_chain(const struct herd_store *store)
{
    struct herd_table_walk walk = {0};
    size_t bucket = 0, len = 0, longest = 0;
    while (herd_table_walk_next(store, &walk) != NULL) {
        len = walk.bucket == bucket ? len + 1 : 1;
        bucket = walk.bucket;
        longest = len > longest ? len : longest;
    }
    return longest;
}

static void grows_by_buckets(void)
{
    struct store_rig f;
    char name[NAME];
    size_t stored = 0, most_calls = 0;
    store_rig_set_up(&f);
    for (unsigned i = 0; i < MANY; i++) {
        size_t calls = f.mem.calls;
        snprintf(name, sizeof name, "%u", i);
        stored += store_rig_put(&f, name, i + 1) == HERD_MERGE_NEWER;
        if (f.mem.calls - calls > most_calls)
            most_calls = f.mem.calls - calls;
        if (i % 20000 == 4999)
            CHECK_INT((int64_t)count_found(&f, i + 1), i + 1);
    }
    CHECK_INT((int64_t)stored, MANY);
    CHECK_INT((int64_t)f.store.count, MANY);
    CHECK_INT((int64_t)f.store.bucket_count, MANY);
    CHECK_INT((int64_t)most_calls, 3);
    CHECK_INT((int64_t)count_found(&f, MANY), MANY);
    /* Shared out at random, more than a dozen in one of them would be a wonder. */
    CHECK(longest_chain(&f.store) <= 12);
    CHECK(store_rig_find(&f, "100000") == NULL);
    store_rig_tear_down(&f);
}

/* When the table cannot grow, clients are stored all the same; later it grows again. */
static void grows_later_without_memory(void)
{
    enum { CLIENTS = 6 * FIRST_BUCKETS };
    struct store_rig f;
    char name[NAME];
    size_t failures = 0, tries = 0;
    store_rig_set_up(&f);
    for (unsigned i = 0; i < CLIENTS; i++) {
        const struct herd_store *store = &f.store;
        snprintf(name, sizeof name, "%u", i);
        /* By turns the page, the list of pages and nothing fails. */
        if (store->count >= store->bucket_count &&
            store->bucket_count == store->page_count * FIRST_BUCKETS)
            fail_mem_arm(&f.mem, 2 + tries++ % 2, false);
        size_t before = f.mem.failed, buckets = store->bucket_count;
        CHECK_INT(store_rig_put(&f, name, i + 1), HERD_MERGE_NEWER);
        fail_mem_arm(&f.mem, 0, false);
        if (f.mem.failed > before) {
            CHECK_INT((int64_t)store->bucket_count, (int64_t)buckets);
            failures++;
        }
    }
    CHECK_INT((int64_t)failures, 7);
    CHECK(f.store.bucket_count > CLIENTS - 2 * failures);
    CHECK_INT((int64_t)count_found(&f, CLIENTS), CLIENTS);
    store_rig_tear_down(&f);
}

/* ---- lack of memory ---- */

static void needs_memory_to_begin(void)
{
    for (size_t n = 1; n <= 2; n++) {
        struct store_rig f;
        fail_mem_init(&f.mem);
        fail_mem_arm(&f.mem, n, false);
        CHECK_INT(
            herd_store_init(&f.store, &f.mem.mem, store_rig_key, store_rig_digest_key),
            HERD_ENOMEM);
        CHECK_INT((int64_t)f.mem.blocks, 0);
        herd_store_free(&f.store);
    }
}

static void changes_nothing_without_memory(void)
{
    struct store_rig f;
    struct herd_marker marker = {.seen_seq = 0};
    store_rig_set_up(&f);
    store_rig_put(&f, "a", 1);
    store_rig_put(&f, "b", 1);
    herd_marker_start(&f.store, &marker);
    CHECK(herd_marker_seek(&f.store, &marker, 0, 9));
    struct herd_store before = f.store;
    size_t live = f.mem.live;
    struct herd_stored *a = store_rig_find(&f, "a");
    fail_mem_arm(&f.mem, 1, true);
    CHECK_INT(store_rig_put(&f, "c", 1), HERD_ENOMEM);
    CHECK_INT(store_rig_put_long(&f, "a", 2, 500), HERD_ENOMEM);
    CHECK(memcmp(&before, &f.store, sizeof before) == 0);
    CHECK_INT((int64_t)f.mem.live, (int64_t)live);
    CHECK(store_rig_find(&f, "a") == a && store_rig_find(&f, "c") == NULL);
    CHECK_SLICE(herd_stored_text(a), HERD_LIT("AT S +1 a +1-1 1"));
    CHECK(herd_marker_peek(&f.store, &marker) == a);
    CHECK_INT(store_rig_put(&f, "a", 2), HERD_MERGE_NEWER);
    store_rig_tear_down(&f);
}

/* ---- the digest ---- */

/* SipHash-1-3 of the three texts under the rig's digest key, computed by another program.
 */
#define HASH_A5 UINT64_C(0xc09f91fb5f996f8c)
#define HASH_B5 UINT64_C(0x8fb90196d7507fc9)
#define HASH_A6 UINT64_C(0x000a0c5958a466c1)

static void sums_known_hashes(void)
{
    struct store_rig f;
    store_rig_set_up(&f);
    CHECK(f.store.digest == 0);
    store_rig_put(&f, "a", 5);
    CHECK(f.store.digest == HASH_A5);
    store_rig_put(&f, "b", 5);
    CHECK(f.store.digest == HASH_A5 + HASH_B5);
    store_rig_put(&f, "a", 4);
    CHECK(f.store.digest == HASH_A5 + HASH_B5);
    store_rig_put(&f, "a", 6);
    CHECK(f.store.digest == HASH_A6 + HASH_B5);
    store_rig_put_long(&f, "a", 7, 500);
    uint64_t long_one =
        herd_siphash(herd_stored_text(store_rig_find(&f, "a")), store_rig_digest_key);
    CHECK(f.store.digest == long_one + HASH_B5);
    herd_store_free(&f.store);
    CHECK(f.store.digest == 0);
    store_rig_tear_down(&f);
}

/* The table's key is each server's own; the digest's is the herd's. */
static void depends_on_one_key_only(void)
{
    static const struct {
        uint8_t key[HERD_STORE_KEY], digest_key[HERD_STORE_KEY];
        bool same;
    } cases[] = {{{9, 8, 7}, {4, 5, 6}, true},
                 {{1}, {4, 5, 6}, true},
                 {{0}, {4, 5, 6}, true},
                 {{9, 8, 7}, {[15] = 1}, false}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct store_rig f;
        CHECK_LABEL("case %zu", i);
        fail_mem_init(&f.mem);
        CHECK_INT(herd_store_init(&f.store, &f.mem.mem, cases[i].key, cases[i].digest_key),
                  HERD_OK);
        store_rig_put(&f, "b", 5);
        store_rig_put(&f, "a", 6);
        CHECK_INT(f.store.digest == HASH_A6 + HASH_B5, cases[i].same);
        store_rig_tear_down(&f);
    }
}

const struct check_test test_store[] = {
    {"finds what was stored", finds_what_was_stored},
    {"keeps twins apart", keeps_twins_apart},
    {"knows names of equal hash", knows_names_of_equal_hash},
    {"holds any length", holds_any_length},
    {"updates without memory", updates_without_memory},
    {"grows by buckets", grows_by_buckets},
    {"grows later without memory", grows_later_without_memory},
    {"needs memory to begin", needs_memory_to_begin},
    {"changes nothing without memory", changes_nothing_without_memory},
    {"sums known hashes", sums_known_hashes},
    {"depends on one key only", depends_on_one_key_only},
    {NULL, NULL},
};
