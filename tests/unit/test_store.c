#include "check.h"
#include "fail_mem.h"

#include "herd/err.h"
#include "herd/siphash.h"
#include "herd/store.h"

#include <stdio.h>

enum { NAME = 32, TEXT = HERD_RECORD_MAX, FIRST_BUCKETS = 4096 };

static const uint8_t key[HERD_STORE_KEY] = {9, 8, 7};

struct fixture {
    struct fail_mem mem;
    struct herd_store store;
};

static void set_up(struct fixture *f)
{
    fail_mem_init(&f->mem);
    CHECK_INT(herd_store_init(&f->store, &f->mem.mem, key), HERD_OK);
}

static void tear_down(struct fixture *f)
{
    herd_store_free(&f->store);
    CHECK_INT((int64_t)f->mem.blocks, 0);
}

static struct herd_stored *find(const struct fixture *f, const char *client)
{
    return herd_store_look(&f->store, herd_slice_str(client)).at;
}

/* A record of that client and time whose text is `len` bytes long if that can be. */
static int put_long(struct fixture *f, const char *client, unsigned time, size_t len)
{
    static char text[TEXT + 1];
    struct herd_record record;
    int head = snprintf(text, sizeof text, "AT S +1 %s +1-1 %u", client, time);
    size_t used = (size_t)head;
    if (used + 1 < len) {
        memset(text + used, 'x', len - used);
        text[used] = ' ';
        used = len;
    }
    int rc = herd_record_parse(herd_slice(text, used), &record);
    if (rc != HERD_OK)
        return rc;
    return herd_store_merge(&f->store, herd_store_look(&f->store, record.client), &record,
                            time);
}

static int put(struct fixture *f, const char *client, unsigned time)
{
    return put_long(f, client, time, 0);
}

/* ---- the table ---- */

static void finds_what_was_stored(void)
{
    struct fixture f;
    set_up(&f);
    CHECK(find(&f, "a") == NULL);
    CHECK_INT((int64_t)f.store.count, 0);
    CHECK_INT(put(&f, "a", 5), HERD_MERGE_NEWER);
    CHECK_INT(put(&f, "b", 5), HERD_MERGE_NEWER);
    struct herd_stored *stored = find(&f, "a");
    REQUIRE(stored != NULL);
    CHECK_SLICE(herd_stored_text(stored), HERD_LIT("AT S +1 a +1-1 5"));
    CHECK_SLICE(herd_stored_client(stored), HERD_LIT("a"));
    CHECK_INT(stored->time_ns, 5 * HERD_NS_PER_S);
    CHECK_INT((int64_t)stored->source, 5);
    CHECK_INT((int64_t)stored->node.seq, 1);
    CHECK_INT(put(&f, "a", 5), HERD_MERGE_OLD);
    CHECK_INT(put(&f, "a", 4), HERD_MERGE_OLD);
    CHECK_INT((int64_t)find(&f, "a")->node.seq, 1);
    CHECK_INT(put(&f, "a", 6), HERD_MERGE_NEWER);
    CHECK_INT((int64_t)find(&f, "a")->node.seq, 3);
    CHECK(find(&f, "") == NULL);
    CHECK(find(&f, "a ") == NULL);
    tear_down(&f);
}

/* Names of clients that share a bucket of a young store. */
static void find_twins(char name[][NAME], size_t count)
{
    size_t found = 0;
    uint64_t want = 0;
    for (int i = 0; found < count; i++) {
        snprintf(name[found], NAME, "client-%d", i);
        uint64_t low = herd_siphash(herd_slice_str(name[found]), key) % FIRST_BUCKETS;
        if (found == 0)
            want = low;
        found += low == want;
    }
}

static void keeps_twins_apart(void)
{
    enum { TWINS = 4 };
    char name[TWINS + 1][NAME];
    struct fixture f;
    set_up(&f);
    find_twins(name, TWINS + 1);
    for (int i = 0; i < TWINS; i++)
        CHECK_INT(put(&f, name[i], 1), HERD_MERGE_NEWER);
    CHECK(find(&f, name[TWINS]) == NULL);
    /* Each grows out of its place in turn: last, middle and first of the chain. */
    for (int i = 0; i < TWINS; i++) {
        CHECK_INT(put_long(&f, name[i], 2, 200), HERD_MERGE_NEWER);
        for (int k = 0; k < TWINS; k++) {
            CHECK_LABEL("twin %d after %d has grown", k, i);
            REQUIRE(find(&f, name[k]) != NULL);
            CHECK_SLICE(herd_stored_client(find(&f, name[k])), herd_slice_str(name[k]));
            CHECK_INT((int64_t)find(&f, name[k])->text_len > 100, k <= i);
        }
    }
    /* The full hash is compared first, but it is the name that decides. */
    struct herd_stored *stored = find(&f, name[0]);
    stored->hash = herd_siphash(herd_slice_str(name[TWINS]), key);
    CHECK(find(&f, name[TWINS]) == NULL);
    CHECK(find(&f, name[0]) == NULL);
    tear_down(&f);
}

