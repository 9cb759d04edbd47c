/* SPDX-License-Identifier: ISC */
/* A loop that does not poll all of its descriptors still sleeps and wakes as it should. */
#include "check.h"
#include "herd/err.h"
#include "hot_rig.h"
#include "io/clock.h"

#include <errno.h>
#include <sys/resource.h>

enum { LONG_MS = 5000 };

/* The active ones are quiet, one that is not among them is ready: one turn is enough. */
static void test_quiet_ones_do_not_hide_a_cold_one(void)
{
    if (!hot_one_is_busy(MANY))
        return;
    for (int phase = 1; phase <= BOUND + 1; phase++) {
        CHECK_LABEL("phase %d", phase);
        end_poke(&hot.ends[0]);
        for (int i = 0; i < phase; i++)
            (void)hot_turn();
        end_drain(&hot.ends[0]);
        end_poke(&hot.ends[phase]);
        CHECK(!end_is_hot(&hot.ends[phase]));
        CHECK_INT(io_loop_turn(hot.loop, HERD_NEVER), 1);
        CHECK_INT(hot.ends[phase].calls, 1);
        end_drain(&hot.ends[phase]);
    }
    hot_down();
}

static void test_idle_loop_sleeps(void)
{
    if (!hot_one_is_busy(MANY))
        return;
    end_drain(&hot.ends[0]);
    hot.loop->clock = io_clock_mono;
    hot.loop->all_at = io_clock_mono();
    for (int i = 0; i < 3; i++) {
        CHECK_LABEL("turn %d", i);
        uint64_t before = hot.loop->polls_of_all + hot.loop->polls_of_hot;
        struct herd_mono deadline = herd_mono_add_ms(io_clock_mono(), 20);
        CHECK_INT(io_loop_turn(hot.loop, deadline), 0);
        CHECK(herd_mono_reached(io_clock_mono(), deadline));
        CHECK(hot.loop->polls_of_all + hot.loop->polls_of_hot - before <= 4);
    }
    end_poke(&hot.ends[9]);
    CHECK_INT(io_loop_turn(hot.loop, HERD_NEVER), 1);
    hot_down();
}

static int idle_calls;

static int idle_pending(void *arg)
{
    (void)arg;
    return 1;
}

static void idle_run(void *arg)
{
    (void)arg;
    idle_calls++;
}

static void test_idle_work(void)
{
    if (!hot_one_is_busy(MANY))
        return;
    idle_calls = 0;
    io_loop_on_idle(hot.loop, (struct io_idle){idle_pending, idle_run, NULL});
    for (int i = 0; i < 2 * BOUND; i++)
        CHECK_INT(io_loop_turn(hot.loop, HERD_NEVER), 1);
    CHECK_INT(idle_calls, 0);
    end_drain(&hot.ends[0]);
    hot.loop->clock = io_clock_mono;
    struct herd_mono deadline = herd_mono_add_ms(io_clock_mono(), 2);
    CHECK_INT(io_loop_turn(hot.loop, deadline), 0);
    CHECK(idle_calls >= 1 && idle_calls <= 2);
    CHECK(herd_mono_reached(io_clock_mono(), deadline));
    CHECK_LABEL("before a sleep on the active ones");
    idle_calls = 0;
    deadline = herd_mono_add_ms(io_clock_mono(), 2);
    hot.loop->all_at = herd_mono_add_ms(deadline, LONG_MS);
    CHECK_INT(io_loop_turn(hot.loop, deadline), 0);
    CHECK_INT(idle_calls, 1);
    CHECK(herd_mono_reached(io_clock_mono(), deadline));
    hot_down();
}

static void test_refused_poll(void)
{
    if (!hot_up(MANY))
        return;
    struct rlimit now;
    CHECK_INT(getrlimit(RLIMIT_NOFILE, &now), 0);
    struct rlimit few = {.rlim_cur = MANY / 2, .rlim_max = now.rlim_max};
    CHECK_INT(setrlimit(RLIMIT_NOFILE, &few), 0);
    errno = 0;
    int rc = io_loop_turn(hot.loop, AT_ONCE);
    CHECK(rc == 0 || (rc == HERD_ESYS && errno == EINVAL));
    CHECK_INT(setrlimit(RLIMIT_NOFILE, &now), 0);
    end_poke(&hot.ends[3]);
    CHECK_INT(io_loop_turn(hot.loop, HERD_NEVER), 1);
    hot_down();
}

const struct check_test test_loop_sleep[] = {
    {"quiet ones do not hide a cold one", test_quiet_ones_do_not_hide_a_cold_one},
    {"idle loop sleeps", test_idle_loop_sleeps},
    {"idle work", test_idle_work},
    {"refused poll", test_refused_poll},
    {NULL, NULL},
};
