/* Of many descriptors the loop polls mostly the active ones: that nothing is lost by it,
 * and what waits how long. The loop gets a clock of ours, which a reading sets forward by
 * STEP_US: so a poll of all seems to cost that much, and how many turns something waits
 * does not depend on the machine. */
#include "check.h"
#include "herd/err.h"
#include "io/clock.h"
#include "io/loop_inner.h"
#include "io/mem.h"
#include "pair.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    MANY = 200,
    MOST = 3000,
    STEP_US = 10,
    BOUND = IO_LOOP_SHARE, /* turns until a poll of all, one reading of the clock each */
    LONG_MS = 5000
};

#define AT_ONCE ((struct herd_mono){0})

struct end {
    struct io_watch watch;
    int other;
    bool added;
    bool poked; /* has a byte to read */
    int calls;
    int waits;    /* turns, since it could have been called */
    bool was_hot; /* when the turn began */
    void (*then)(struct end *end);
};

static struct io_loop *loop;
static struct end *ends;
static int end_count;
static struct herd_mono our_time;
static struct rlimit fds_before;

static struct herd_mono our_clock(void)
{
    our_time.ns += STEP_US * INT64_C(1000);
    return our_time;
}

static void ready(struct io_watch *watch, unsigned bits)
{
    struct end *end = watch->arg;
    (void)bits;
    CHECK(end->added);
    end->calls++;
    end->waits = 0;
    if (end->then != NULL)
        end->then(end);
}

static void add(struct end *end)
{
    end->added = io_loop_add(loop, &end->watch, IO_READ) == HERD_OK;
    end->waits = 0;
    CHECK(end->added);
}

static void take_away(struct end *end)
{
    if (end->added)
        io_loop_remove(loop, &end->watch);
    end->added = false;
}

/* As many pairs as this process may have, but not more than `count`. */
static int raise_limit(int count)
{
    if (!CHECK_INT(getrlimit(RLIMIT_NOFILE, &fds_before), 0))
        return 0;
    rlim_t need = 2 * (rlim_t)count + 100;
    struct rlimit limit = fds_before;
    if (limit.rlim_cur < need)
        limit.rlim_cur = limit.rlim_max < need ? limit.rlim_max : need;
    if (setrlimit(RLIMIT_NOFILE, &limit) != 0)
        limit.rlim_cur = fds_before.rlim_cur;
    return limit.rlim_cur >= need ? count : (int)(limit.rlim_cur - 100) / 2;
}

static bool set_up(int count)
{
    end_count = raise_limit(count);
    ends = calloc((size_t)end_count, sizeof *ends);
    loop = io_loop_new(&io_mem);
    bool ok = end_count > IO_LOOP_FEW && ends != NULL && loop != NULL;
    if (ok)
        loop->clock = our_clock;
    our_time = (struct herd_mono){HERD_NS_PER_S};
    for (int i = 0; ok && i < end_count; i++) {
        int fds[2];
        ok = pair_local(fds);
        ends[i] = (struct end){.watch = {.fd = fds[0], .ready = ready, .arg = &ends[i]},
                               .other = fds[1]};
        if (ok)
            add(&ends[i]);
    }
    return CHECK(ok);
}

static void tear_down(void)
{
    for (int i = 0; i < end_count; i++) {
        take_away(&ends[i]);
        (void)close(ends[i].watch.fd);
        (void)close(ends[i].other);
    }
    io_loop_free(loop);
    free(ends);
    (void)setrlimit(RLIMIT_NOFILE, &fds_before);
}

static void poke(struct end *end)
{
    if (!end->poked)
        CHECK_INT(write(end->other, "x", 1), 1);
    end->poked = true;
}

static void drain(struct end *end)
{
    char byte;
    CHECK_INT(read(end->watch.fd, &byte, 1), 1);
    end->poked = false;
}

static bool is_hot(const struct end *end)
{
    return end->added && end->watch.place < loop->set.hot;
}