/* Texts from the shortest to the longest, in place and not, and back. */
static void holds_any_length(void)
{
    struct fixture f;
    unsigned time = 0;
    set_up(&f);
    for (size_t len = 1; len <= HERD_RECORD_MAX; len += len < 100 ? 1 : 1349) {
        CHECK_LABEL("%zu bytes", len);
        CHECK_INT(put_long(&f, "a", ++time, len), HERD_MERGE_NEWER);
        CHECK(find(&f, "a")->text_len + 1 >= len);
        CHECK(find(&f, "a")->text_len <= find(&f, "a")->text_size);
        CHECK_INT((int64_t)f.store.count, 1);
    }
    CHECK_INT(put_long(&f, "a", ++time, HERD_RECORD_MAX), HERD_MERGE_NEWER);
    CHECK_INT(find(&f, "a")->text_len, HERD_RECORD_MAX);
    CHECK_INT(put_long(&f, "a", ++time, HERD_RECORD_MAX + 1), HERD_ETOOLONG);
    CHECK_INT(put(&f, "a", ++time), HERD_MERGE_NEWER);
    CHECK(find(&f, "a")->text_len < 32);
    tear_down(&f);
}

static void updates_without_memory(void)
{
    struct fixture f;
    set_up(&f);
    CHECK_INT(put(&f, "a", 1000), HERD_MERGE_NEWER);
    size_t calls = f.mem.calls;
    for (unsigned time = 1001; time < 2000; time++)
        CHECK_INT(put(&f, "a", time), HERD_MERGE_NEWER);
    CHECK_INT((int64_t)f.mem.calls, (int64_t)calls);
    tear_down(&f);
}

/* ---- growth ---- */

enum { MANY = 100000 };

static size_t count_found(const struct fixture *f, unsigned count)
{
    size_t found = 0;
    for (unsigned i = 0; i < count; i++) {
        char name[NAME];
        snprintf(name, sizeof name, "%u", i);
        const struct herd_stored *stored = find(f, name);
        found += stored != NULL && stored->source == i + 1 &&
                 herd_slice_eq(herd_stored_client(stored), herd_slice_str(name));
    }
    return found;
}

