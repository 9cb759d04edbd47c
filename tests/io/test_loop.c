/* SPDX-License-Identifier: ISC */
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

static void test_clocks(void)
{
    struct herd_mono before = io_clock_mono();
    CHECK(io_clock_mono().ns >= before.ns);
    /* 2020-01-01 and 2200-01-01. */
    CHECK(io_clock_wall().ns > INT64_C(1577836800) * HERD_NS_PER_S);
    CHECK(io_clock_wall().ns < INT64_C(7258118400) * HERD_NS_PER_S);
}

static void test_wants(void)
{
    if (!loop_rig_up(1, IO_READ))
        return;
    CHECK_INT(loop_rig_turn(NO_TIME), 0);
    loop_rig_poke(&loop_rig.ends[0]);
    CHECK_INT(loop_rig_turn(LONG_MS), 1);
    CHECK_INT(loop_rig.ends[0].ready, IO_READ);
    io_loop_want(loop_rig.loop, &loop_rig.ends[0].watch, IO_READ | IO_WRITE);
    CHECK_INT(loop_rig_turn(LONG_MS), 1);
    CHECK_INT(loop_rig.ends[0].ready, IO_READ | IO_WRITE);
    io_loop_want(loop_rig.loop, &loop_rig.ends[0].watch, IO_WRITE);
    CHECK_INT(io_loop_turn(loop_rig.loop, HERD_NEVER), 1);
    CHECK_INT(loop_rig.ends[0].ready, IO_WRITE);
    io_loop_want(loop_rig.loop, &loop_rig.ends[0].watch, IO_NONE);
    CHECK_INT(loop_rig_turn(NO_TIME), 0);
    loop_rig_down(1);
}

static void test_hang_up_is_what_is_wanted(void)
{
    static const struct {
        unsigned want;
        unsigned told;
    } cases[] = {{IO_READ, IO_READ},
                 {IO_WRITE, IO_WRITE},
                 {IO_READ | IO_WRITE, IO_READ | IO_WRITE},
                 {IO_NONE, IO_READ}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        CHECK_LABEL("want %u", cases[i].want);
        if (!loop_rig_up(1, IO_READ))
            return;
        io_loop_want(loop_rig.loop, &loop_rig.ends[0].watch, cases[i].want);
        (void)close(loop_rig.ends[0].other);
        loop_rig.ends[0].other = -1;
        CHECK_INT(loop_rig_turn(LONG_MS), 1);
        CHECK_INT(loop_rig.ends[0].ready, cases[i].told);
        loop_rig_down(1);
    }
}

static void test_deadline_is_reached_not_nearly(void)
{
    if (!loop_rig_up(1, IO_READ))
        return;
    for (int i = 0; i < 5; i++) {
        struct herd_mono deadline = {io_clock_mono().ns + HERD_NS_PER_MS + 1};
        CHECK_INT(io_loop_turn(loop_rig.loop, deadline), 0);
        CHECK(herd_mono_reached(io_clock_mono(), deadline));
    }
    struct herd_mono before = io_clock_mono();
    CHECK_INT(io_loop_turn(loop_rig.loop, (struct herd_mono){0}), 0);
    CHECK_INT(io_loop_turn(loop_rig.loop, before), 0);
    CHECK(io_clock_mono().ns - before.ns < LONG_MS * HERD_NS_PER_MS);
    /* Further away than an int of milliseconds: a ready descriptor still ends the sleep. */
    loop_rig_poke(&loop_rig.ends[0]);
    CHECK_INT(io_loop_turn(loop_rig.loop, (struct herd_mono){INT64_MAX - 1}), 1);
    loop_rig_down(1);
}

/* ---- idle -------------------------------------------------------------------------- */

static int idle_work;
static int idle_calls;

static int idle_pending(void *arg)
{
    CHECK(arg == &idle_work);
    return idle_work;
}

static void idle_run(void *arg)
{
    CHECK(arg == &idle_work);
    idle_calls++;
    idle_work = 0;
}

static void test_idle(void)
{
    if (!loop_rig_up(1, IO_READ))
        return;
    idle_calls = 0;
    io_loop_on_idle(loop_rig.loop, (struct io_idle){idle_pending, idle_run, &idle_work});
    CHECK_LABEL("no work");
    idle_work = 0;
    CHECK_INT(loop_rig_turn(1), 0);
    CHECK_INT(idle_calls, 0);
    CHECK_LABEL("not about to sleep");
    idle_work = 1;
    CHECK_INT(io_loop_turn(loop_rig.loop, (struct herd_mono){0}), 0);
    CHECK_INT(idle_calls, 0);
    CHECK_LABEL("busy");
    loop_rig_poke(&loop_rig.ends[0]);
    CHECK_INT(loop_rig_turn(LONG_MS), 1);
    CHECK_INT(idle_calls, 0);
    CHECK_LABEL("quiet");
    io_loop_want(loop_rig.loop, &loop_rig.ends[0].watch, IO_NONE);
    struct herd_mono deadline = loop_rig_in_ms(2);
    CHECK_INT(io_loop_turn(loop_rig.loop, deadline), 0);
    CHECK_INT(idle_calls, 1);
    CHECK(herd_mono_reached(io_clock_mono(), deadline));
    loop_rig_down(1);
}