/* What holds between turns. */
static void check_set(void)
{
    const struct io_loop_set *set = &loop->set;
    size_t wrong = 0;
    for (size_t i = 0; i < set->len; i++)
        wrong += set->watches[i]->place != i || set->fds[i].fd != set->watches[i]->fd ||
                 set->fds[i].revents != 0 || set->watches[i]->queued;
    CHECK_INT((int64_t)wrong, 0);
    CHECK(set->hot <= set->len);
    CHECK(loop->first == NULL);
}

static int turn(void)
{
    int calls = io_loop_turn(loop, AT_ONCE);
    CHECK(calls >= 0);
    check_set();
    return calls;
}

/* Busy turns until what is quiet has left the front. */
static void cool(void)
{
    for (int i = 0; i < 2 * 64 + 1; i++)
        (void)turn();
}

/* One that is always ready and the rest quiet. */
static bool one_is_busy(int count)
{
    if (!set_up(count))
        return false;
    poke(&ends[0]);
    cool();
    return CHECK(is_hot(&ends[0])) && CHECK_INT((int64_t)loop->set.hot, 1);
}

/* ---- who is polled ------------------------------------------------------------------ */

static void test_few_are_all_polled(void)
{
    if (!set_up(MANY))
        return;
    for (int i = IO_LOOP_FEW; i < end_count; i++)
        take_away(&ends[i]);
    poke(&ends[0]);
    cool();
    CHECK_INT((int64_t)loop->polls_of_hot, 0);
    poke(&ends[IO_LOOP_FEW - 1]);
    CHECK_INT(turn(), 2);
    tear_down();
}

static void test_a_cold_one_waits_not_longer_than_the_bound(void)
{
    if (!one_is_busy(MANY))
        return;
    int longest = 0;
    for (int phase = 0; phase <= BOUND; phase++) {
        struct end *cold = &ends[phase + 1];
        CHECK_LABEL("phase %d", phase);
        CHECK(!is_hot(cold));
        for (int i = 0; i < phase; i++)
            CHECK_INT(turn(), 1);
        poke(cold);
        int turns = 0;
        int busy_before = ends[0].calls;
        while (cold->calls == 0 && turns < 1000) {
            CHECK(turn() >= 1);
            turns++;
        }
        CHECK_INT(ends[0].calls - busy_before, turns);
        CHECK(turns <= BOUND);
        longest = turns > longest ? turns : longest;
        drain(cold);
    }
    /* Were it always one turn, all would be polled all the time. */
    CHECK_LABEL("all phases");
    CHECK_INT(longest, BOUND);
    tear_down();
}

static void test_share_of_polls_of_all(void)
{
    if (!one_is_busy(MANY))
        return;
    uint64_t all = loop->polls_of_all;
    uint64_t hot = loop->polls_of_hot;
    for (int i = 0; i < 10 * BOUND; i++)
        CHECK_INT(turn(), 1);
    CHECK_INT((int64_t)(loop->polls_of_all - all), 10);
    CHECK_INT((int64_t)(loop->polls_of_hot - hot), 10 * BOUND - 10);
    tear_down();
}

static struct herd_mono slow_clock(void)
{
    our_time.ns += 20 * HERD_NS_PER_MS;
    return our_time;
}

static void test_a_dear_poll_of_all_is_not_put_off_for_long(void)
{
    if (!one_is_busy(MANY))
        return;
    loop->clock = slow_clock;
    loop->cost_ns = 0;
    loop->all_at = AT_ONCE;
    CHECK_INT(turn(), 1);
    CHECK_INT(loop->all_at.ns - our_time.ns, IO_LOOP_APART_MS * HERD_NS_PER_MS);
    poke(&ends[1]);
    for (int i = 1; i < IO_LOOP_APART_MS / 20; i++)
        CHECK_INT(turn(), 1);
    CHECK_INT(turn(), 2);
    tear_down();
}

