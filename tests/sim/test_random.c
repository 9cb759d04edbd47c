/* SPDX-License-Identifier: ISC */
/* Herds drawn from seeds, with faults drawn from seeds: see plan.h and run.h.
 *
 *   HERD_SIM_SEEDS=n   the number of seeds; HERD_SIM_FIRST=n is the first of them
 *   HERD_SIM_HOURS=h   new seeds, for this many real hours
 *   HERD_SIM_SEED=n    one seed alone; with HERD_SIM_TRACE=1 all that happens is printed,
 *                      with HERD_SIM_SHRINK=1 the smallest plan that still fails */
#include "check.h"
#include "shrink.h"
#include "tally.h"

#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum {
    SEEDS = 2000,
    LAST_LINES = 60, /* of what happened before a failure */
    LINE = 400,
    FAILURES = 5,    /* are enough */
    TWICE = 50,      /* one seed in this many is run twice */
    ALL_MARKS = 2000 /* this many seeds must show all marks */
};

/* ---- crashes ---- */

static char current[128];

/* The sanitizers call this by its name. */
void __asan_on_error(void);

void __asan_on_error(void)
{
    ssize_t ignored = write(STDERR_FILENO, current, strlen(current));
    (void)ignored;
}

static void on_crash(int number)
{
    __asan_on_error();
    signal(number, SIG_DFL);
    raise(number);
}

static void remember(uint64_t seed)
{
    snprintf(current, sizeof current, "\n  HERD_SIM_SEED=%" PRIu64 " was running\n", seed);
}

/* ---- failures ---- */

struct last_lines {
    char line[LAST_LINES][LINE];
    size_t count;
};

static void keep_line(void *ctx, const char *line)
{
    struct last_lines *last = ctx;
    snprintf(last->line[last->count++ % LAST_LINES], LINE, "%s", line);
}

static void print_line(void *ctx, const char *line)
{
    fprintf(ctx, "%s\n", line);
}

static void explain(const struct plan *plan, const struct run_result *result)
{
    static struct last_lines last;
    struct run_hooks hooks = {.note = keep_line, .frames = true, .ctx = &last};
    struct run_result again;
    last.count = 0;
    run_plan(plan, &hooks, &again);
    fprintf(stderr, "\n  seed %" PRIu64 ": %s, after %" PRId64 " ms\n", plan->seed,
            result->why, result->total_ms);
    fprintf(stderr, "  again:   HERD_SIM_SEED=%" PRIu64 " build/check/test-sim random\n",
            plan->seed);
    fprintf(stderr, "  or:      make sim SEED=%" PRIu64 "\n", plan->seed);
    fprintf(stderr, "  further: HERD_SIM_TRACE=1, HERD_SIM_SHRINK=1; the last lines:\n");
    size_t first = last.count > LAST_LINES ? last.count - LAST_LINES : 0;
    for (size_t i = first; i < last.count; i++)
        fprintf(stderr, "    %s\n", last.line[i % LAST_LINES]);
}

static void shrink(struct plan *plan)
{
    if (!shrink_plan(plan)) {
        fprintf(stderr, "\n  this seed does not fail\n");
        return;
    }
    fprintf(stderr, "\n  the smallest plan that fails:\n\n");
    plan_print(plan, stderr);
}

/* ---- runs ---- */

static bool run_seed(struct tally *tally, uint64_t seed)
{
    static struct plan plan;
    static struct run_result result, again;
    remember(seed);
    plan_draw(&plan, seed);
    run_plan(&plan, NULL, &result);
    tally_add(tally, &plan, &result);
    if (!result.ok)
        explain(&plan, &result);
    CHECK_LABEL("HERD_SIM_SEED=%" PRIu64, seed);
    if (seed % TWICE == 0) {
        run_plan(&plan, NULL, &again);
        CHECK(again.print == result.print);
    }
    return CHECK_STR(result.why, "");
}

static void one_seed(struct tally *tally, uint64_t seed)
{
    static struct plan plan;
    struct run_hooks hooks = {.note = print_line, .frames = true, .ctx = stderr};
    struct run_result result;
    plan_draw(&plan, seed);
    fprintf(stderr, "\n");
    plan_print(&plan, stderr);
    remember(seed);
    if (getenv("HERD_SIM_SHRINK") != NULL)
        shrink(&plan);
    if (getenv("HERD_SIM_TRACE") != NULL)
        run_plan(&plan, &hooks, &result);
    else
        (void)run_seed(tally, seed);
}

static void some_seeds(struct tally *tally, uint64_t first, uint64_t count)
{
    for (uint64_t i = 0; i < count && tally->failed < FAILURES; i++)
        (void)run_seed(tally, first + i);
    CHECK_LABEL("%d seeds", (int)count);
    if (count >= ALL_MARKS && first == 1)
        CHECK_INT(tally_missing(tally, stderr), 0);
}

static void for_hours(struct tally *tally, double hours)
{
    time_t start = time(NULL), told = start;
    uint64_t seed = (uint64_t)start << 32;
    fprintf(stderr, "\n  the first seed is %" PRIu64 "\n", seed);
    while (difftime(time(NULL), start) < hours * 3600 && tally->failed < FAILURES) {
        (void)run_seed(tally, seed++);
        if (difftime(time(NULL), told) >= 60) {
            told = time(NULL);
            tally_print_line(tally, difftime(told, start), stderr);
        }
    }
    (void)tally_missing(tally, stderr);
}

static uint64_t number_of(const char *name, uint64_t otherwise)
{
    const char *text = getenv(name);
    return text != NULL && *text != '\0' ? strtoull(text, NULL, 10) : otherwise;
}

static void random_herds(void)
{
    static struct tally tally;
    const char *hours = getenv("HERD_SIM_HOURS");
    uint64_t one = number_of("HERD_SIM_SEED", 0);
    struct timespec start, end;
    tally = (struct tally){.runs = 0};
    signal(SIGABRT, on_crash);
    signal(SIGSEGV, on_crash);
    clock_gettime(CLOCK_MONOTONIC, &start);
    if (one != 0)
        one_seed(&tally, one);
    else if (hours != NULL && *hours != '\0')
        for_hours(&tally, strtod(hours, NULL));
    else
        some_seeds(&tally, number_of("HERD_SIM_FIRST", 1),
                   number_of("HERD_SIM_SEEDS", SEEDS));
    clock_gettime(CLOCK_MONOTONIC, &end);
    double real_s =
        (double)(end.tv_sec - start.tv_sec) + (double)(end.tv_nsec - start.tv_nsec) / 1e9;
    if (one == 0)
        tally_print(&tally, real_s, stdout);
    signal(SIGABRT, SIG_DFL);
    signal(SIGSEGV, SIG_DFL);
}

const struct check_test test_random[] = {
    {"herds with random faults", random_herds},
    {NULL, NULL},
};