static void grows_by_buckets(void)
{
    struct fixture f;
    char name[NAME];
    size_t stored = 0, most_calls = 0;
    set_up(&f);
    for (unsigned i = 0; i < MANY; i++) {
        size_t calls = f.mem.calls;
        snprintf(name, sizeof name, "%u", i);
        stored += put(&f, name, i + 1) == HERD_MERGE_NEWER;
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
    CHECK(find(&f, "100000") == NULL);
    tear_down(&f);
}

/* When the table cannot grow, clients are stored all the same; later it grows again. */
static void grows_later_without_memory(void)
{
    enum { CLIENTS = 6 * FIRST_BUCKETS };
    struct fixture f;
    char name[NAME];
    size_t failures = 0, tries = 0;
    set_up(&f);
    for (unsigned i = 0; i < CLIENTS; i++) {
        const struct herd_store *store = &f.store;
        snprintf(name, sizeof name, "%u", i);
        /* By turns the page, the list of pages and nothing fails. */
        if (store->count >= store->bucket_count &&
            store->bucket_count == store->page_count * FIRST_BUCKETS)
            fail_mem_arm(&f.mem, 2 + tries++ % 2, false);
        size_t before = f.mem.failed, buckets = store->bucket_count;
        CHECK_INT(put(&f, name, i + 1), HERD_MERGE_NEWER);
        fail_mem_arm(&f.mem, 0, false);
        if (f.mem.failed > before) {
            CHECK_INT((int64_t)store->bucket_count, (int64_t)buckets);
            failures++;
        }
    }
    CHECK_INT((int64_t)failures, 7);
    CHECK(f.store.bucket_count > CLIENTS - 2 * failures);
    CHECK_INT((int64_t)count_found(&f, CLIENTS), CLIENTS);
    tear_down(&f);
}

/* ---- lack of memory ---- */

static void needs_memory_to_begin(void)
{
    for (size_t n = 1; n <= 2; n++) {
        struct fixture f;
        fail_mem_init(&f.mem);
        fail_mem_arm(&f.mem, n, false);
        CHECK_INT(herd_store_init(&f.store, &f.mem.mem, key), HERD_ENOMEM);
        CHECK_INT((int64_t)f.mem.blocks, 0);
        herd_store_free(&f.store);
    }
}

static void changes_nothing_without_memory(void)
{
    struct fixture f;
    struct herd_follower follower = {.seen_seq = 0};
    set_up(&f);
    put(&f, "a", 1);
    put(&f, "b", 1);
    herd_follow_start(&f.store, &follower);
    struct herd_store before = f.store;
    size_t live = f.mem.live;
    struct herd_stored *a = find(&f, "a");
    fail_mem_arm(&f.mem, 1, true);
    CHECK_INT(put(&f, "c", 1), HERD_ENOMEM);
    CHECK_INT(put_long(&f, "a", 2, 500), HERD_ENOMEM);
    CHECK(memcmp(&before, &f.store, sizeof before) == 0);
    CHECK_INT((int64_t)f.mem.live, (int64_t)live);
    CHECK(find(&f, "a") == a && find(&f, "c") == NULL);
    CHECK_SLICE(herd_stored_text(a), HERD_LIT("AT S +1 a +1-1 1"));
    CHECK(herd_follow_peek(&f.store, &follower) == a);
    CHECK_INT(put(&f, "a", 2), HERD_MERGE_NEWER);
    tear_down(&f);
}

/* ---- followers ---- */

/* Passes everything not seen yet; the clients' names go to `out`. */
static const char *walk(const struct fixture *f, struct herd_follower *follower, char *out)
{
    const struct herd_stored *next;
    char *at = out;
    while ((next = herd_follow_peek(&f->store, follower)) != NULL) {
        *at++ = herd_stored_client(next).data[0];
        herd_follow_pass(follower, next);
    }
    *at = '\0';
    return out;
}

static void follows_each_change_once(void)
{
    struct fixture f;
    struct herd_follower one = {.seen_seq = 0}, two = one;
    char seen[NAME];
    set_up(&f);
    CHECK(herd_follow_peek(&f.store, &one) == NULL);
    herd_follow_stop(&one);
    herd_follow_start(&f.store, &one);
    CHECK(herd_follow_peek(&f.store, &one) == NULL);
    put(&f, "a", 1);
    put(&f, "b", 1);
    put(&f, "c", 1);
    put(&f, "a", 2);
    herd_follow_start(&f.store, &two);
    CHECK_STR(walk(&f, &one, seen), "bca");
    CHECK_INT((int64_t)one.seen_seq, 4);
    CHECK_STR(walk(&f, &one, seen), "");
    put(&f, "c", 2);
    put_long(&f, "b", 2, 300);
    CHECK_STR(walk(&f, &two, seen), "acb");
    CHECK_STR(walk(&f, &one, seen), "cb");
    herd_follow_start(&f.store, &one);
    CHECK_INT((int64_t)one.seen_seq, 0);
    CHECK_STR(walk(&f, &one, seen), "acb");
    herd_follow_stop(&one);
    put(&f, "d", 1);
    CHECK_STR(walk(&f, &one, seen), "");
    CHECK_STR(walk(&f, &two, seen), "d");
    tear_down(&f);
}

/* Two markers side by side, and the record before or behind them goes. */
static void keeps_markers_in_place(void)
{
    struct fixture f;
    struct herd_follower one = {.seen_seq = 0}, two = one;
    char seen[NAME];
    set_up(&f);
    put(&f, "a", 1);
    put(&f, "b", 1);
    put(&f, "c", 1);
    herd_follow_start(&f.store, &one);
    herd_follow_start(&f.store, &two);
    const struct herd_stored *first = herd_follow_peek(&f.store, &one);
    CHECK(first == herd_follow_peek(&f.store, &two));
    herd_follow_pass(&one, first);
    herd_follow_pass(&two, first);
    put_long(&f, "a", 2, 400);
    put_long(&f, "b", 2, 400);
    CHECK_INT((int64_t)one.seen_seq, 1);
    CHECK_STR(walk(&f, &two, seen), "cab");
    CHECK_STR(walk(&f, &one, seen), "cab");
    herd_follow_stop(&two);
    put(&f, "b", 3);
    CHECK_STR(walk(&f, &one, seen), "b");
    tear_down(&f);
}

static void leaves_followers_behind(void)
{
    struct fixture f;
    struct herd_follower one = {.seen_seq = 0}, two = one;
    char seen[NAME];
    set_up(&f);
    put(&f, "a", 1);
    herd_follow_start(&f.store, &one);
    herd_follow_start(&f.store, &two);
    CHECK_STR(walk(&f, &one, seen), "a");
    tear_down(&f);
    CHECK(herd_follow_peek(&f.store, &one) == NULL);
    CHECK(herd_follow_peek(&f.store, &two) == NULL);
    herd_follow_stop(&one);
    set_up(&f);
    put(&f, "b", 1);
    herd_follow_start(&f.store, &one);
    herd_follow_start(&f.store, &two);
    CHECK_STR(walk(&f, &two, seen), "b");
    CHECK_STR(walk(&f, &one, seen), "b");
    tear_down(&f);
}

const struct check_test test_store[] = {
    {"finds what was stored", finds_what_was_stored},
    {"keeps twins apart", keeps_twins_apart},
    {"holds any length", holds_any_length},
    {"updates without memory", updates_without_memory},
    {"grows by buckets", grows_by_buckets},
    {"grows later without memory", grows_later_without_memory},
    {"needs memory to begin", needs_memory_to_begin},
    {"changes nothing without memory", changes_nothing_without_memory},
    {"follows each change once", follows_each_change_once},
    {"keeps markers in place", keeps_markers_in_place},
    {"leaves followers behind", leaves_followers_behind},
    {NULL, NULL},
};
