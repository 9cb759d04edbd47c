/* SPDX-License-Identifier: ISC */
/* The schedule of cold and fresh lines: each connection once, in order of time, all over
 * the measurement, and the same for the same seed. */
#include "check.h"

#include "bench/cold.h"

#include <string.h>

enum { COUNT = 1000, PARTS = 10 };

static const int64_t DURATION_NS = INT64_C(2000000000);

static struct cold_due due[COUNT], other[COUNT];

static void each_connection_sends_once(void)
{
    static bool seen[COUNT];
    cold_plan(due, COUNT, DURATION_NS, 1);
    for (int i = 0; i < COUNT; i++) {
        REQUIRE(due[i].index < COUNT && !seen[due[i].index]);
        seen[due[i].index] = true;
        REQUIRE(due[i].after_ns >= 0 && due[i].after_ns < DURATION_NS);
        REQUIRE(i == 0 || due[i].after_ns >= due[i - 1].after_ns);
    }
}

/* Each tenth of the time has about a tenth of the lines, and the order of connecting is not
 * that of sending. */
static void times_are_uniform(void)
{
    int parts[PARTS] = {0}, early = 0;
    cold_plan(due, COUNT, DURATION_NS, 7);
    for (int i = 0; i < COUNT; i++) {
        parts[due[i].after_ns / (DURATION_NS / PARTS)]++;
        early += i < COUNT / 2 && due[i].index < COUNT / 2 ? 1 : 0;
    }
    for (int i = 0; i < PARTS; i++)
        CHECK(parts[i] > COUNT / PARTS / 2 && parts[i] < COUNT / PARTS * 2);
    CHECK(early > COUNT / 5 && early < COUNT * 3 / 10);
}

static void a_seed_repeats_the_schedule(void)
{
    cold_plan(due, COUNT, DURATION_NS, 3);
    cold_plan(other, COUNT, DURATION_NS, 3);
    for (int i = 0; i < COUNT; i++)
        REQUIRE(due[i].after_ns == other[i].after_ns && due[i].index == other[i].index);
    cold_plan(other, COUNT, DURATION_NS, 4);
    CHECK(due[0].after_ns != other[0].after_ns);
    cold_plan(due, 0, DURATION_NS, 3);
    cold_plan(due, COUNT, 1, 3);
    CHECK_INT(due[COUNT - 1].after_ns, 0);
    CHECK_INT(due[COUNT - 1].index, COUNT - 1);
}

const struct check_test test_cold[] = {
    {"each_connection_sends_once", each_connection_sends_once},
    {"times_are_uniform", times_are_uniform},
    {"a_seed_repeats_the_schedule", a_seed_repeats_the_schedule},
    {NULL, NULL},
};
