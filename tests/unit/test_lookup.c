#include "check.h"
#include "fail_mem.h"

#include "herd/err.h"
#include "herd/lookup.h"

enum { LOOKUPS = 8, TIMEOUT_MS = 100 };

struct fixture {
    struct fail_mem mem;
    struct herd_lookups lookups;
    struct herd_lookup lookup[LOOKUPS];
};

static struct herd_mono at_ms(int64_t ms)
{
    return (struct herd_mono){ms * HERD_NS_PER_MS};
}

static void set_up(struct fixture *f, uint32_t flying_max, uint32_t waiting_max)
{
    struct herd_lookup_limits limits = {flying_max, waiting_max, TIMEOUT_MS};
    fail_mem_init(&f->mem);
    memset(f->lookup, 0, sizeof f->lookup);
    CHECK_INT(herd_lookups_init(&f->lookups, &f->mem.mem, &limits), HERD_OK);
}

static void tear_down(struct fixture *f)
{
    for (int i = 0; i < LOOKUPS; i++)
        herd_lookups_remove(&f->lookups, &f->lookup[i]);
    CHECK_INT(f->lookups.flying_count, 0);
    CHECK_INT(f->lookups.waiting_count, 0);
    CHECK(herd_mono_is_never(herd_timerq_deadline(&f->lookups.timers)));
    herd_lookups_free(&f->lookups);
    CHECK_INT((int64_t)f->mem.blocks, 0);
    herd_lookups_free(&f->lookups);
}

static int add(struct fixture *f, int i, int64_t now_ms)
{
    return herd_lookups_add(&f->lookups, &f->lookup[i], at_ms(now_ms));
}

static void end(struct fixture *f, int i)
{
    herd_lookups_remove(&f->lookups, &f->lookup[i]);
    CHECK_INT((int64_t)f->lookup[i].id, 0);
    CHECK(!f->lookup[i].waiting);
    CHECK(!herd_timer_armed(&f->lookup[i].timer));
}

/* The number of the lookup that is let fly, or -1. */
static int next(struct fixture *f)
{
    const struct herd_lookup *lookup = herd_lookups_next(&f->lookups);
    return lookup != NULL ? (int)(lookup - f->lookup) : -1;
}

static void gives_ids(void)
{
    struct fixture f;
    set_up(&f, 3, 0);
    for (int i = 0; i < 3; i++)
        CHECK_INT(add(&f, i, 0), 1);
    for (int i = 0; i < 3; i++) {
        CHECK(f.lookup[i].id != 0);
        CHECK(herd_lookups_find(&f.lookups, f.lookup[i].id) == &f.lookup[i]);
    }
    uint64_t stale = f.lookup[1].id;
    end(&f, 1);
    CHECK(herd_lookups_find(&f.lookups, stale) == NULL);
    CHECK_INT(add(&f, 3, 0), 1);
    CHECK(f.lookup[3].id != stale);
    CHECK(herd_lookups_find(&f.lookups, stale) == NULL);
    CHECK(herd_lookups_find(&f.lookups, f.lookup[3].id) == &f.lookup[3]);
    CHECK(herd_lookups_find(&f.lookups, 0) == NULL);
    CHECK(herd_lookups_find(&f.lookups, 3) == NULL);
    CHECK(herd_lookups_find(&f.lookups, UINT64_MAX) == NULL);
    CHECK(herd_lookups_find(&f.lookups, f.lookup[0].id | 0xffff0000) == NULL);
    tear_down(&f);
}

/* The generation of a busy slot comes round after some weeks. */
static void has_no_id_zero(void)
{
    struct fixture f;
    set_up(&f, 1, 0);
    f.lookups.generation[0] = UINT32_MAX - 1;
    for (int i = 0; i < 4; i++) {
        CHECK_LABEL("lookup %d", i);
        CHECK_INT(add(&f, i, 0), 1);
        CHECK(f.lookup[i].id != 0);
        CHECK(herd_lookups_find(&f.lookups, f.lookup[i].id) == &f.lookup[i]);
        end(&f, i);
        CHECK_INT(f.lookups.flying_count, 0);
    }
    tear_down(&f);
}

static void lets_wait_in_order(void)
{
    struct fixture f;
    set_up(&f, 2, 4);
    for (int i = 0; i < 6; i++)
        CHECK_INT(add(&f, i, i), i < 2 ? 1 : 0);
    CHECK_INT(add(&f, 6, 6), HERD_EFULL);
    CHECK(!herd_timer_armed(&f.lookup[6].timer));
    CHECK_INT(f.lookups.flying_count, 2);
    CHECK_INT(f.lookups.waiting_count, 4);
    CHECK_INT((int64_t)f.lookup[2].id, 0);
    CHECK(f.lookup[2].waiting);
    CHECK_INT(next(&f), -1);
    end(&f, 1);
    CHECK_INT(next(&f), 2);
    CHECK(f.lookup[2].id != 0 && !f.lookup[2].waiting);
    CHECK(herd_lookups_find(&f.lookups, f.lookup[2].id) == &f.lookup[2]);
    CHECK_INT(next(&f), -1);
    CHECK_INT(add(&f, 6, 7), 0);
    end(&f, 0);
    end(&f, 2);
    CHECK_INT(next(&f), 3);
    CHECK_INT(next(&f), 4);
    CHECK_INT(next(&f), -1);
    end(&f, 3);
    end(&f, 4);
    CHECK_INT(next(&f), 5);
    CHECK_INT(next(&f), 6);
    end(&f, 5);
    CHECK_INT(next(&f), -1);
    tear_down(&f);
}