/* ---- failures ---------------------------------------------------------------------- */

static void nothing(int number)
{
    (void)number;
}

/* A child sends signals until it is told to end, so that one arrives during the sleep. */
static void test_signal_ends_the_sleep(void)
{
    if (!loop_rig_up(1, IO_READ))
        return;
    struct sigaction act = {.sa_handler = nothing};
    struct sigaction before;
    (void)sigemptyset(&act.sa_mask);
    CHECK_INT(sigaction(SIGUSR2, &act, &before), 0);
    pid_t parent = getpid();
    pid_t child = fork();
    if (child == 0) {
        struct timespec pause = {.tv_sec = 0, .tv_nsec = 5 * HERD_NS_PER_MS};
        while (getppid() == parent && kill(parent, SIGUSR2) == 0)
            (void)nanosleep(&pause, NULL);
        _exit(0);
    }
    struct herd_mono start = io_clock_mono();
    CHECK_INT(loop_rig_turn(LONG_MS), 0);
    CHECK(io_clock_mono().ns - start.ns < LONG_MS * HERD_NS_PER_MS);
    (void)kill(child, SIGKILL);
    (void)waitpid(child, NULL, 0);
    (void)sigaction(SIGUSR2, &before, NULL);
    loop_rig_down(1);
}

/* poll() refuses more entries than the process may have descriptors. Not everywhere: a
 * system that does not refuse has nothing to test here. */
static void test_refused_poll(void)
{
    if (!loop_rig_up(LOOP_RIG_MANY, IO_READ))
        return;
    struct rlimit before;
    CHECK_INT(getrlimit(RLIMIT_NOFILE, &before), 0);
    struct rlimit few = {.rlim_cur = LOOP_RIG_MANY / 2, .rlim_max = before.rlim_max};
    CHECK_INT(setrlimit(RLIMIT_NOFILE, &few), 0);
    errno = 0;
    int rc = loop_rig_turn(NO_TIME);
    CHECK(rc == 0 || (rc == HERD_ESYS && errno == EINVAL));
    CHECK_INT(setrlimit(RLIMIT_NOFILE, &before), 0);
    CHECK_INT(loop_rig_turn(NO_TIME), 0);
    loop_rig_down(LOOP_RIG_MANY);
}

static void never_ready(struct io_watch *watch, unsigned bits)
{
    CHECK(watch == NULL && bits == 0);
}

static void test_out_of_memory(void)
{
    for (size_t n = 1; n <= 6; n++) {
        CHECK_LABEL("allocation %zu fails", n);
        struct fail_mem fail;
        fail_mem_init(&fail);
        fail_mem_arm(&fail, n, false);
        int fds[2];
        REQUIRE(pair_local(fds));
        struct io_watch watches[200];
        int failures = 0;
        struct io_loop *loop = io_loop_new(&fail.mem);
        CHECK_INT(loop == NULL, n == 1);
        for (int i = 0; loop != NULL && i < 200; i++) {
            watches[i] = (struct io_watch){.fd = fds[0], .ready = never_ready};
            int rc = io_loop_add(loop, &watches[i], IO_READ);
            if (rc != HERD_OK) {
                CHECK_INT(rc, HERD_ENOMEM);
                failures++;
                i--;
            }
        }
        CHECK_INT(failures, n > 1);
        CHECK_INT((int64_t)fail.failed, 1);
        for (int i = 0; loop != NULL && i < 200; i++)
            io_loop_remove(loop, &watches[i]);
        io_loop_free(loop);
        CHECK_INT((int64_t)fail.live, 0);
        (void)close(fds[0]);
        (void)close(fds[1]);
    }
    io_loop_free(NULL);
}

/* A library may close a descriptor before it says so: reported like an error, every turn.
 */
static void test_closed_descriptor_is_told(void)
{
    if (!loop_rig_up(1, IO_READ))
        return;
    CHECK_INT(close(loop_rig.ends[0].watch.fd), 0);
    CHECK_INT(loop_rig_turn(NO_TIME), 1);
    CHECK_INT(loop_rig.ends[0].calls, 1);
    CHECK_INT(loop_rig.ends[0].ready, IO_READ);
    loop_rig.ends[0].watch.fd = open("/dev/null", O_RDONLY);
    loop_rig_down(1);
}

const struct check_test test_loop[] = {
    {"clocks", test_clocks},
    {"wants", test_wants},
    {"hang-up is reported as the wanted events", test_hang_up_is_what_is_wanted},
    {"deadline is reached", test_deadline_is_reached_not_nearly},
    {"idle", test_idle},
    {"signal ends the sleep", test_signal_ends_the_sleep},
    {"refused poll", test_refused_poll},
    {"out of memory", test_out_of_memory},
    {"closed descriptor is reported", test_closed_descriptor_is_told},
    {NULL, NULL},
};
