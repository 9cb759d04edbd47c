#include "check.h"
#include "dice.h"
#include "fail_mem.h"
#include "herd/err.h"
#include "io/clock.h"
#include "io/loop.h"
#include "io/mem.h"
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

enum { MANY = 40, NO_TIME = 0, LONG_MS = 5000 };

static struct io_loop *loop;

/* One end watched, the other end at hand to make it ready. */
struct end {
    struct io_watch watch;
    int other;
    bool added;
    int calls;
    unsigned ready;
    void (*then)(struct end *end);
};

static struct end ends[MANY];

static struct herd_mono in_ms(int64_t ms)
{
    return herd_mono_add_ms(io_clock_mono(), ms);
}

static void ready(struct io_watch *watch, unsigned bits)
{
    struct end *end = watch->arg;
    CHECK(end->added);
    end->calls++;
    end->ready = bits;
    if (end->then != NULL)
        end->then(end);
}

static void add(struct end *end, unsigned want)
{
    end->added = io_loop_add(loop, &end->watch, want) == HERD_OK;
    CHECK(end->added);
}

static void take_away(struct end *end)
{
    if (end->added)
        io_loop_remove(loop, &end->watch);
    end->added = false;
}

static bool set_up(int count, unsigned want)
{
    loop = io_loop_new(&io_mem);
    bool ok = loop != NULL;
    for (int i = 0; ok && i < count; i++) {
        int fds[2];
        ok = pair_local(fds);
        ends[i] = (struct end){.watch = {.fd = fds[0], .ready = ready, .arg = &ends[i]},
                               .other = fds[1]};
        if (ok && want != IO_NONE)
            add(&ends[i], want);
    }
    return CHECK(ok);
}

static void tear_down(int count)
{
    for (int i = 0; i < count; i++) {
        take_away(&ends[i]);
        (void)close(ends[i].watch.fd);
        (void)close(ends[i].other);
    }
    io_loop_free(loop);
}

static void poke(const struct end *end)
{
    CHECK_INT(write(end->other, "x", 1), 1);
}

static int turn(int64_t ms)
{
    return io_loop_turn(loop, in_ms(ms));
}

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
    if (!set_up(1, IO_READ))
        return;
    CHECK_INT(turn(NO_TIME), 0);
    poke(&ends[0]);
    CHECK_INT(turn(LONG_MS), 1);
    CHECK_INT(ends[0].ready, IO_READ);
    io_loop_want(loop, &ends[0].watch, IO_READ | IO_WRITE);
    CHECK_INT(turn(LONG_MS), 1);
    CHECK_INT(ends[0].ready, IO_READ | IO_WRITE);
    io_loop_want(loop, &ends[0].watch, IO_WRITE);
    CHECK_INT(io_loop_turn(loop, HERD_NEVER), 1);
    CHECK_INT(ends[0].ready, IO_WRITE);
    io_loop_want(loop, &ends[0].watch, IO_NONE);
    CHECK_INT(turn(NO_TIME), 0);
    tear_down(1);
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
        if (!set_up(1, IO_READ))
            return;
        io_loop_want(loop, &ends[0].watch, cases[i].want);
        (void)close(ends[0].other);
        ends[0].other = -1;
        CHECK_INT(turn(LONG_MS), 1);
        CHECK_INT(ends[0].ready, cases[i].told);
        tear_down(1);
    }
}

static void test_deadline_is_reached_not_nearly(void)
{
    if (!set_up(1, IO_READ))
        return;
    for (int i = 0; i < 5; i++) {
        struct herd_mono deadline = {io_clock_mono().ns + HERD_NS_PER_MS + 1};
        CHECK_INT(io_loop_turn(loop, deadline), 0);
        CHECK(herd_mono_reached(io_clock_mono(), deadline));
    }
    struct herd_mono before = io_clock_mono();
    CHECK_INT(io_loop_turn(loop, (struct herd_mono){0}), 0);
    CHECK_INT(io_loop_turn(loop, before), 0);
    CHECK(io_clock_mono().ns - before.ns < LONG_MS * HERD_NS_PER_MS);
    /* Further away than an int of milliseconds: a ready descriptor still ends the sleep. */
    poke(&ends[0]);
    CHECK_INT(io_loop_turn(loop, (struct herd_mono){INT64_MAX - 1}), 1);
    tear_down(1);
}

