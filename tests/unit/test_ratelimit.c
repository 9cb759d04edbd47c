/* SPDX-License-Identifier: ISC */
#include "check.h"

#include "ratelimit.h"

/* -1: suppressed; else the number that were suppressed before. */
static int64_t pass(struct herd_ratelimit *limit, int64_t now_ms)
{
    uint64_t suppressed = 99;
    struct herd_mono now = {now_ms * HERD_NS_PER_MS};
    if (herd_ratelimit_pass(limit, now, &suppressed))
        return (int64_t)suppressed;
    CHECK_INT((int64_t)suppressed, 99);
    return -1;
}

static void one_event_passes_in_each_interval(void)
{
    struct herd_ratelimit limit;
    herd_ratelimit_init(&limit, 1000, 1);
    CHECK_INT(pass(&limit, 0), 0);
    CHECK_INT(pass(&limit, 0), -1);
    CHECK_INT(pass(&limit, 999), -1);
    CHECK_INT(pass(&limit, 1000), 2);
    CHECK_INT(pass(&limit, 1001), -1);
    CHECK_INT(pass(&limit, 5000), 1);
    CHECK_INT(pass(&limit, 6000), 0);
    CHECK_INT(pass(&limit, 6999), -1);
    CHECK_INT(pass(&limit, 7000), 1);
}

static void a_burst_passes_at_once(void)
{
    struct herd_ratelimit limit;
    herd_ratelimit_init(&limit, 1000, 3);
    for (int i = 0; i < 3; i++)
        CHECK_INT(pass(&limit, 500), 0);
    CHECK_INT(pass(&limit, 500), -1);
    CHECK_INT(pass(&limit, 1499), -1);
    CHECK_INT(pass(&limit, 1500), 2);
    CHECK_INT(pass(&limit, 1500), -1);
    /* A silence of two pauses earns two, one of a day three. */
    CHECK_INT(pass(&limit, 3500), 1);
    CHECK_INT(pass(&limit, 3500), 0);
    CHECK_INT(pass(&limit, 3500), -1);
    CHECK_INT(pass(&limit, 86400000), 1);
    CHECK_INT(pass(&limit, 86400000), 0);
    CHECK_INT(pass(&limit, 86400000), 0);
    CHECK_INT(pass(&limit, 86400000), -1);
}

/* Each is counted once, whatever comes when. */
static void every_event_is_counted_once(void)
{
    struct herd_ratelimit limit;
    int64_t asked = 0, passed = 0, told = 0;
    herd_ratelimit_init(&limit, 1000, 8);
    for (int64_t ms = 0; ms < 100000; ms += 1 + ms * 7919 % 700) {
        int64_t told_now = pass(&limit, ms);
        asked++;
        passed += told_now >= 0;
        told += told_now >= 0 ? told_now : 0;
    }
    CHECK(passed > 90 && passed <= 100 + 8);
    CHECK(asked > passed);
    CHECK_INT(passed + told + (int64_t)limit.suppressed, asked);
}

const struct check_test test_ratelimit[] = {
    {"one_event_passes_in_each_interval", one_event_passes_in_each_interval},
    {"a_burst_passes_at_once", a_burst_passes_at_once},
    {"every_event_is_counted_once", every_event_is_counted_once},
    {NULL, NULL},
};
