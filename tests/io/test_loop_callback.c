/* SPDX-License-Identifier: ISC */
/* Changes of watches from inside callbacks. */
#include "check.h"
#include "dice.h"
#include "fail_mem.h"
#include "herd/err.h"
#include "io/clock.h"
#include "io/loop.h"
#include "io/mem.h"
#include "loop_rig.h"
#include "pair.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { NO_TIME = 0, LONG_MS = 5000 };

static void remove_all(struct loop_end *end)
{
    (void)end;
    for (int i = 0; i < LOOP_RIG_MANY; i++)
        loop_rig_remove(&loop_rig.ends[i]);
}

static void remove_others(struct loop_end *end)
{
    for (int i = 0; i < LOOP_RIG_MANY; i++)
        if (&loop_rig.ends[i] != end)
            loop_rig_remove(&loop_rig.ends[i]);
}

static void remove_self(struct loop_end *end)
{
    loop_rig_remove(end);
}

static void silence_others(struct loop_end *end)
{
    for (int i = 0; i < LOOP_RIG_MANY; i++)
        if (&loop_rig.ends[i] != end)
            io_loop_want(loop_rig.loop, &loop_rig.ends[i].watch, IO_NONE);
}

static void test_changes_inside_callbacks(void)
{
    static const struct {
        const char *name;
        void (*then)(struct loop_end *end);
        int calls;
        int later; /* in the next turn */
    } cases[] = {{"nothing", NULL, LOOP_RIG_MANY, LOOP_RIG_MANY},
                 {"remove all", remove_all, 1, 0},
                 {"remove others", remove_others, 1, 1},
                 {"remove self", remove_self, LOOP_RIG_MANY, 0},
                 {"silence others", silence_others, 1, 1}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        CHECK_LABEL("%s", cases[i].name);
        if (!loop_rig_up(LOOP_RIG_MANY, IO_READ))
            return;
        for (int k = 0; k < LOOP_RIG_MANY; k++) {
            loop_rig.ends[k].then = cases[i].then;
            loop_rig_poke(&loop_rig.ends[k]);
        }
        CHECK_INT(loop_rig_turn(LONG_MS), cases[i].calls);
        CHECK_INT(loop_rig_turn(NO_TIME), cases[i].later);
        loop_rig_down(LOOP_RIG_MANY);
    }
}

/* Closes the next end's descriptor and watches a new one that has the same number. */
static void replace_next(struct loop_end *end)
{
    struct loop_end *next =
        end + 1 < loop_rig.ends + LOOP_RIG_MANY ? end + 1 : loop_rig.ends;
    if (!next->added || next->calls > 0)
        return;
    loop_rig_remove(next);
    int number = next->watch.fd;
    int fds[2];
    (void)close(next->watch.fd);
    (void)close(next->other);
    REQUIRE(pair_local(fds));
    if (fds[0] != number && fds[1] != number)
        CHECK_INT(dup2(fds[0], number), number);
    next->watch.fd = fds[1] == number ? fds[1] : fds[0];
    next->other = fds[1] == number ? fds[0] : fds[1];
    loop_rig_add(next, IO_READ);
}

static void test_reused_descriptor_is_quiet(void)
{
    if (!loop_rig_up(LOOP_RIG_MANY, IO_READ))
        return;
    for (int k = 0; k < LOOP_RIG_MANY; k++) {
        loop_rig.ends[k].then = replace_next;
        loop_rig_poke(&loop_rig.ends[k]);
    }
    int calls = loop_rig_turn(LONG_MS);
    int seen = 0;
    for (int k = 0; k < LOOP_RIG_MANY; k++)
        seen += loop_rig.ends[k].calls;
    CHECK_INT(calls, seen);
    CHECK(calls >= 1 && calls < LOOP_RIG_MANY);
    /* Only those that were called still have their unread byte. */
    CHECK_INT(loop_rig_turn(NO_TIME), calls);
    loop_rig_down(LOOP_RIG_MANY);
}

/* Against a model: a ready watch that was there when the turn began and still is gets one
 * callback. */
static struct dice dice;
static bool due[LOOP_RIG_MANY];

static void do_anything(struct loop_end *end)
{
    CHECK(due[end - loop_rig.ends]);
    due[end - loop_rig.ends] = false;
    for (unsigned n = dice_roll(&dice, 4); n > 0; n--) {
        unsigned i = dice_roll(&dice, LOOP_RIG_MANY);
        if (loop_rig.ends[i].added)
            loop_rig_remove(&loop_rig.ends[i]);
        else
            loop_rig_add(&loop_rig.ends[i], IO_READ);
        due[i] = false;
    }
}

static void test_random_changes(void)
{
    for (unsigned seed = 1; seed <= 50; seed++) {
        CHECK_LABEL("seed %u", seed);
        dice.state = seed;
        if (!loop_rig_up(LOOP_RIG_MANY, IO_NONE))
            return;
        for (int k = 0; k < LOOP_RIG_MANY; k++) {
            loop_rig.ends[k].then = do_anything;
            if (dice_roll(&dice, 3) > 0)
                loop_rig_add(&loop_rig.ends[k], IO_READ);
            if (dice_roll(&dice, 2) > 0)
                loop_rig_poke(&loop_rig.ends[k]);
        }
        for (int n = 0; n < 10; n++) {
            for (int k = 0; k < LOOP_RIG_MANY; k++) {
                char byte;
                due[k] = loop_rig.ends[k].added &&
                         recv(loop_rig.ends[k].watch.fd, &byte, 1, MSG_PEEK) == 1;
            }
            CHECK(loop_rig_turn(NO_TIME) >= 0);
            for (int k = 0; k < LOOP_RIG_MANY; k++)
                CHECK(!due[k]);
        }
        loop_rig_down(LOOP_RIG_MANY);
    }
}

const struct check_test test_loop_callback[] = {
    {"changes inside callbacks", test_changes_inside_callbacks},
    {"reused descriptor is quiet", test_reused_descriptor_is_quiet},
    {"random changes", test_random_changes},
    {NULL, NULL},
};