/* Another program ran meanwhile, or there are many descriptors more: who knows. */
static void test_costs_are_believed_slowly(void)
{
    if (!one_is_busy(MANY))
        return;
    const int64_t step_ns = STEP_US * INT64_C(1000);
    CHECK_INT(loop->cost_ns, step_ns);
    loop->clock = slow_clock;
    loop->all_at = AT_ONCE;
    CHECK_INT(turn(), 1);
    CHECK_INT(loop->cost_ns, step_ns + step_ns / 4 + 1000);
    CHECK_INT(loop->all_at.ns - our_time.ns, loop->cost_ns * IO_LOOP_SHARE);
    for (int i = 0; i < 200; i++)
        CHECK_INT(turn(), 1);
    CHECK_INT(loop->cost_ns, 20 * HERD_NS_PER_MS);
    loop->clock = our_clock;
    loop->all_at = AT_ONCE;
    CHECK_INT(turn(), 1);
    CHECK_INT(loop->cost_ns, step_ns);
    tear_down();
}

static void test_promoted_and_demoted(void)
{
    if (!one_is_busy(MANY))
        return;
    poke(&ends[5]);
    while (ends[5].calls == 0)
        (void)turn();
    CHECK(is_hot(&ends[5]));
    CHECK_INT((int64_t)loop->set.hot, 2);
    /* Now it is called in each turn, whoever is polled. */
    for (int i = 0; i < 3 * BOUND; i++)
        CHECK_INT(turn(), 2);
    drain(&ends[5]);
    for (int i = 0; i < 63; i++)
        CHECK_INT(turn(), 1);
    CHECK(is_hot(&ends[5]));
    cool();
    CHECK(!is_hot(&ends[5]));
    CHECK(is_hot(&ends[0]));
    CHECK_LABEL("what it waits for changes");
    io_loop_want(loop, &ends[5].watch, IO_WRITE);
    CHECK(is_hot(&ends[5]));
    CHECK_INT(turn(), 2);
    CHECK_LABEL("new");
    take_away(&ends[6]);
    add(&ends[6]);
    CHECK(is_hot(&ends[6]));
    tear_down();
}

/* What fills a gap in the front is from the front, as long as there is one. */
static void test_removing_moves_nobody_across(void)
{
    if (!set_up(MANY))
        return;
    for (int i = 0; i < 10; i++)
        poke(&ends[i]);
    cool();
    for (int i = 0; i < 10; i++) {
        CHECK_LABEL("without %d", i);
        take_away(&ends[i]);
        take_away(&ends[50 + i]);
        check_set();
        CHECK_INT((int64_t)loop->set.hot, 9 - i);
        for (int k = 0; k < end_count; k++)
            CHECK_INT(is_hot(&ends[k]), k > i && k < 10);
    }
    tear_down();
}

static void test_pinned_stays(void)
{
    if (!one_is_busy(MANY))
        return;
    io_loop_pin(loop, &ends[7].watch);
    cool();
    cool();
    CHECK_INT((int64_t)loop->set.hot, 2);
    CHECK(is_hot(&ends[7]));
    while (turn() != 1 || loop->all_at.ns - our_time.ns < 3 * STEP_US * INT64_C(1000))
        continue;
    poke(&ends[7]);
    CHECK_INT(turn(), 2);
    drain(&ends[7]);
    /* Added again, it is one like the others. */
    take_away(&ends[7]);
    add(&ends[7]);
    cool();
    CHECK(!is_hot(&ends[7]));
    tear_down();
}

static void test_all_hot_and_none_hot(void)
{
    if (!set_up(MANY))
        return;
    for (int i = 0; i < end_count; i++)
        poke(&ends[i]);
    for (int i = 0; i < 200; i++)
        CHECK_INT(turn(), end_count);
    CHECK_INT((int64_t)loop->set.hot, end_count);
    for (int i = 0; i < end_count; i++)
        drain(&ends[i]);
    for (int i = 0; i < 5; i++) {
        int calls = ends[i].calls;
        cool();
        CHECK_INT((int64_t)loop->set.hot, 0);
        poke(&ends[i]);
        CHECK_INT(turn(), 1);
        CHECK_INT(ends[i].calls, calls + 1);
        drain(&ends[i]);
    }
    tear_down();
}

/* ---- sleep -------------------------------------------------------------------------- */

