/* When connections that say one line say it: everybody once, in order, all over the time,
 * and the same every time that the seed is the same. */
#include "check.h"

#include "bench/cold.h"

#include <string.h>

enum { COUNT = 1000, PARTS = 10 };

static const int64_t DURATION_NS = INT64_C(2000000000);

static struct cold_due due[COUNT], other[COUNT];

static void everybody_once(void)
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

/* A tenth of the time has a tenth of them, roughly; who is first to connect is not first to
 * speak. */
static void all_over(void)
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

static void seeds(void)
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
    {"everybody once", everybody_once},
    {"all over", all_over},
    {"seeds", seeds},
    {NULL, NULL},
};
