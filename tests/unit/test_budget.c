/* SPDX-License-Identifier: ISC */
#include "check.h"
#include "fail_mem.h"

#include "places/budget.h"
#include "herd/err.h"

#include <stdio.h>

#define DAY_S INT64_C(86400)

struct fixture {
    struct fail_mem mem;
    struct herd_budget budget;
    int64_t mono_s, wall_s;
};

static void set_up(struct fixture *f, int64_t day_max, int64_t minute_max)
{
    fail_mem_init(&f->mem);
    struct herd_budget_setup setup = {&f->mem.mem, {9}, day_max, minute_max};
    CHECK_INT(herd_budget_init(&f->budget, &setup), HERD_OK);
    f->mono_s = 1000;
    f->wall_s = 18000 * DAY_S + DAY_S / 2;
}

static void tear_down(struct fixture *f)
{
    herd_budget_free(&f->budget);
    CHECK_INT((int64_t)f->mem.blocks, 0);
    herd_budget_free(&f->budget);
}

static struct herd_mono mono(const struct fixture *f)
{
    return (struct herd_mono){f->mono_s * HERD_NS_PER_S};
}

static void pass_s(struct fixture *f, int64_t s)
{
    f->mono_s += s;
    f->wall_s += s;
}

/* ---- the day ---- */

static bool left(struct fixture *f)
{
    return herd_budget_day_left(&f->budget, mono(f),
                                (struct herd_wall){f->wall_s * HERD_NS_PER_S});
}

/* How many requests may be made; makes them. */
static int use_up(struct fixture *f)
{
    int count = 0;
    for (; count < 100 && left(f); count++)
        herd_budget_day_take(&f->budget);
    return count;
}

static void a_day_has_a_budget(void)
{
    struct fixture f;
    set_up(&f, 3, 0);
    CHECK_INT(use_up(&f), 3);
    pass_s(&f, DAY_S / 2 - 1);
    CHECK_INT(use_up(&f), 0);
    pass_s(&f, 1);
    CHECK_INT(use_up(&f), 3);
    pass_s(&f, DAY_S - 1);
    CHECK_INT(use_up(&f), 0);
    pass_s(&f, 1);
    CHECK_INT(use_up(&f), 3);
    pass_s(&f, 10 * DAY_S);
    CHECK_INT(use_up(&f), 3);
    tear_down(&f);
    set_up(&f, 0, 0);
    CHECK_INT(use_up(&f), 100);
    CHECK_INT(f.budget.day_count, 100);
    tear_down(&f);
}

/* A server that was started just before midnight. */
static void the_first_day_may_be_short(void)
{
    struct fixture f;
    set_up(&f, 3, 0);
    pass_s(&f, DAY_S / 2 - 10);
    CHECK_INT(use_up(&f), 3);
    pass_s(&f, 10);
    CHECK_INT(use_up(&f), 3);
    tear_down(&f);
}

static void days_before_1970_are_days(void)
{
    struct fixture f;
    set_up(&f, 3, 0);
    f.wall_s = -DAY_S - 1;
    CHECK_INT(use_up(&f), 3);
    pass_s(&f, 1);
    CHECK_INT(use_up(&f), 3);
    pass_s(&f, DAY_S - 1);
    CHECK_INT(use_up(&f), 0);
    pass_s(&f, 1);
    CHECK_INT(use_up(&f), 3);
    tear_down(&f);
}

static void a_clock_set_back_brings_nothing(void)
{
    struct fixture f;
    set_up(&f, 3, 0);
    CHECK_INT(use_up(&f), 3);
    f.wall_s -= 5 * DAY_S;
    CHECK_INT(use_up(&f), 0);
    /* It lives through the days again, and each has its budget. */
    pass_s(&f, DAY_S);
    CHECK_INT(use_up(&f), 3);
    tear_down(&f);
}

/* A clock that is set far ahead and back again costs one budget, and locks nobody out for
 * years. */