/* The active ones are quiet, one that is not among them is ready: one turn is enough. */
static void test_quiet_ones_do_not_hide_a_cold_one(void)
{
    if (!one_is_busy(MANY))
        return;
    for (int phase = 1; phase <= BOUND + 1; phase++) {
        CHECK_LABEL("phase %d", phase);
        poke(&ends[0]);
        for (int i = 0; i < phase; i++)
            (void)turn();
        drain(&ends[0]);
        poke(&ends[phase]);
        CHECK(!is_hot(&ends[phase]));
        CHECK_INT(io_loop_turn(loop, HERD_NEVER), 1);
        CHECK_INT(ends[phase].calls, 1);
        drain(&ends[phase]);
    }
    tear_down();
}

static void test_idle_loop_sleeps(void)
{
    if (!one_is_busy(MANY))
        return;
    drain(&ends[0]);
    loop->clock = io_clock_mono;
    loop->all_at = io_clock_mono();
    for (int i = 0; i < 3; i++) {
        CHECK_LABEL("turn %d", i);
        uint64_t before = loop->polls_of_all + loop->polls_of_hot;
        struct herd_mono deadline = herd_mono_add_ms(io_clock_mono(), 20);
        CHECK_INT(io_loop_turn(loop, deadline), 0);
        CHECK(herd_mono_reached(io_clock_mono(), deadline));
        CHECK(loop->polls_of_all + loop->polls_of_hot - before <= 4);
    }
    poke(&ends[9]);
    CHECK_INT(io_loop_turn(loop, HERD_NEVER), 1);
    tear_down();
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
    if (!one_is_busy(MANY))
        return;
    idle_calls = 0;
    io_loop_on_idle(loop, (struct io_idle){idle_pending, idle_run, NULL});
    for (int i = 0; i < 2 * BOUND; i++)
        CHECK_INT(io_loop_turn(loop, HERD_NEVER), 1);
    CHECK_INT(idle_calls, 0);
    drain(&ends[0]);
    loop->clock = io_clock_mono;
    struct herd_mono deadline = herd_mono_add_ms(io_clock_mono(), 2);
    CHECK_INT(io_loop_turn(loop, deadline), 0);
    CHECK(idle_calls >= 1 && idle_calls <= 2);
    CHECK(herd_mono_reached(io_clock_mono(), deadline));
    CHECK_LABEL("before a sleep on the active ones");
    idle_calls = 0;
    deadline = herd_mono_add_ms(io_clock_mono(), 2);
    loop->all_at = herd_mono_add_ms(deadline, LONG_MS);
    CHECK_INT(io_loop_turn(loop, deadline), 0);
    CHECK_INT(idle_calls, 1);
    CHECK(herd_mono_reached(io_clock_mono(), deadline));
    tear_down();
}

static void test_refused_poll(void)
{
    if (!set_up(MANY))
        return;
    struct rlimit now;
    CHECK_INT(getrlimit(RLIMIT_NOFILE, &now), 0);
    struct rlimit few = {.rlim_cur = MANY / 2, .rlim_max = now.rlim_max};
    CHECK_INT(setrlimit(RLIMIT_NOFILE, &few), 0);
    errno = 0;
    int rc = io_loop_turn(loop, AT_ONCE);
    CHECK(rc == 0 || (rc == HERD_ESYS && errno == EINVAL));
    CHECK_INT(setrlimit(RLIMIT_NOFILE, &now), 0);
    poke(&ends[3]);
    CHECK_INT(io_loop_turn(loop, HERD_NEVER), 1);
    tear_down();
}

static const struct end *called_last;

static void note_last(struct end *end)
{
    called_last = end;
    drain(end);
}

/* A signal to stop must not come before those who have connected. */
static void test_the_first_that_was_pinned_is_called_last(void)
{
    if (!set_up(MANY))
        return;
    for (int i = 0; i < 4; i++)
        io_loop_pin(loop, &ends[i].watch);
    for (int n = 0; n < 20; n++) {
        CHECK_LABEL("turn %d", n);
        for (int i = 0; i < end_count; i += i < 4 ? 1 : 1 + n) {
            ends[i].then = note_last;
            poke(&ends[i]);
        }
        take_away(&ends[4 + n]);
        loop->all_at = AT_ONCE;
        CHECK(turn() >= 4);
        CHECK(called_last == &ends[0]);
        add(&ends[4 + n]);
        cool();
    }
    tear_down();
}

