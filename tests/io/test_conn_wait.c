/* SPDX-License-Identifier: ISC */
/* Lists of waits, against a model that scans all waits each time. */
#include "check.h"
#include "dice.h"
#include "io/conn_wait.h"

#include <stddef.h>

enum { COUNT = 12, STEPS = 400, SEEDS = 40 };

struct model {
    bool waits;
    bool counted;
    int64_t since_ms; /* when counted */
    int order;        /* of beginning */
};

static struct io_wait waits[COUNT];
static struct model models[COUNT];
static struct io_wait_list list;
static int order;
static int64_t now_ms;

static struct herd_mono at(int64_t ms)
{
    return (struct herd_mono){ms * HERD_NS_PER_MS};
}

static void begin(int i)
{
    io_wait_begin(&list, &waits[i]);
    models[i] = (struct model){.waits = true, .order = order++};
}

static void end(int i)
{
    io_wait_end(&waits[i]);
    models[i].waits = false;
}

/* Who began first, or -1. */
static int model_first(void)
{
    int first = -1;
    for (int i = 0; i < COUNT; i++)
        if (models[i].waits && (first == -1 || models[i].order < models[first].order))
            first = i;
    return first;
}

static int over(void)
{
    const struct io_wait *wait = io_wait_over(&list, at(now_ms));
    return wait != NULL ? (int)(wait - waits) : -1;
}

static int model_over(void)
{
    for (int i = 0; i < COUNT; i++) {
        if (models[i].waits && !models[i].counted)
            models[i].since_ms = now_ms;
        models[i].counted = models[i].waits;
    }
    int first = model_first();
    return first >= 0 && models[first].since_ms + list.wait_ms <= now_ms ? first : -1;
}

static void check_deadline(void)
{
    struct herd_mono got = io_wait_deadline(&list, at(now_ms));
    int first = model_first();
    if (first == -1)
        CHECK(herd_mono_is_never(got));
    else
        CHECK_INT(got.ns, at((models[first].counted ? models[first].since_ms : now_ms) +
                             list.wait_ms)
                              .ns);
}

static void reset(int64_t wait_ms)
{
    list = (struct io_wait_list){.wait_ms = wait_ms};
    for (int i = 0; i < COUNT; i++) {
        waits[i] = (struct io_wait){0};
        models[i] = (struct model){0};
    }
    order = 0;
    now_ms = 0;
}

static void test_model(void)
{
    for (unsigned seed = 1; seed <= SEEDS; seed++) {
        struct dice dice = {seed};
        reset(seed % 4 == 0 ? 0 : 20);
        for (int step = 0; step < STEPS; step++) {
            CHECK_LABEL("seed %u, step %d", seed, step);
            int i = (int)dice_roll(&dice, COUNT);
            switch (dice_roll(&dice, 4)) {
            case 0: end(i); break;
            case 1: now_ms += dice_roll(&dice, 8); break;
            case 2: {
                int first = model_over();
                CHECK_INT(over(), first);
                if (first >= 0)
                    end(first);
                break;
            }
            default: begin(i); break;
            }
            check_deadline();
        }
    }
}

/* Beginning in another list leaves the first one. */
static void test_two_lists(void)
{
    reset(10);
    struct io_wait_list other = {.wait_ms = 5};
    begin(0);
    io_wait_begin(&other, &waits[0]);
    CHECK(herd_mono_is_never(io_wait_deadline(&list, at(0))));
    CHECK(io_wait_over(&other, at(0)) == NULL);
    CHECK(io_wait_over(&other, at(4)) == NULL);
    CHECK(io_wait_over(&other, at(5)) == &waits[0]);
    io_wait_end(&waits[0]);
    io_wait_end(&waits[0]);
    CHECK(io_wait_over(&other, at(100)) == NULL);
}

const struct check_test test_conn_wait[] = {
    {"against a model", test_model},
    {"a wait is in one list", test_two_lists},
    {NULL, NULL},
};
