/* SPDX-License-Identifier: ISC */
#include "check.h"

#include "io/clock.h"

#include <time.h>

/* The nanoseconds end in the year 2262; they do not begin anew. */
static void times_out_of_range_stay_at_its_end(void)
{
    static const struct {
        int64_t s;
        long ns;
        int64_t want;
    } cases[] = {
        {0, 0, 0},
        {1, 5, INT64_C(1000000005)},
        {-1, 999999999, -1},
        {INT64_C(9223372035), 999999999, INT64_C(9223372035999999999)},
        {INT64_C(9223372036), 854775807, INT64_MAX},
        {INT64_C(9223372036), 999999999, INT64_MAX},
        {INT64_C(9223372037), 0, INT64_MAX},
        {INT64_MAX, 999999999, INT64_MAX},
        {INT64_C(-9223372036), 0, INT64_C(-9223372036000000000)},
        {INT64_C(-9223372037), 999999999, INT64_MIN},
        {INT64_MIN, 0, INT64_MIN},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct timespec t = {.tv_sec = (time_t)cases[i].s, .tv_nsec = cases[i].ns};
        CHECK_LABEL("case %zu", i);
        if (t.tv_sec == cases[i].s)
            CHECK_INT(io_clock_ns(&t), cases[i].want);
    }
}

static void clocks_go_forward(void)
{
    struct herd_mono before = io_clock_mono();
    CHECK(io_clock_mono().ns >= before.ns);
    CHECK(io_clock_wall().ns > INT64_C(1600000000) * HERD_NS_PER_S);
}

const struct check_test test_clock[] = {
    {"times out of range stay at its end", times_out_of_range_stay_at_its_end},
    {"clocks go forward", clocks_go_forward},
    {NULL, NULL},
};