/* ---- changes from inside callbacks -------------------------------------------------- */

static void remove_self(struct end *end)
{
    take_away(end);
}

static void remove_others(struct end *end)
{
    for (int i = 0; i < end_count; i++)
        if (&ends[i] != end)
            take_away(&ends[i]);
}

static void remove_next(struct end *end)
{
    take_away(end + 1 < ends + end_count ? end + 1 : ends);
}

static void swap_places(struct end *end)
{
    take_away(end);
    add(end);
}

/* Every other one is hot: gaps are filled from both parts of the array. */
static void test_removed_while_scanning(void)
{
    static const struct {
        const char *name;
        void (*then)(struct end *end);
        int least, most; /* calls */
    } cases[] = {{"remove self", remove_self, MANY, MANY},
                 {"remove others", remove_others, 1, 1},
                 {"remove next", remove_next, MANY / 2, MANY / 2 + 1},
                 {"remove and add", swap_places, MANY, MANY}};
    for (size_t n = 0; n < sizeof cases / sizeof cases[0]; n++) {
        CHECK_LABEL("%s", cases[n].name);
        if (!set_up(MANY))
            return;
        for (int i = 0; i < end_count; i += 2)
            poke(&ends[i]);
        cool();
        CHECK_INT((int64_t)loop->set.hot, MANY / 2);
        for (int i = 0; i < end_count; i++) {
            poke(&ends[i]);
            ends[i].then = cases[n].then;
        }
        loop->all_at = AT_ONCE;
        int calls = turn();
        CHECK(calls >= cases[n].least && calls <= cases[n].most);
        (void)turn();
        tear_down();
    }
}

/* Closes the descriptor of the opposite end and watches a new one of the same number. */
static void replace(struct end *end)
{
    struct end *victim = &ends[(end - ends + end_count / 2) % end_count];
    if (!victim->added || victim->calls > 0)
        return;
    take_away(victim);
    int number = victim->watch.fd;
    int fds[2];
    (void)close(victim->watch.fd);
    (void)close(victim->other);
    REQUIRE(pair_local(fds));
    if (fds[0] != number && fds[1] != number) {
        CHECK_INT(dup2(fds[0], number), number);
        (void)close(fds[0]);
        fds[0] = number;
    }
    victim->other = fds[1] == number ? fds[0] : fds[1];
    victim->watch.fd = number;
    victim->poked = false;
    add(victim);
}

static void test_reused_descriptor_is_quiet(void)
{
    if (!set_up(MANY))
        return;
    for (int i = 0; i < end_count; i += 3)
        poke(&ends[i]);
    cool();
    for (int i = 0; i < end_count; i++) {
        poke(&ends[i]);
        ends[i].calls = 0;
        ends[i].then = replace;
    }
    loop->all_at = AT_ONCE;
    CHECK_INT(turn(), end_count / 2);
    int fresh = 0;
    for (int i = 0; i < end_count; i++) {
        CHECK(ends[i].calls <= (ends[i].poked ? 1 : 0));
        fresh += !ends[i].poked;
    }
    CHECK_INT(fresh, end_count / 2);
    loop->all_at = AT_ONCE;
    CHECK_INT(turn(), end_count / 2);
    tear_down();
}

/* ---- against a model ---------------------------------------------------------------- */

static unsigned random_state;
static bool *due; /* watched and readable since before the turn */

static unsigned pick(unsigned below)
{
    random_state = random_state * 1103515245U + 12345U;
    return (random_state >> 16) % below;
}

static void change_anything(struct end *end)
{
    (void)end;
    unsigned i = pick((unsigned)end_count);
    switch (pick(6)) {
    case 0:
    case 1:
    case 2:
        if (!ends[i].added)
            add(&ends[i]);
        break;
    case 3:
        take_away(&ends[i]);
        due[i] = false;
        break;
    case 4:
        if (ends[i].added)
            io_loop_pin(loop, &ends[i].watch);
        break;
    default:
        if (ends[i].added)
            io_loop_want(loop, &ends[i].watch, IO_READ);
        break;
    }
}

