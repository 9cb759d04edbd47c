#include "check.h"
#include "fail_mem.h"

#include "herd/err.h"
#include "places/lookup.h"

enum { LOOKUPS = 8, TIMEOUT_MS = 100 };

struct fixture {
    struct fail_mem mem;
    struct herd_lookups lookups;
    struct herd_lookup lookup[LOOKUPS];
};

static const uint8_t hash_key[HERD_SIPHASH_KEY] = {7};

static struct herd_mono at_ms(int64_t ms)
{
    return (struct herd_mono){ms * HERD_NS_PER_MS};
}

/* Lookup `i` asks within `i` kilometres. */
static struct herd_places_key key_of(int i)
{
    return (struct herd_places_key){.point = {1, 2}, .radius_km = (uint32_t)i};
}

static void set_up(struct fixture *f, uint32_t flying_max, uint32_t waiting_max)
{
    struct herd_lookup_limits limits = {flying_max, waiting_max, TIMEOUT_MS};
    fail_mem_init(&f->mem);
    memset(f->lookup, 0, sizeof f->lookup);
    CHECK_INT(herd_lookups_init(&f->lookups, &f->mem.mem, &limits, hash_key), HERD_OK);
}

static void leave(struct fixture *f, int i)
{
    struct herd_flight *flight = herd_lookups_leave(&f->lookup[i]);
    CHECK(f->lookup[i].flight == NULL);
    CHECK(!herd_timer_armed(&f->lookup[i].timer));
    if (flight != NULL)
        herd_lookups_end(&f->lookups, flight);
}

static void tear_down(struct fixture *f)
{
    for (int i = 0; i < LOOKUPS; i++)
        leave(f, i);
    CHECK_INT(f->lookups.flying_count, 0);
    CHECK_INT(f->lookups.waiting_count, 0);
    CHECK(herd_mono_is_never(herd_timerq_deadline(&f->lookups.timers)));
    herd_lookups_free(&f->lookups);
    CHECK_INT((int64_t)f->mem.blocks, 0);
    herd_lookups_free(&f->lookups);
}

static int add(struct fixture *f, int i, int64_t now_ms)
{
    struct herd_places_key key = key_of(i);
    return herd_lookups_add(&f->lookups, &f->lookup[i], &key, at_ms(now_ms));
}

/* Lookup `i` asks what lookup `other` asks. */
static bool join(struct fixture *f, int i, int other, int64_t now_ms)
{
    struct herd_places_key key = key_of(other);
    return herd_lookups_join(&f->lookups, &f->lookup[i], &key, at_ms(now_ms));
}

/* Lets all fly that may; returns how many. */
static int fly(struct fixture *f)
{
    int count = 0;
    struct herd_flight *flight;
    for (; (flight = herd_lookups_next(&f->lookups)) != NULL; count++)
        herd_lookups_fly(&f->lookups, flight, at_ms(0));
    return count;
}

static uint64_t id_of(const struct fixture *f, int i)
{
    return f->lookup[i].flight->id;
}

static struct herd_flight *find(struct fixture *f, uint64_t id)
{
    return herd_lookups_find(&f->lookups, id);
}

static void gives_ids(void)
{
    struct fixture f;
    set_up(&f, 3, 0);
    for (int i = 0; i < 3; i++)
        CHECK_INT(add(&f, i, 0), HERD_OK);
    CHECK_INT((int64_t)id_of(&f, 0), 0);
    CHECK_INT(fly(&f), 3);
    for (int i = 0; i < 3; i++) {
        CHECK(id_of(&f, i) != 0);
        CHECK(find(&f, id_of(&f, i)) == f.lookup[i].flight);
    }
    uint64_t stale = id_of(&f, 1);
    leave(&f, 1);
    CHECK(find(&f, stale) == NULL);
    CHECK_INT(add(&f, 3, 0), HERD_OK);
    CHECK_INT(fly(&f), 1);
    CHECK(id_of(&f, 3) != stale);
    CHECK(find(&f, stale) == NULL);
    CHECK(find(&f, id_of(&f, 3)) == f.lookup[3].flight);
    CHECK(find(&f, 0) == NULL);
    CHECK(find(&f, 4) == NULL);
    CHECK(find(&f, UINT64_MAX) == NULL);
    CHECK(find(&f, id_of(&f, 0) | 0xffff0000) == NULL);
    tear_down(&f);
}