static void a_clock_may_jump(void)
{
    struct fixture f;
    set_up(&f, 3, 0);
    CHECK_INT(use_up(&f), 3);
    f.wall_s += 10000 * DAY_S;
    CHECK_INT(use_up(&f), 3);
    pass_s(&f, 60);
    f.wall_s -= 10000 * DAY_S;
    CHECK_INT(use_up(&f), 0);
    pass_s(&f, DAY_S / 2 - 61);
    CHECK_INT(use_up(&f), 0);
    pass_s(&f, 1);
    CHECK_INT(use_up(&f), 3);
    tear_down(&f);
}

/* A clock that is set back and forward over midnight. */
static void days_are_no_shorter_than_an_hour(void)
{
    struct fixture f;
    set_up(&f, 3, 0);
    f.wall_s = 18000 * DAY_S - 1;
    CHECK_INT(use_up(&f), 3);
    int used = 0;
    for (int i = 0; i < 3600; i++) {
        f.mono_s++;
        f.wall_s = 18000 * DAY_S + (i % 2 == 0 ? 0 : -1);
        used += use_up(&f);
    }
    CHECK_INT(used, 3);
    f.mono_s++;
    f.wall_s = 18000 * DAY_S;
    CHECK_INT(use_up(&f), 3);
    tear_down(&f);
}

/* ---- the minute ---- */

static int ask(struct fixture *f, uint64_t who)
{
    int count = 0;
    for (; count < 100 && herd_budget_minute_left(&f->budget, who, mono(f)); count++)
        herd_budget_minute_take(&f->budget, who, mono(f));
    return count;
}

static uint64_t who(struct fixture *f, const char *address)
{
    return herd_budget_address_key(&f->budget, herd_slice_str(address));
}

static void a_minute_has_a_budget(void)
{
    struct fixture f;
    set_up(&f, 0, 5);
    f.mono_s = 600;
    uint64_t a = who(&f, "192.0.2.1"), b = who(&f, "192.0.2.2");
    CHECK_INT(ask(&f, a), 5);
    CHECK_INT(ask(&f, b), 5);
    f.mono_s = 659;
    CHECK_INT(ask(&f, a), 0);
    f.mono_s = 660;
    CHECK_INT(ask(&f, a), 5);
    CHECK_INT(ask(&f, b), 5);
    tear_down(&f);
    set_up(&f, 0, 0);
    CHECK_INT(ask(&f, a), 100);
    CHECK_INT((int64_t)f.mem.calls, 0);
    tear_down(&f);
}

/* However many strangers ask however often: the table does not grow, and who has not
 * asked has all of its budget. */
static void strangers_lock_nobody_out(void)
{
    struct fixture f;
    char address[32];
    set_up(&f, 0, 5);
    size_t calls = f.mem.calls;
    for (int i = 0; i < 40000; i++) {
        snprintf(address, sizeof address, "10.%d.%d.%d", i >> 16, i >> 8 & 255, i & 255);
        CHECK_INT(ask(&f, who(&f, address)), 5);
    }
    CHECK_INT((int64_t)f.mem.calls, (int64_t)calls);
    for (int i = 0; i < 1000; i++) {
        snprintf(address, sizeof address, "192.0.%d.%d", i >> 8, i & 255);
        CHECK_INT(ask(&f, who(&f, address)), 5);
        CHECK_INT(ask(&f, who(&f, address)), 0);
    }
    tear_down(&f);
}

