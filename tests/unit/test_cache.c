#include "check.h"
#include "dice.h"
#include "fail_mem.h"

#include "places/cache.h"
#include "herd/err.h"

enum { KEEP_MS = 100, ENTRIES = 4, BYTES = 20 };

struct fixture {
    struct fail_mem mem;
    struct herd_cache cache;
};

static struct herd_mono at_ms(int64_t ms)
{
    return (struct herd_mono){ms * HERD_NS_PER_MS};
}

static void set_up(struct fixture *f, int64_t keep_ms)
{
    fail_mem_init(&f->mem);
    struct herd_cache_setup setup = {&f->mem.mem, {1}, keep_ms, ENTRIES, BYTES};
    CHECK_INT(herd_cache_init(&f->cache, &setup), HERD_OK);
}

static void tear_down(struct fixture *f)
{
    herd_cache_free(&f->cache);
    CHECK_INT((int64_t)f->mem.blocks, 0);
    herd_cache_free(&f->cache);
}

static struct herd_places_key key_of(int i)
{
    return (struct herd_places_key){.point = {i, -i}, .radius_km = 1};
}

static void put(struct fixture *f, int i, const char *text, int64_t now_ms)
{
    struct herd_places_key key = key_of(i);
    herd_cache_put(&f->cache, &key, herd_slice_str(text), at_ms(now_ms));
}

/* "" when there is none. */
static struct herd_slice get(struct fixture *f, int i, int64_t now_ms)
{
    struct herd_places_key key = key_of(i);
    struct herd_slice text = HERD_LIT("");
    bool found = herd_cache_get(&f->cache, &key, at_ms(now_ms), &text);
    CHECK(found == (text.len > 0));
    return text;
}

static void keeps(void)
{
    struct fixture f;
    set_up(&f, KEEP_MS);
    CHECK_SLICE(get(&f, 1, 0), HERD_LIT(""));
    put(&f, 1, "one", 0);
    put(&f, 2, "two", 50);
    CHECK_SLICE(get(&f, 1, 0), HERD_LIT("one"));
    CHECK_SLICE(get(&f, 1, 99), HERD_LIT("one"));
    CHECK_SLICE(get(&f, 1, 100), HERD_LIT(""));
    CHECK_SLICE(get(&f, 2, 100), HERD_LIT("two"));
    CHECK_SLICE(get(&f, 3, 100), HERD_LIT(""));
    tear_down(&f);
}

static void expires(void)
{
    struct fixture f;
    set_up(&f, KEEP_MS);
    CHECK(herd_mono_is_never(herd_cache_deadline(&f.cache)));
    herd_cache_expire(&f.cache, at_ms(0));
    put(&f, 1, "one", 10);
    put(&f, 2, "two", 20);
    CHECK_INT(herd_cache_deadline(&f.cache).ns, at_ms(110).ns);
    herd_cache_expire(&f.cache, at_ms(109));
    CHECK_INT((int64_t)f.cache.count, 2);
    herd_cache_expire(&f.cache, at_ms(110));
    CHECK_INT((int64_t)f.cache.count, 1);
    CHECK_INT((int64_t)f.cache.bytes, 3);
    CHECK_INT(herd_cache_deadline(&f.cache).ns, at_ms(120).ns);
    put(&f, 3, "three", 115);
    herd_cache_expire(&f.cache, at_ms(1000));
    CHECK_INT((int64_t)f.cache.count, 0);
    CHECK_INT((int64_t)f.cache.bytes, 0);
    put(&f, 1, "again", 1000);
    CHECK_SLICE(get(&f, 1, 1000), HERD_LIT("again"));
    tear_down(&f);
}

/* Entries and bytes; what is looked at is not younger for that. */
static void the_oldest_goes_first(void)
{
    struct fixture f;
    set_up(&f, KEEP_MS);
    for (int i = 1; i <= ENTRIES; i++)
        put(&f, i, "abc", i);
    CHECK_SLICE(get(&f, 1, 10), HERD_LIT("abc"));
    put(&f, 5, "abc", 10);
    CHECK_SLICE(get(&f, 1, 10), HERD_LIT(""));
    CHECK_SLICE(get(&f, 2, 10), HERD_LIT("abc"));
    CHECK_INT((int64_t)f.cache.count, ENTRIES);
    put(&f, 6, "123456789012345", 10);
    CHECK_INT((int64_t)f.cache.count, 2);
    CHECK_SLICE(get(&f, 5, 10), HERD_LIT("abc"));
    CHECK_SLICE(get(&f, 6, 10), HERD_LIT("123456789012345"));
    put(&f, 7, "12345678901234567890", 10);
    CHECK_INT((int64_t)f.cache.count, 1);
    CHECK_INT((int64_t)f.cache.bytes, BYTES);
    /* Too large for all of it: what is there stays. */
    put(&f, 8, "123456789012345678901", 10);
    CHECK_SLICE(get(&f, 8, 10), HERD_LIT(""));
    CHECK_INT((int64_t)f.cache.count, 1);
    tear_down(&f);
}

