/* SPDX-License-Identifier: ISC */
/* A loop that does not poll all of its descriptors, while its watches change: inside
 * callbacks, at random against a model, and by the thousands. */
#include "check.h"
#include "dice.h"
#include "herd/err.h"
#include "hot_rig.h"
#include "pair.h"

#include <stdlib.h>
#include <unistd.h>

/* ---- changes from inside callbacks ------------------------------------------------- */

static void remove_self(struct end *end)
{
    end_take_away(end);
}

static void remove_others(struct end *end)
{
    for (int i = 0; i < hot.count; i++)
        if (&hot.ends[i] != end)
            end_take_away(&hot.ends[i]);
}

static void remove_next(struct end *end)
{
    end_take_away(end + 1 < hot.ends + hot.count ? end + 1 : hot.ends);
}

static void swap_places(struct end *end)
{
    end_take_away(end);
    end_add(end);
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
        if (!hot_up(MANY))
            return;
        for (int i = 0; i < hot.count; i += 2)
            end_poke(&hot.ends[i]);
        hot_cool();
        CHECK_INT((int64_t)hot.loop->set.hot, MANY / 2);
        for (int i = 0; i < hot.count; i++) {
            end_poke(&hot.ends[i]);
            hot.ends[i].then = cases[n].then;
        }
        hot.loop->all_at = AT_ONCE;
        int calls = hot_turn();
        CHECK(calls >= cases[n].least && calls <= cases[n].most);
        (void)hot_turn();
        hot_down();
    }
}

/* Closes the descriptor of the opposite end and watches a new one of the same number. */
static void replace(struct end *end)
{
    struct end *victim = &hot.ends[(end - hot.ends + hot.count / 2) % hot.count];
    if (!victim->added || victim->calls > 0)
        return;
    end_take_away(victim);
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
    end_add(victim);
}

static void test_reused_descriptor_is_quiet(void)
{
    if (!hot_up(MANY))
        return;
    for (int i = 0; i < hot.count; i += 3)
        end_poke(&hot.ends[i]);
    hot_cool();
    for (int i = 0; i < hot.count; i++) {
        end_poke(&hot.ends[i]);
        hot.ends[i].calls = 0;
        hot.ends[i].then = replace;
    }
    hot.loop->all_at = AT_ONCE;
    CHECK_INT(hot_turn(), hot.count / 2);
    int fresh = 0;
    for (int i = 0; i < hot.count; i++) {
        CHECK(hot.ends[i].calls <= (hot.ends[i].poked ? 1 : 0));
        fresh += !hot.ends[i].poked;
    }
    CHECK_INT(fresh, hot.count / 2);
    hot.loop->all_at = AT_ONCE;
    CHECK_INT(hot_turn(), hot.count / 2);
    hot_down();
}

/* ---- against a model --------------------------------------------------------------- */

static struct dice dice;
static bool *due; /* watched and readable since before the turn */

static void change_anything(struct end *end)
{
    (void)end;
    unsigned i = dice_roll(&dice, (unsigned)hot.count);
    switch (dice_roll(&dice, 6)) {
    case 0:
    case 1:
    case 2:
        if (!hot.ends[i].added)
            end_add(&hot.ends[i]);
        break;
    case 3:
        end_take_away(&hot.ends[i]);
        due[i] = false;
        break;
    case 4:
        if (hot.ends[i].added)
            io_loop_pin(hot.loop, &hot.ends[i].watch);
        break;
    default:
        if (hot.ends[i].added)
            io_loop_want(hot.loop, &hot.ends[i].watch, IO_READ);
        break;
    }
}

static void be_called(struct end *end)
{
    CHECK(due[end - hot.ends]);
    due[end - hot.ends] = false;
    if (dice_roll(&dice, 3) > 0 && end->poked && end != hot.ends)
        end_drain(end);
    while (dice_roll(&dice, 3) == 0)
        change_anything(end);
}

/* A watch that is due and was not called has waited one turn more. */
static int model_turn(void)
{
    for (int i = 0; i < hot.count; i++) {
        due[i] = hot.ends[i].added && hot.ends[i].poked;
        hot.ends[i].was_hot = end_is_hot(&hot.ends[i]);
    }
    int calls = hot_turn();
    for (int i = 0; i < hot.count; i++) {
        if (!due[i])
            continue;
        CHECK(!hot.ends[i].was_hot);
        CHECK(++hot.ends[i].waits < BOUND);
    }
    return calls;
}

static void test_random_changes(void)
{
    uint64_t polls_of_hot = 0, polls_of_all = 0;
    for (unsigned seed = 1; seed <= 20; seed++) {
        CHECK_LABEL("seed %u", seed);
        dice.state = seed;
        if (!hot_up(MANY))
            return;
        due = calloc((size_t)hot.count, sizeof *due);
        REQUIRE(due != NULL);
        for (int i = 0; i < hot.count; i++)
            hot.ends[i].then = be_called;
        end_poke(&hot.ends[0]);
        unsigned pace = 1 + dice_roll(&dice, 20);
        for (int n = 0; n < 400; n++) {
            for (unsigned k = dice_roll(&dice, pace); k > 0; k--) {
                unsigned i = dice_roll(&dice, (unsigned)hot.count);
                if (!hot.ends[i].poked)
                    hot.ends[i].waits = 0;
                end_poke(&hot.ends[i]);
            }
            (void)model_turn();
        }
        polls_of_hot += hot.loop->polls_of_hot;
        polls_of_all += hot.loop->polls_of_all;
        free(due);
        hot_down();
    }
    CHECK_LABEL("all seeds");
    CHECK(polls_of_hot > polls_of_all && polls_of_all > 0);
}

/* Thousands of watches: a few are busy, and each of the others becomes ready once. */
static void test_thousands(void)
{
    enum { MOST = 3000, BUSY = 50 };
    if (!hot_up(MOST))
        return;
    for (int i = 0; i < BUSY; i++)
        end_poke(&hot.ends[i]);
    hot_cool();
    CHECK_INT((int64_t)hot.loop->set.hot, BUSY);
    for (int i = 0; i < BUSY; i++)
        hot.ends[i].calls = 0;
    int turns = 0;
    for (int i = BUSY; i < hot.count; i += 3) {
        hot.ends[i].then = end_drain;
        end_poke(&hot.ends[i]);
        CHECK(io_loop_turn(hot.loop, AT_ONCE) >= BUSY);
        turns++;
    }
    for (int i = 0; i < BOUND; i++, turns++)
        CHECK(io_loop_turn(hot.loop, AT_ONCE) >= BUSY);
    int wrong = 0;
    for (int i = 0; i < hot.count; i++)
        wrong += hot.ends[i].calls != (i < BUSY ? turns : (i - BUSY) % 3 == 0);
    CHECK_INT(wrong, 0);
    hot_check_set();
    hot_down();
}

const struct check_test test_loop_change[] = {
    {"removed while scanning", test_removed_while_scanning},
    {"reused descriptor is quiet", test_reused_descriptor_is_quiet},
    {"random changes against a model", test_random_changes},
    {"thousands", test_thousands},
    {NULL, NULL},
};
