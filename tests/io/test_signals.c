/* SPDX-License-Identifier: ISC */
#include "check.h"
#include "fail_mem.h"
#include "herd/err.h"
#include "io/clock.h"
#include "io/mem.h"
#include "io/signals.h"
#include "pair.h"

#include <errno.h>
#include <signal.h>
#include <unistd.h>

static struct io_loop *loop;
static int caught_count;
static int caught_last;
static bool stop_when_caught;

static void caught(void *arg, int number)
{
    CHECK(arg == &caught_count);
    caught_count++;
    caught_last = number;
    if (stop_when_caught)
        io_signals_stop(loop);
}

static bool start(void)
{
    caught_count = 0;
    stop_when_caught = false;
    loop = io_loop_new(&io_mem);
    return CHECK(loop != NULL) &&
           CHECK_INT(io_signals_start(loop, caught, &caught_count), HERD_OK);
}

static int turn(void)
{
    return io_loop_turn(loop, herd_mono_add_ms(io_clock_mono(), 0));
}

static void test_each(void)
{
    static const int numbers[] = {SIGTERM, SIGINT, SIGHUP, SIGUSR1};
    if (!start())
        return;
    CHECK_INT(turn(), 0);
    for (int i = 0; i < 4; i++) {
        CHECK_LABEL("signal %d", numbers[i]);
        errno = ENOENT;
        CHECK_INT(raise(numbers[i]), 0);
        CHECK_INT(errno, ENOENT);
        CHECK_INT(turn(), 1);
        CHECK_INT(caught_last, numbers[i]);
        CHECK_INT(caught_count, i + 1);
    }
    CHECK_LABEL("ignored");
    CHECK_INT(raise(SIGPIPE), 0);
    CHECK_INT(turn(), 0);
    io_signals_stop(loop);
    io_loop_free(loop);
}

/* More signals than the pipe holds: the rest is dropped and no write blocks. */
static void test_many(void)
{
    if (!start())
        return;
    errno = ENOENT;
    for (int i = 0; i < 100000; i++)
        (void)raise(SIGUSR1);
    CHECK_INT(errno, ENOENT);
    while (turn() == 1)
        CHECK_INT(caught_last, SIGUSR1);
    CHECK(caught_count > 64 && caught_count <= 100000);
    io_signals_stop(loop);
    io_loop_free(loop);
}

static int old_calls;

static void old_handler(int number)
{
    (void)number;
    old_calls++;
}

static void test_restores(void)
{
    int open_before = pair_open_count();
    struct sigaction old = {.sa_handler = old_handler};
    struct sigaction first;
    struct sigaction pipe_now;
    (void)sigemptyset(&old.sa_mask);
    CHECK_INT(sigaction(SIGUSR1, &old, &first), 0);
    if (!start())
        return;
    io_signals_stop(loop);
    io_loop_free(loop);
    old_calls = 0;
    CHECK_INT(raise(SIGUSR1), 0);
    CHECK_INT(old_calls, 1);
    CHECK_INT(sigaction(SIGPIPE, NULL, &pipe_now), 0);
    CHECK(pipe_now.sa_handler == SIG_DFL);
    (void)sigaction(SIGUSR1, &first, NULL);
    CHECK_INT(pair_open_count(), open_before);
}

static void test_stop_when_caught(void)
{
    if (!start())
        return;
    stop_when_caught = true;
    CHECK_INT(raise(SIGHUP), 0);
    CHECK_INT(raise(SIGUSR1), 0);
    CHECK_INT(turn(), 1);
    CHECK_INT(caught_count, 1);
    io_loop_free(loop);
}

static void test_refused(void)
{
    int open_before = pair_open_count();
    struct fail_mem fail;
    fail_mem_init(&fail);
    loop = io_loop_new(&fail.mem);
    REQUIRE(loop != NULL);
    fail_mem_arm(&fail, 1, true);
    CHECK_INT(io_signals_start(loop, caught, &caught_count), HERD_ENOMEM);
    CHECK_INT(pair_open_count(), open_before);
    pair_spare(1);
    CHECK_INT(io_signals_start(loop, caught, &caught_count), HERD_ESYS);
    CHECK_INT(errno, EMFILE);
    pair_spare(-1);
    fail_mem_arm(&fail, 0, false);
    CHECK_INT(io_signals_start(loop, caught, &caught_count), HERD_OK);
    io_signals_stop(loop);
    io_loop_free(loop);
    CHECK_INT((int64_t)fail.live, 0);
    CHECK_INT(pair_open_count(), open_before);
}

const struct check_test test_signals[] = {
    {"each signal", test_each},
    {"more than the pipe holds", test_many},
    {"restores the old actions", test_restores},
    {"stop when caught", test_stop_when_caught},
    {"refused", test_refused},
    {NULL, NULL},
};