/* What has waited once may wait again, behind those who came in between. */
static void lets_wait_again(void)
{
    struct fixture f;
    set_up(&f, 1, 3);
    for (int i = 0; i < 3; i++)
        CHECK_INT(add(&f, i, 0), i == 0 ? 1 : 0);
    end(&f, 0);
    CHECK_INT(next(&f), 1);
    CHECK_INT(add(&f, 0, 1), 0);
    end(&f, 1);
    CHECK_INT(next(&f), 2);
    CHECK_INT(add(&f, 1, 2), 0);
    end(&f, 2);
    CHECK_INT(next(&f), 0);
    end(&f, 0);
    CHECK_INT(next(&f), 1);
    end(&f, 1);
    CHECK_INT(next(&f), -1);
    CHECK_INT(f.lookups.waiting_count, 0);
    tear_down(&f);
}

static void lets_nobody_wait(void)
{
    struct fixture f;
    set_up(&f, 1, 0);
    CHECK_INT(add(&f, 0, 0), 1);
    CHECK_INT(add(&f, 1, 0), HERD_EFULL);
    end(&f, 0);
    CHECK_INT(next(&f), -1);
    CHECK_INT(add(&f, 1, 0), 1);
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
            CHECK_INT(add(&f, k, 0), k == 0 ? 1 : 0);
        end(&f, cases[i].gone);
        CHECK_INT(f.lookups.waiting_count, 2);
        end(&f, 0);
        CHECK_INT(next(&f), cases[i].then[0]);
        end(&f, cases[i].then[0]);
        CHECK_INT(next(&f), cases[i].then[1]);
        tear_down(&f);
    }
    set_up(&f, 1, 1);
    CHECK_INT(add(&f, 0, 0), 1);
    CHECK_INT(add(&f, 1, 0), 0);
    end(&f, 1);
    end(&f, 2);
    CHECK_INT(f.lookups.flying_count, 1);
    CHECK_INT(add(&f, 1, 0), 0);
    end(&f, 0);
    end(&f, 0);
    CHECK_INT(next(&f), 1);
    tear_down(&f);
}

/* The deadline counts from the arrival, and flying does not put it off. */
static void times_out(void)
{
    struct fixture f;
    set_up(&f, 1, 2);
    CHECK(herd_mono_is_never(herd_timerq_deadline(&f.lookups.timers)));
    CHECK_INT(add(&f, 0, 10), 1);
    CHECK_INT(add(&f, 1, 20), 0);
    CHECK_INT(add(&f, 2, 30), 0);
    end(&f, 0);
    CHECK_INT(next(&f), 1);
    CHECK_INT(herd_timerq_deadline(&f.lookups.timers).ns, at_ms(120).ns);
    CHECK(herd_timerq_expired(&f.lookups.timers, at_ms(119)) == NULL);
    CHECK(herd_timerq_expired(&f.lookups.timers, at_ms(130)) == &f.lookup[1]);
    CHECK(herd_timerq_expired(&f.lookups.timers, at_ms(130)) == &f.lookup[2]);
    CHECK(herd_timerq_expired(&f.lookups.timers, at_ms(130)) == NULL);
    end(&f, 2);
    end(&f, 1);
    CHECK_INT(next(&f), -1);
    tear_down(&f);
}

static void needs_memory_only_at_init(void)
{
    struct herd_lookup_limits limits = {64, 4096, TIMEOUT_MS};
    for (size_t n = 1; n <= 2; n++) {
        struct fail_mem mem;
        struct herd_lookups lookups;
        fail_mem_init(&mem);
        fail_mem_arm(&mem, n, false);
        CHECK_INT(herd_lookups_init(&lookups, &mem.mem, &limits), HERD_ENOMEM);
        CHECK_INT((int64_t)mem.blocks, 0);
        herd_lookups_free(&lookups);
    }
    struct fixture f;
    set_up(&f, 2, 2);
    size_t calls = f.mem.calls;
    for (int i = 0; i < 5; i++)
        add(&f, i, 0);
    CHECK_INT((int64_t)f.mem.calls, (int64_t)calls);
    tear_down(&f);
}

const struct check_test test_lookup[] = {
    {"gives ids", gives_ids},
    {"has no id zero", has_no_id_zero},
    {"lets wait in order", lets_wait_in_order},
    {"lets wait again", lets_wait_again},
    {"lets nobody wait", lets_nobody_wait},
    {"removes who waits", removes_waiting},
    {"times out", times_out},
    {"needs memory only at init", needs_memory_only_at_init},
    {NULL, NULL},
};