/* In a full set, who asks often stays, and who has asked once makes room. */
static void who_asks_most_is_remembered(void)
{
    struct fixture f;
    set_up(&f, 0, 5);
    for (uint64_t i = 0; i < HERD_BUDGET_WAYS; i++) {
        herd_budget_minute_take(&f.budget, i * HERD_BUDGET_SETS, mono(&f));
        if (i != 2)
            CHECK_INT(ask(&f, i * HERD_BUDGET_SETS), 4);
    }
    CHECK_INT(ask(&f, 7 * HERD_BUDGET_SETS), 5);
    CHECK_INT(ask(&f, 0), 0);
    CHECK_INT(ask(&f, HERD_BUDGET_SETS), 0);
    CHECK_INT(ask(&f, 3 * HERD_BUDGET_SETS), 0);
    CHECK_INT(ask(&f, 7 * HERD_BUDGET_SETS), 0);
    /* A minute later all rows are free. */
    pass_s(&f, 60);
    for (uint64_t i = 10; i < 10 + HERD_BUDGET_WAYS; i++)
        CHECK_INT(ask(&f, i * HERD_BUDGET_SETS), 5);
    for (uint64_t i = 10; i < 10 + HERD_BUDGET_WAYS; i++)
        CHECK_INT(ask(&f, i * HERD_BUDGET_SETS), 0);
    tear_down(&f);
}

static void networks_are_one(void)
{
    static const struct {
        const char *a, *b;
        bool same;
    } cases[] = {
        {"192.0.2.1", "192.0.2.1", true},
        {"192.0.2.1", "192.0.2.10", false},
        {"::ffff:192.0.2.1", "192.0.2.1", true},
        {"::ffff:192.0.2.1", "::ffff:192.0.2.2", false},
        {"2001:db8::1", "2001:db8::2", true},
        {"2001:db8::1", "2001:db8::", true},
        {"2001:db8::1", "2001:db8:0:0:1:2:3:4", true},
        {"2001:db8:0:1::1", "2001:db8::1", false},
        {"2001:db8:1:2:3:4:5:6", "2001:db8:1:2:ffff::", true},
        {"2001:db8:1:2:3:4:5:6", "2001:db8:1:3:3:4:5:6", false},
        {"::1", "::", true},
        {"::1", "1::", false},
        {"1::", "1:0:0:0:5:6:7:8", true},
        {"::4:5:6:7:8", "0:0:0:4::", true},
        {"::3:4:5:6:7:8", "0:0:3:4::", true},
        {"1::3:4:5:6:7:8", "1:0:3:4::", true},
        {"1::3:4:5:6:7:8", "1:3:0:4::", false},
        {"fe80::1", "fe80::2", true},
        {"local", "local", true},
        {"", "", true},
        {"", "local", false},
        {":", "::", true},
        {"1:2", "1:2:0", true},
        {"1:2:3:4:5:6:7:8:9:10", "1:2:3:4::", true},
        {"toolong:toolonger::", "tool:tool::", true},
    };
    struct fixture f;
    set_up(&f, 0, 5);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        CHECK_LABEL("%s and %s", cases[i].a, cases[i].b);
        CHECK_INT(who(&f, cases[i].a) == who(&f, cases[i].b), cases[i].same);
    }
    tear_down(&f);
}

static void memory_may_run_out(void)
{
    struct fixture f;
    fail_mem_init(&f.mem);
    struct herd_budget_setup setup = {&f.mem.mem, {9}, 1, 1};
    fail_mem_arm(&f.mem, 1, false);
    CHECK_INT(herd_budget_init(&f.budget, &setup), HERD_ENOMEM);
    tear_down(&f);
}

const struct check_test test_budget[] = {
    {"a day has a budget", a_day_has_a_budget},
    {"the first day may be short", the_first_day_may_be_short},
    {"days before 1970 are days", days_before_1970_are_days},
    {"a clock set back brings nothing", a_clock_set_back_brings_nothing},
    {"a clock may jump", a_clock_may_jump},
    {"days are no shorter than an hour", days_are_no_shorter_than_an_hour},
    {"a minute has a budget", a_minute_has_a_budget},
    {"strangers block no link", strangers_lock_nobody_out},
    {"the highest count is kept", who_asks_most_is_remembered},
    {"networks are one", networks_are_one},
    {"memory may run out", memory_may_run_out},
    {NULL, NULL},
};