/* The generation of a busy slot comes round after some weeks. */
static void has_no_id_zero(void)
{
    struct fixture f;
    set_up(&f, 1, 0);
    f.lookups.slots[0].generation = UINT32_MAX - 1;
    for (int i = 0; i < 4; i++) {
        CHECK_LABEL("lookup %d", i);
        CHECK_INT(add(&f, i, 0), HERD_OK);
        CHECK_INT(fly(&f), 1);
        CHECK(id_of(&f, i) != 0);
        CHECK(find(&f, id_of(&f, i)) == f.lookup[i].flight);
        leave(&f, i);
        CHECK_INT(f.lookups.flying_count, 0);
    }
    tear_down(&f);
}

/* A second request for the same lookups has another name, and the first one none. */
static void flies_again(void)
{
    struct fixture f;
    set_up(&f, 1, 1);
    CHECK_INT(add(&f, 0, 0), HERD_OK);
    CHECK_INT(add(&f, 1, 0), HERD_OK);
    CHECK_INT(fly(&f), 1);
    uint64_t first = id_of(&f, 0);
    herd_lookups_fly(&f.lookups, f.lookup[0].flight, at_ms(7));
    CHECK(id_of(&f, 0) != first && id_of(&f, 0) != 0);
    CHECK(find(&f, first) == NULL);
    CHECK_INT(f.lookup[0].flight->since.ns, at_ms(7).ns);
    CHECK_INT(f.lookups.flying_count, 1);
    CHECK_INT(f.lookups.waiting_count, 1);
    CHECK_INT(fly(&f), 0);
    tear_down(&f);
}

static void lets_wait_in_order(void)
{
    struct fixture f;
    set_up(&f, 2, 4);
    for (int i = 0; i < 6; i++)
        CHECK_INT(add(&f, i, i), HERD_OK);
    CHECK_INT(add(&f, 6, 6), HERD_EFULL);
    CHECK(f.lookup[6].flight == NULL && !herd_timer_armed(&f.lookup[6].timer));
    CHECK_INT(fly(&f), 2);
    CHECK_INT(f.lookups.flying_count, 2);
    CHECK_INT(f.lookups.waiting_count, 4);
    CHECK(id_of(&f, 0) != 0 && id_of(&f, 1) != 0 && id_of(&f, 2) == 0);
    leave(&f, 1);
    CHECK(herd_lookups_next(&f.lookups) == f.lookup[2].flight);
    CHECK_INT(add(&f, 6, 7), HERD_OK);
    CHECK_INT(fly(&f), 1);
    for (int i = 0; i < 5; i++) {
        CHECK(id_of(&f, i == 0 ? 0 : i + 1) != 0);
        leave(&f, i == 0 ? 0 : i + 1);
        fly(&f);
    }
    CHECK(id_of(&f, 6) != 0);
    tear_down(&f);
}

static void lets_nobody_wait(void)
{
    struct fixture f;
    set_up(&f, 1, 0);
    CHECK_INT(add(&f, 0, 0), HERD_OK);
    CHECK_INT(add(&f, 1, 0), HERD_EFULL);
    CHECK_INT(fly(&f), 1);
    CHECK_INT(add(&f, 1, 0), HERD_EFULL);
    leave(&f, 0);
    CHECK(herd_lookups_next(&f.lookups) == NULL);
    CHECK_INT(add(&f, 1, 0), HERD_OK);
    tear_down(&f);
}