/* The first, the last, one in the middle, the only one. */
static void replaces(void)
{
    for (int i = 1; i <= 3; i++) {
        struct fixture f;
        CHECK_LABEL("entry %d", i);
        set_up(&f, KEEP_MS);
        put(&f, 1, "a", 0);
        put(&f, 2, "b", 0);
        put(&f, 3, "c", 0);
        put(&f, i, "new", 10);
        CHECK_INT((int64_t)f.cache.count, 3);
        CHECK_INT((int64_t)f.cache.bytes, 5);
        CHECK_SLICE(get(&f, i, 10), HERD_LIT("new"));
        herd_cache_expire(&f.cache, at_ms(100));
        CHECK_INT((int64_t)f.cache.count, 1);
        CHECK_SLICE(get(&f, i, 109), HERD_LIT("new"));
        put(&f, i, "newer", 109);
        CHECK_INT((int64_t)f.cache.count, 1);
        herd_cache_expire(&f.cache, at_ms(209));
        CHECK_INT((int64_t)f.cache.count, 0);
        tear_down(&f);
    }
}

static void may_keep_nothing(void)
{
    struct fixture f;
    set_up(&f, 0);
    put(&f, 1, "one", 0);
    CHECK_SLICE(get(&f, 1, 0), HERD_LIT(""));
    CHECK_INT((int64_t)f.mem.calls, 0);
    CHECK(herd_mono_is_never(herd_cache_deadline(&f.cache)));
    tear_down(&f);
}

static void memory_may_run_out(void)
{
    struct fixture f;
    fail_mem_init(&f.mem);
    struct herd_cache_setup setup = {&f.mem.mem, {1}, KEEP_MS, 200, BYTES};
    fail_mem_arm(&f.mem, 1, false);
    CHECK_INT(herd_cache_init(&f.cache, &setup), HERD_ENOMEM);
    tear_down(&f);
    CHECK_INT(herd_cache_init(&f.cache, &setup), HERD_OK);
    CHECK(f.cache.table_size >= 200);
    fail_mem_arm(&f.mem, 1, false);
    put(&f, 1, "one", 0);
    CHECK_SLICE(get(&f, 1, 0), HERD_LIT(""));
    put(&f, 1, "one", 0);
    CHECK_SLICE(get(&f, 1, 0), HERD_LIT("one"));
    tear_down(&f);
}

/* ---- against a list ---- */

enum { STEPS = 4000, KEYS = 9, TTL = 7 };

struct row {
    int key;
    char text[8]; /* empty: gone */
    int64_t at;
};

struct list {
    struct row row[STEPS];
    size_t from, count;
};

/* As many of the newest as there is room for. */
static void list_put(struct list *list, int key, const char *text, int64_t now)
{
    size_t kept = 0, bytes = 0, oldest = list->count + 1;
    for (size_t i = list->from; i < list->count; i++)
        if (list->row[i].key == key)
            list->row[i].text[0] = '\0';
    struct row *row = &list->row[list->count++];
    row->key = key;
    row->at = now;
    memcpy(row->text, text, strlen(text) + 1);
    for (; oldest > list->from; oldest--) {
        size_t size = strlen(list->row[oldest - 1].text);
        if (size > 0 && (kept == ENTRIES || bytes + size > BYTES))
            break;
        kept += size > 0;
        bytes += size;
    }
    list->from = oldest;
}

static void list_expire(struct list *list, int64_t now)
{
    while (list->from < list->count && now - list->row[list->from].at >= TTL)
        list->from++;
}

static const char *list_get(const struct list *list, int key, int64_t now)
{
    for (size_t i = list->count; i > list->from; i--)
        if (list->row[i - 1].key == key)
            return now - list->row[i - 1].at < TTL ? list->row[i - 1].text : "";
    return "";
}

static void compare(uint64_t seed)
{
    static struct list list;
    struct fixture f;
    struct dice dice = {seed};
    int64_t now = 0;
    list.from = list.count = 0;
    set_up(&f, TTL);
    /* Chains: the rest of the table is not used. */
    size_t size = f.cache.table_size;
    f.cache.table_size = 1u << dice_roll(&dice, 3);
    for (int step = 0; step < STEPS; step++) {
        int key = (int)dice_roll(&dice, KEYS);
        now += dice_roll(&dice, 2);
        if (dice_roll(&dice, 2) == 0) {
            char text[8];
            memset(text, 'a' + (int)dice_roll(&dice, 26), sizeof text);
            text[1 + dice_roll(&dice, 7)] = '\0';
            put(&f, key, text, now);
            list_put(&list, key, text, now);
        }
        if (dice_roll(&dice, 5) == 0) {
            herd_cache_expire(&f.cache, at_ms(now));
            list_expire(&list, now);
        }
        key = (int)dice_roll(&dice, KEYS);
        REQUIRE(CHECK_SLICE(get(&f, key, now), herd_slice_str(list_get(&list, key, now))));
        REQUIRE(f.cache.count <= ENTRIES && f.cache.bytes <= BYTES);
    }
    herd_cache_expire(&f.cache, at_ms(now + TTL));
    CHECK_INT((int64_t)f.cache.count, 0);
    f.cache.table_size = size;
    tear_down(&f);
}

static void is_like_a_list(void)
{
    for (uint64_t seed = 1; seed <= 10; seed++) {
        CHECK_LABEL("seed %d", (int)seed);
        compare(seed);
    }
}

const struct check_test test_cache[] = {
    {"keeps", keeps},
    {"expires", expires},
    {"the oldest goes first", the_oldest_goes_first},
    {"replaces", replaces},
    {"may keep nothing", may_keep_nothing},
    {"memory may run out", memory_may_run_out},
    {"is like a list", is_like_a_list},
    {NULL, NULL},
};
