/* SPDX-License-Identifier: ISC */
/* Of many descriptors the loop polls mostly the active ones: which these are, and how long
 * the others wait. */
#include "check.h"
#include "herd/err.h"
#include "hot_rig.h"

static void test_few_are_all_polled(void)
{
    if (!hot_up(MANY))
        return;
    for (int i = IO_LOOP_FEW; i < hot.count; i++)
        end_take_away(&hot.ends[i]);
    end_poke(&hot.ends[0]);
    hot_cool();
    CHECK_INT((int64_t)hot.loop->polls_of_hot, 0);
    end_poke(&hot.ends[IO_LOOP_FEW - 1]);
    CHECK_INT(hot_turn(), 2);
    hot_down();
}

static void test_a_cold_one_waits_not_longer_than_the_bound(void)
{
    if (!hot_one_is_busy(MANY))
        return;
    int longest = 0;
    for (int phase = 0; phase <= BOUND; phase++) {
        struct end *cold = &hot.ends[phase + 1];
        CHECK_LABEL("phase %d", phase);
        CHECK(!end_is_hot(cold));
        for (int i = 0; i < phase; i++)
            CHECK_INT(hot_turn(), 1);
        end_poke(cold);
        int turns = 0;
        int busy_before = hot.ends[0].calls;
        while (cold->calls == 0 && turns < 1000) {
            CHECK(hot_turn() >= 1);
            turns++;
        }
        CHECK_INT(hot.ends[0].calls - busy_before, turns);
        CHECK(turns <= BOUND);
        longest = turns > longest ? turns : longest;
        end_drain(cold);
    }
    /* Were it always one turn, all would be polled all the time. */
    CHECK_LABEL("all phases");
    CHECK_INT(longest, BOUND);
    hot_down();
}

static void test_share_of_polls_of_all(void)
{
    if (!hot_one_is_busy(MANY))
        return;
    uint64_t all_before = hot.loop->polls_of_all;
    uint64_t hot_before = hot.loop->polls_of_hot;
    for (int i = 0; i < 10 * BOUND; i++)
        CHECK_INT(hot_turn(), 1);
    CHECK_INT((int64_t)(hot.loop->polls_of_all - all_before), 10);
    CHECK_INT((int64_t)(hot.loop->polls_of_hot - hot_before), 10 * BOUND - 10);
    hot_down();
}

enum { SLOW_MS = 5 };

static struct herd_mono slow_clock(void)
{
    hot.now.ns += SLOW_MS * HERD_NS_PER_MS;
    return hot.now;
}

static void test_a_dear_poll_of_all_is_not_put_off_for_long(void)
{
    if (!hot_one_is_busy(MANY))
        return;
    hot.loop->clock = slow_clock;
    hot.loop->cost_ns = 0;
    hot.loop->all_at = AT_ONCE;
    CHECK_INT(hot_turn(), 1);
    CHECK_INT(hot.loop->all_at.ns - hot.now.ns, IO_LOOP_APART_MS * HERD_NS_PER_MS);
    end_poke(&hot.ends[1]);
    for (int i = 1; i < IO_LOOP_APART_MS / SLOW_MS; i++)
        CHECK_INT(hot_turn(), 1);
    CHECK_INT(hot_turn(), 2);
    hot_down();
}

/* Either another program ran meanwhile, or there are many more descriptors. */
static void test_costs_are_believed_slowly(void)
{
    if (!hot_one_is_busy(MANY))
        return;
    const int64_t step_ns = STEP_US * INT64_C(1000);
    CHECK_INT(hot.loop->cost_ns, step_ns);
    hot.loop->clock = slow_clock;
    hot.loop->all_at = AT_ONCE;
    CHECK_INT(hot_turn(), 1);
    CHECK_INT(hot.loop->cost_ns, step_ns + step_ns / 4 + 1000);
    CHECK_INT(hot.loop->all_at.ns - hot.now.ns, hot.loop->cost_ns * IO_LOOP_SHARE);
    for (int i = 0; i < 200; i++)
        CHECK_INT(hot_turn(), 1);
    CHECK_INT(hot.loop->cost_ns, SLOW_MS * HERD_NS_PER_MS);
    hot.loop->clock = hot_clock;
    hot.loop->all_at = AT_ONCE;
    CHECK_INT(hot_turn(), 1);
    CHECK_INT(hot.loop->cost_ns, step_ns);
    hot_down();
}

static void test_promoted_and_demoted(void)
{
    if (!hot_one_is_busy(MANY))
        return;
    end_poke(&hot.ends[5]);
    while (hot.ends[5].calls == 0)
        (void)hot_turn();
    CHECK(end_is_hot(&hot.ends[5]));
    CHECK_INT((int64_t)hot.loop->set.hot, 2);
    /* Now it is called in each turn, whether all are polled or the hot ones. */
    for (int i = 0; i < 3 * BOUND; i++)
        CHECK_INT(hot_turn(), 2);
    end_drain(&hot.ends[5]);
    for (int i = 0; i < 63; i++)
        CHECK_INT(hot_turn(), 1);
    CHECK(end_is_hot(&hot.ends[5]));
    hot_cool();
    CHECK(!end_is_hot(&hot.ends[5]));
    CHECK(end_is_hot(&hot.ends[0]));
    CHECK_LABEL("what it waits for changes");
    io_loop_want(hot.loop, &hot.ends[5].watch, IO_WRITE);
    CHECK(end_is_hot(&hot.ends[5]));
    CHECK_INT(hot_turn(), 2);
    CHECK_LABEL("new");
    end_take_away(&hot.ends[6]);
    end_add(&hot.ends[6]);
    CHECK(end_is_hot(&hot.ends[6]));
    hot_down();
}