/* ---- changes from inside callbacks -------------------------------------------------- */

static void remove_all(struct end *end)
{
    (void)end;
    for (int i = 0; i < MANY; i++)
        take_away(&ends[i]);
}

static void remove_others(struct end *end)
{
    for (int i = 0; i < MANY; i++)
        if (&ends[i] != end)
            take_away(&ends[i]);
}

static void remove_self(struct end *end)
{
    take_away(end);
}

static void silence_others(struct end *end)
{
    for (int i = 0; i < MANY; i++)
        if (&ends[i] != end)
            io_loop_want(loop, &ends[i].watch, IO_NONE);
}

static void test_changes_inside_callbacks(void)
{
    static const struct {
        const char *name;
        void (*then)(struct end *end);
        int calls;
        int later; /* in the next turn */
    } cases[] = {{"nothing", NULL, MANY, MANY},
                 {"remove all", remove_all, 1, 0},
                 {"remove others", remove_others, 1, 1},
                 {"remove self", remove_self, MANY, 0},
                 {"silence others", silence_others, 1, 1}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        CHECK_LABEL("%s", cases[i].name);
        if (!set_up(MANY, IO_READ))
            return;
        for (int k = 0; k < MANY; k++) {
            ends[k].then = cases[i].then;
            poke(&ends[k]);
        }
        CHECK_INT(turn(LONG_MS), cases[i].calls);
        CHECK_INT(turn(NO_TIME), cases[i].later);
        tear_down(MANY);
    }
}

/* Closes the next end's descriptor and watches a new one that has the same number. */
static void replace_next(struct end *end)
{
    struct end *next = end + 1 < ends + MANY ? end + 1 : ends;
    if (!next->added || next->calls > 0)
        return;
    take_away(next);
    int number = next->watch.fd;
    int fds[2];
    (void)close(next->watch.fd);
    (void)close(next->other);
    REQUIRE(pair_local(fds));
    if (fds[0] != number && fds[1] != number)
        CHECK_INT(dup2(fds[0], number), number);
    next->watch.fd = fds[1] == number ? fds[1] : fds[0];
    next->other = fds[1] == number ? fds[0] : fds[1];
    add(next, IO_READ);
}

static void test_reused_descriptor_is_quiet(void)
{
    if (!set_up(MANY, IO_READ))
        return;
    for (int k = 0; k < MANY; k++) {
        ends[k].then = replace_next;
        poke(&ends[k]);
    }
    int calls = turn(LONG_MS);
    int seen = 0;
    for (int k = 0; k < MANY; k++)
        seen += ends[k].calls;
    CHECK_INT(calls, seen);
    CHECK(calls >= 1 && calls < MANY);
    /* Only those that were called still have their unread byte. */
    CHECK_INT(turn(NO_TIME), calls);
    tear_down(MANY);
}

/* Against a model: a ready watch that was there when the turn began and still is gets one
 * callback. */
static struct dice dice;
static bool due[MANY];

static void do_anything(struct end *end)
{
    CHECK(due[end - ends]);
    due[end - ends] = false;
    for (unsigned n = dice_roll(&dice, 4); n > 0; n--) {
        unsigned i = dice_roll(&dice, MANY);
        if (ends[i].added)
            take_away(&ends[i]);
        else
            add(&ends[i], IO_READ);
        due[i] = false;
    }
}

static void test_random_changes(void)
{
    for (unsigned seed = 1; seed <= 50; seed++) {
        CHECK_LABEL("seed %u", seed);
        dice.state = seed;
        if (!set_up(MANY, IO_NONE))
            return;
        for (int k = 0; k < MANY; k++) {
            ends[k].then = do_anything;
            if (dice_roll(&dice, 3) > 0)
                add(&ends[k], IO_READ);
            if (dice_roll(&dice, 2) > 0)
                poke(&ends[k]);
        }
        for (int n = 0; n < 10; n++) {
            for (int k = 0; k < MANY; k++) {
                char byte;
                due[k] = ends[k].added && recv(ends[k].watch.fd, &byte, 1, MSG_PEEK) == 1;
            }
            CHECK(turn(NO_TIME) >= 0);
            for (int k = 0; k < MANY; k++)
                CHECK(!due[k]);
        }
        tear_down(MANY);
    }
}