/* The first, the last, in the middle, the only one; and one that was never taken in. */
static void removes_waiting(void)
{
    static const struct {
        int gone, then[2];
    } cases[] = {{1, {2, 3}}, {2, {1, 3}}, {3, {1, 2}}};
    struct fixture f;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        set_up(&f, 1, 3);
        CHECK_LABEL("lookup %d", cases[i].gone);
        for (int k = 0; k < 4; k++)
            CHECK_INT(add(&f, k, 0), HERD_OK);
        CHECK_INT(fly(&f), 1);
        leave(&f, cases[i].gone);
        CHECK_INT(f.lookups.waiting_count, 2);
        leave(&f, 0);
        CHECK(herd_lookups_next(&f.lookups) == f.lookup[cases[i].then[0]].flight);
        leave(&f, cases[i].then[0]);
        CHECK(herd_lookups_next(&f.lookups) == f.lookup[cases[i].then[1]].flight);
        leave(&f, cases[i].then[1]);
        CHECK(herd_lookups_next(&f.lookups) == NULL);
        leave(&f, 5);
        tear_down(&f);
    }
}

/* Those that wait and those that fly can both be joined; the others keep their places. */
static void joins(void)
{
    struct fixture f;
    set_up(&f, 1, 1);
    CHECK(!join(&f, 0, 0, 0));
    CHECK(f.lookup[0].flight == NULL);
    CHECK_INT(add(&f, 0, 0), HERD_OK);
    CHECK_INT(add(&f, 1, 0), HERD_OK);
    CHECK_INT(fly(&f), 1);
    CHECK(join(&f, 2, 0, 10));
    CHECK(join(&f, 3, 1, 20));
    CHECK(join(&f, 4, 1, 30));
    CHECK(!join(&f, 5, 5, 30));
    CHECK(f.lookup[2].flight == f.lookup[0].flight);
    CHECK(f.lookup[3].flight == f.lookup[1].flight);
    CHECK_INT(f.lookups.flying_count + f.lookups.waiting_count, 2);
    struct herd_flight *waiting = f.lookup[1].flight;
    /* From the front, from the middle, the last. */
    leave(&f, 1);
    CHECK(waiting->first == &f.lookup[3] && waiting->last == &f.lookup[4]);
    CHECK(join(&f, 1, 1, 40));
    leave(&f, 4);
    CHECK(waiting->first == &f.lookup[3] && waiting->last == &f.lookup[1]);
    leave(&f, 1);
    CHECK(waiting->first == waiting->last);
    leave(&f, 0);
    CHECK(id_of(&f, 2) != 0);
    CHECK_INT(f.lookups.flying_count, 1);
    leave(&f, 2);
    CHECK_INT(f.lookups.flying_count, 0);
    CHECK_INT(fly(&f), 1);
    CHECK(find(&f, id_of(&f, 3)) == waiting);
    leave(&f, 3);
    CHECK(!join(&f, 3, 1, 50));
    tear_down(&f);
}

/* Every part of the key counts. */
static void tells_keys_apart(void)
{
    static const struct herd_places_key keys[] = {{{1, 2}, 3, false}, {{0, 2}, 3, false},
                                                  {{1, 0}, 3, false}, {{1, 2}, 4, false},
                                                  {{1, 2}, 3, true},  {{2, 1}, 3, false}};
    enum { KEYS = sizeof keys / sizeof keys[0] };
    struct fixture f;
    set_up(&f, KEYS, 0);
    for (int i = 0; i < KEYS; i++) {
        CHECK_LABEL("key %d", i);
        CHECK(!herd_lookups_join(&f.lookups, &f.lookup[i], &keys[i], at_ms(0)));
        CHECK_INT(herd_lookups_add(&f.lookups, &f.lookup[i], &keys[i], at_ms(0)), HERD_OK);
    }
    for (int i = 0; i < KEYS; i++) {
        CHECK_LABEL("key %d", i);
        CHECK(herd_lookups_join(&f.lookups, &f.lookup[7], &keys[i], at_ms(0)));
        CHECK(f.lookup[7].flight == f.lookup[i].flight);
        leave(&f, 7);
    }
    tear_down(&f);
}