static void be_called(struct end *end)
{
    CHECK(due[end - ends]);
    due[end - ends] = false;
    if (pick(3) > 0 && end->poked && end != ends)
        drain(end);
    while (pick(3) == 0)
        change_anything(end);
}

/* Who is due and not called has waited one turn more. */
static int model_turn(void)
{
    for (int i = 0; i < end_count; i++) {
        due[i] = ends[i].added && ends[i].poked;
        ends[i].was_hot = is_hot(&ends[i]);
    }
    int calls = turn();
    for (int i = 0; i < end_count; i++) {
        if (!due[i])
            continue;
        CHECK(!ends[i].was_hot);
        CHECK(++ends[i].waits < BOUND);
    }
    return calls;
}

static void test_random_changes(void)
{
    uint64_t hot = 0, all = 0;
    for (unsigned seed = 1; seed <= 20; seed++) {
        CHECK_LABEL("seed %u", seed);
        random_state = seed;
        if (!set_up(MANY))
            return;
        due = calloc((size_t)end_count, sizeof *due);
        REQUIRE(due != NULL);
        for (int i = 0; i < end_count; i++)
            ends[i].then = be_called;
        poke(&ends[0]);
        unsigned pace = 1 + pick(20);
        for (int n = 0; n < 400; n++) {
            for (unsigned k = pick(pace); k > 0; k--) {
                unsigned i = pick((unsigned)end_count);
                if (!ends[i].poked)
                    ends[i].waits = 0;
                poke(&ends[i]);
            }
            (void)model_turn();
        }
        hot += loop->polls_of_hot;
        all += loop->polls_of_all;
        free(due);
        tear_down();
    }
    CHECK_LABEL("all seeds");
    CHECK(hot > all && all > 0);
}

/* Thousands, of whom a few are busy and each of the others has one thing to say. */
static void test_thousands(void)
{
    enum { BUSY = 50 };
    if (!set_up(MOST))
        return;
    for (int i = 0; i < BUSY; i++)
        poke(&ends[i]);
    cool();
    CHECK_INT((int64_t)loop->set.hot, BUSY);
    for (int i = 0; i < BUSY; i++)
        ends[i].calls = 0;
    int turns = 0;
    for (int i = BUSY; i < end_count; i += 3) {
        ends[i].then = drain;
        poke(&ends[i]);
        CHECK(io_loop_turn(loop, AT_ONCE) >= BUSY);
        turns++;
    }
    for (int i = 0; i < BOUND; i++, turns++)
        CHECK(io_loop_turn(loop, AT_ONCE) >= BUSY);
    int wrong = 0;
    for (int i = 0; i < end_count; i++)
        wrong += ends[i].calls != (i < BUSY ? turns : (i - BUSY) % 3 == 0);
    CHECK_INT(wrong, 0);
    check_set();
    tear_down();
}

const struct check_test test_loop_hot[] = {
    {"few are all polled", test_few_are_all_polled},
    {"a cold one waits not longer than the bound",
     test_a_cold_one_waits_not_longer_than_the_bound},
    {"share of polls of all", test_share_of_polls_of_all},
    {"a dear poll of all is not put off for long",
     test_a_dear_poll_of_all_is_not_put_off_for_long},
    {"costs are believed slowly", test_costs_are_believed_slowly},
    {"promoted and demoted", test_promoted_and_demoted},
    {"removing moves nobody across", test_removing_moves_nobody_across},
    {"pinned stays", test_pinned_stays},
    {"all hot and none hot", test_all_hot_and_none_hot},
    {"quiet ones do not hide a cold one", test_quiet_ones_do_not_hide_a_cold_one},
    {"idle loop sleeps", test_idle_loop_sleeps},
    {"idle work", test_idle_work},
    {"the first that was pinned is called last",
     test_the_first_that_was_pinned_is_called_last},
    {"refused poll", test_refused_poll},
    {"removed while scanning", test_removed_while_scanning},
    {"reused descriptor is quiet", test_reused_descriptor_is_quiet},
    {"random changes against a model", test_random_changes},
    {"thousands", test_thousands},
    {NULL, NULL},
};