/* ---- idle --------------------------------------------------------------------------- */

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
    if (!set_up(1, IO_READ))
        return;
    idle_calls = 0;
    io_loop_on_idle(loop, (struct io_idle){idle_pending, idle_run, &idle_work});
    CHECK_LABEL("no work");
    idle_work = 0;
    CHECK_INT(turn(1), 0);
    CHECK_INT(idle_calls, 0);
    CHECK_LABEL("not about to sleep");
    idle_work = 1;
    CHECK_INT(io_loop_turn(loop, (struct herd_mono){0}), 0);
    CHECK_INT(idle_calls, 0);
    CHECK_LABEL("busy");
    poke(&ends[0]);
    CHECK_INT(turn(LONG_MS), 1);
    CHECK_INT(idle_calls, 0);
    CHECK_LABEL("quiet");
    io_loop_want(loop, &ends[0].watch, IO_NONE);
    struct herd_mono deadline = in_ms(2);
    CHECK_INT(io_loop_turn(loop, deadline), 0);
    CHECK_INT(idle_calls, 1);
    CHECK(herd_mono_reached(io_clock_mono(), deadline));
    tear_down(1);
}

/* ---- failures ----------------------------------------------------------------------- */

static void nothing(int number)
{
    (void)number;
}

/* A child sends signals until it is told to end, so that one arrives during the sleep. */
static void test_signal_ends_the_sleep(void)
{
    if (!set_up(1, IO_READ))
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
    CHECK_INT(turn(LONG_MS), 0);
    CHECK(io_clock_mono().ns - start.ns < LONG_MS * HERD_NS_PER_MS);
    (void)kill(child, SIGKILL);
    (void)waitpid(child, NULL, 0);
    (void)sigaction(SIGUSR2, &before, NULL);
    tear_down(1);
}

/* poll() refuses more entries than the process may have descriptors. Not everywhere: a
 * system that does not refuse has nothing to test here. */
static void test_refused_poll(void)
{
    if (!set_up(MANY, IO_READ))
        return;
    struct rlimit before;
    CHECK_INT(getrlimit(RLIMIT_NOFILE, &before), 0);
    struct rlimit few = {.rlim_cur = MANY / 2, .rlim_max = before.rlim_max};
    CHECK_INT(setrlimit(RLIMIT_NOFILE, &few), 0);
    errno = 0;
    int rc = turn(NO_TIME);
    CHECK(rc == 0 || (rc == HERD_ESYS && errno == EINVAL));
    CHECK_INT(setrlimit(RLIMIT_NOFILE, &before), 0);
    CHECK_INT(turn(NO_TIME), 0);
    tear_down(MANY);
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
        loop = io_loop_new(&fail.mem);
        CHECK_INT(loop == NULL, n == 1);
        for (int i = 0; loop != NULL && i < 200; i++) {
            watches[i] = (struct io_watch){.fd = fds[0], .ready = ready};
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
    if (!set_up(1, IO_READ))
        return;
    CHECK_INT(close(ends[0].watch.fd), 0);
    CHECK_INT(turn(NO_TIME), 1);
    CHECK_INT(ends[0].calls, 1);
    CHECK_INT(ends[0].ready, IO_READ);
    ends[0].watch.fd = open("/dev/null", O_RDONLY);
    tear_down(1);
}

const struct check_test test_loop[] = {
    {"clocks", test_clocks},
    {"wants", test_wants},
    {"hang-up is reported as the wanted events", test_hang_up_is_what_is_wanted},
    {"deadline is reached", test_deadline_is_reached_not_nearly},
    {"changes inside callbacks", test_changes_inside_callbacks},
    {"reused descriptor is quiet", test_reused_descriptor_is_quiet},
    {"random changes", test_random_changes},
    {"idle", test_idle},
    {"signal ends the sleep", test_signal_ends_the_sleep},
    {"refused poll", test_refused_poll},
    {"out of memory", test_out_of_memory},
    {"closed descriptor is reported", test_closed_descriptor_is_told},
    {NULL, NULL},
};