/* However many share a place in the table. */
static void finds_all_of_a_chain(void)
{
    enum { MANY = 300 };
    static struct herd_lookup lookup[MANY];
    struct fixture f;
    set_up(&f, 1, MANY);
    f.lookups.table_size = 1; /* the rest of it is not used */
    memset(lookup, 0, sizeof lookup);
    for (int i = 0; i < MANY; i++) {
        struct herd_places_key key = key_of(i);
        CHECK_INT(herd_lookups_add(&f.lookups, &lookup[i], &key, at_ms(0)), HERD_OK);
    }
    for (int i = 0; i < MANY; i++) {
        struct herd_places_key key = key_of(i * 7 % MANY);
        CHECK(herd_lookups_join(&f.lookups, &f.lookup[0], &key, at_ms(0)));
        CHECK(f.lookup[0].flight == lookup[i * 7 % MANY].flight);
        herd_lookups_leave(&f.lookup[0]);
        herd_lookups_end(&f.lookups, herd_lookups_leave(&lookup[i * 7 % MANY]));
    }
    f.lookups.table_size = 512;
    tear_down(&f);
}

/* The deadline counts from the arrival, and neither flying nor company puts it off. */
static void times_out(void)
{
    struct fixture f;
    set_up(&f, 1, 2);
    CHECK(herd_mono_is_never(herd_timerq_deadline(&f.lookups.timers)));
    CHECK_INT(add(&f, 0, 10), HERD_OK);
    CHECK_INT(add(&f, 1, 20), HERD_OK);
    CHECK(join(&f, 2, 0, 30));
    CHECK_INT(fly(&f), 1);
    leave(&f, 0);
    CHECK_INT(herd_timerq_deadline(&f.lookups.timers).ns, at_ms(120).ns);
    CHECK(herd_timerq_expired(&f.lookups.timers, at_ms(119)) == NULL);
    CHECK(herd_timerq_expired(&f.lookups.timers, at_ms(130)) == &f.lookup[1]);
    CHECK(herd_timerq_expired(&f.lookups.timers, at_ms(130)) == &f.lookup[2]);
    CHECK(herd_timerq_expired(&f.lookups.timers, at_ms(130)) == NULL);
    tear_down(&f);
}

static void memory_may_run_out(void)
{
    struct herd_lookup_limits limits = {64, 4096, TIMEOUT_MS};
    for (size_t n = 1; n <= 2; n++) {
        struct fail_mem mem;
        struct herd_lookups lookups;
        fail_mem_init(&mem);
        fail_mem_arm(&mem, n, false);
        CHECK_INT(herd_lookups_init(&lookups, &mem.mem, &limits, hash_key), HERD_ENOMEM);
        CHECK_INT((int64_t)mem.blocks, 0);
        herd_lookups_free(&lookups);
    }
    struct fixture f;
    set_up(&f, 2, 2);
    fail_mem_arm(&f.mem, 1, false);
    CHECK_INT(add(&f, 0, 0), HERD_ENOMEM);
    CHECK(f.lookup[0].flight == NULL && !join(&f, 0, 0, 0));
    CHECK_INT(f.lookups.waiting_count, 0);
    CHECK_INT(add(&f, 0, 0), HERD_OK);
    size_t calls = f.mem.calls;
    CHECK(join(&f, 1, 0, 0));
    CHECK_INT(fly(&f), 1);
    CHECK_INT((int64_t)f.mem.calls, (int64_t)calls);
    tear_down(&f);
}

const struct check_test test_lookup[] = {
    {"gives ids", gives_ids},
    {"has no id zero", has_no_id_zero},
    {"flies again", flies_again},
    {"lets wait in order", lets_wait_in_order},
    {"lets nobody wait", lets_nobody_wait},
    {"removes who waits", removes_waiting},
    {"joins", joins},
    {"tells keys apart", tells_keys_apart},
    {"finds all of a chain", finds_all_of_a_chain},
    {"times out", times_out},
    {"memory may run out", memory_may_run_out},
    {NULL, NULL},
};
