#include "check.h"

#include "ratelimit.h"

/* -1: left out; else how many were left out before. */
static int64_t pass(struct herd_ratelimit *throttle, int64_t now_ms)
{
    uint64_t left_out = 99;
    struct herd_mono now = {now_ms * HERD_NS_PER_MS};
    if (herd_ratelimit_pass(throttle, now, &left_out))
        return (int64_t)left_out;
    CHECK_INT((int64_t)left_out, 99);
    return -1;
}

static void one_in_a_while_passes(void)
{
    struct herd_ratelimit throttle;
    herd_ratelimit_init(&throttle, 1000, 1);
    CHECK_INT(pass(&throttle, 0), 0);
    CHECK_INT(pass(&throttle, 0), -1);
    CHECK_INT(pass(&throttle, 999), -1);
    CHECK_INT(pass(&throttle, 1000), 2);
    CHECK_INT(pass(&throttle, 1001), -1);
    CHECK_INT(pass(&throttle, 5000), 1);
    CHECK_INT(pass(&throttle, 6000), 0);
    CHECK_INT(pass(&throttle, 6999), -1);
    CHECK_INT(pass(&throttle, 7000), 1);
}

static void some_pass_at_once(void)
{
    struct herd_ratelimit throttle;
    herd_ratelimit_init(&throttle, 1000, 3);
    for (int i = 0; i < 3; i++)
        CHECK_INT(pass(&throttle, 500), 0);
    CHECK_INT(pass(&throttle, 500), -1);
    CHECK_INT(pass(&throttle, 1499), -1);
    CHECK_INT(pass(&throttle, 1500), 2);
    CHECK_INT(pass(&throttle, 1500), -1);
    /* A silence of two pauses earns two, one of a day three. */
    CHECK_INT(pass(&throttle, 3500), 1);
    CHECK_INT(pass(&throttle, 3500), 0);
    CHECK_INT(pass(&throttle, 3500), -1);
    CHECK_INT(pass(&throttle, 86400000), 1);
    CHECK_INT(pass(&throttle, 86400000), 0);
    CHECK_INT(pass(&throttle, 86400000), 0);
    CHECK_INT(pass(&throttle, 86400000), -1);
}

/* Each is counted once, whatever comes when. */
static void none_is_forgotten(void)
{
    struct herd_ratelimit throttle;
    int64_t asked = 0, passed = 0, told = 0;
    herd_ratelimit_init(&throttle, 1000, 8);
    for (int64_t ms = 0; ms < 100000; ms += 1 + ms * 7919 % 700) {
        int64_t told_now = pass(&throttle, ms);
        asked++;
        passed += told_now >= 0;
        told += told_now >= 0 ? told_now : 0;
    }
    CHECK(passed > 90 && passed <= 100 + 8);
    CHECK(asked > passed);
    CHECK_INT(passed + told + (int64_t)throttle.left_out, asked);
}

const struct check_test test_throttle[] = {
    {"one_in_a_while_passes", one_in_a_while_passes},
    {"some_pass_at_once", some_pass_at_once},
    {"none_is_forgotten", none_is_forgotten},
    {NULL, NULL},
};