/* A gap among the hot entries is filled by a hot one, as long as there is one. */
static void test_removing_keeps_both_parts(void)
{
    if (!hot_up(MANY))
        return;
    for (int i = 0; i < 10; i++)
        end_poke(&hot.ends[i]);
    hot_cool();
    for (int i = 0; i < 10; i++) {
        CHECK_LABEL("without %d", i);
        end_take_away(&hot.ends[i]);
        end_take_away(&hot.ends[50 + i]);
        hot_check_set();
        CHECK_INT((int64_t)hot.loop->set.hot, 9 - i);
        for (int k = 0; k < hot.count; k++)
            CHECK_INT(end_is_hot(&hot.ends[k]), k > i && k < 10);
    }
    hot_down();
}

static void test_pinned_stays(void)
{
    if (!hot_one_is_busy(MANY))
        return;
    io_loop_pin(hot.loop, &hot.ends[7].watch);
    hot_cool();
    hot_cool();
    CHECK_INT((int64_t)hot.loop->set.hot, 2);
    CHECK(end_is_hot(&hot.ends[7]));
    while (hot_turn() != 1 ||
           hot.loop->all_at.ns - hot.now.ns < 3 * STEP_US * INT64_C(1000))
        continue;
    end_poke(&hot.ends[7]);
    CHECK_INT(hot_turn(), 2);
    end_drain(&hot.ends[7]);
    /* Added again, it is no longer pinned. */
    end_take_away(&hot.ends[7]);
    end_add(&hot.ends[7]);
    hot_cool();
    CHECK(!end_is_hot(&hot.ends[7]));
    hot_down();
}

static void test_all_hot_and_none_hot(void)
{
    if (!hot_up(MANY))
        return;
    for (int i = 0; i < hot.count; i++)
        end_poke(&hot.ends[i]);
    for (int i = 0; i < 200; i++)
        CHECK_INT(hot_turn(), hot.count);
    CHECK_INT((int64_t)hot.loop->set.hot, hot.count);
    for (int i = 0; i < hot.count; i++)
        end_drain(&hot.ends[i]);
    for (int i = 0; i < 5; i++) {
        int calls = hot.ends[i].calls;
        hot_cool();
        CHECK_INT((int64_t)hot.loop->set.hot, 0);
        end_poke(&hot.ends[i]);
        CHECK_INT(hot_turn(), 1);
        CHECK_INT(hot.ends[i].calls, calls + 1);
        end_drain(&hot.ends[i]);
    }
    hot_down();
}

static const struct end *called_last;

static void note_last(struct end *end)
{
    called_last = end;
    end_drain(end);
}

/* Connections made before a signal to stop must be accepted, and what they have sent must
 * be read, before it is handled. */
static void test_the_last_one_is_called_last(void)
{
    if (!hot_up(MANY))
        return;
    for (int i = 1; i < 4; i++)
        io_loop_pin(hot.loop, &hot.ends[i].watch);
    io_loop_pin_last(hot.loop, &hot.ends[0].watch);
    for (int n = 0; n < 20; n++) {
        CHECK_LABEL("turn %d", n);
        for (int i = 0; i < hot.count; i += i < 4 ? 1 : 1 + n) {
            hot.ends[i].then = note_last;
            end_poke(&hot.ends[i]);
        }
        end_take_away(&hot.ends[4 + n]);
        hot.loop->all_at = AT_ONCE;
        CHECK(hot_turn() >= 4);
        CHECK(called_last == &hot.ends[0]);
        end_add(&hot.ends[4 + n]);
        hot_cool();
    }
    hot_down();
}

static int called_before;

static void count_before(struct end *end)
{
    called_before += !end->watch.pinned;
    end_drain(end);
}

static void check_none_before(struct end *end)
{
    CHECK_INT(called_before, 0);
    end_drain(end);
}

/* However many others are ready, and wherever they are in the array. */
static void test_pinned_ones_are_called_first(void)
{
    if (!hot_up(MANY))
        return;
    for (int i = 0; i < hot.count; i++)
        hot.ends[i].then = count_before;
    for (int n = 0; n < hot.count; n += hot.count / 5) {
        CHECK_LABEL("pinned %d", n);
        io_loop_pin(hot.loop, &hot.ends[n].watch);
        for (int i = 0; i < hot.count; i++)
            end_poke(&hot.ends[i]);
        called_before = 0;
        hot.ends[n].then = check_none_before;
        CHECK(hot_turn() == hot.count);
        CHECK_INT((int64_t)io_loop_ready_count(hot.loop), called_before);
    }
    hot_down();
}

const struct check_test test_loop_hot[] = {
    {"few are all polled", test_few_are_all_polled},
    {"a cold one waits not longer than the bound",
     test_a_cold_one_waits_not_longer_than_the_bound},
    {"share of polls of all", test_share_of_polls_of_all},
    {"an expensive poll of all is not delayed for long",
     test_a_dear_poll_of_all_is_not_put_off_for_long},
    {"the cost estimate rises slowly", test_costs_are_believed_slowly},
    {"promoted and demoted", test_promoted_and_demoted},
    {"removing keeps both parts", test_removing_keeps_both_parts},
    {"pinned stays", test_pinned_stays},
    {"all hot and none hot", test_all_hot_and_none_hot},
    {"the last one is called last", test_the_last_one_is_called_last},
    {"pinned ones are called first", test_pinned_ones_are_called_first},
    {NULL, NULL},
};
