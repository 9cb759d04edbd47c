/* SPDX-License-Identifier: ISC */
/* Two servers dial each other at the same time, and all that follows happens in every
 * order: one of the two connections survives, the same one on both sides.
 *
 * What happens on different sides does not depend on each other, so of all orders that
 * differ only in that one is enough (sleep sets: Godefroid 1996). */
#include "check.h"
#include "dice.h"
#include "pair.h"

#include <stdio.h>

enum { STEPS_MAX = 64 };

/* One run: at each step what could happen, what did, and what need not be tried there,
 * because an earlier run has shown the same. */
struct search {
    uint32_t enabled[STEPS_MAX], asleep[STEPS_MAX];
    int chosen[STEPS_MAX];
    size_t steps;
};

/* Events on the other side than that of `event`: these are indifferent to it. */
static uint32_t indifferent_to(int event)
{
    uint32_t others = 0;
    for (int conn = 0; conn < PAIR_CONNS; conn++)
        for (int kind = PAIR_OPENED; kind <= PAIR_CLOSED; kind++)
            others |= UINT32_C(1)
                      << pair_event(conn, !pair_side_of(event), (enum pair_kind)kind);
    return others;
}

static int first_of(uint32_t events)
{
    int event = 0;
    while (!(events >> event & 1))
        event++;
    return event;
}

/* Plays the choices that are given and then, at each step, the first that is awake.
 * Returns false when all are asleep. */
static bool run(struct search *search, struct pair *pair, size_t given)
{
    uint32_t events, asleep = 0;
    search->steps = 0;
    while ((events = pair_events(pair)) != 0) {
        size_t step = search->steps;
        if (!CHECK(step < STEPS_MAX))
            return false;
        if (step >= given) {
            if ((events & ~asleep) == 0)
                return false;
            search->enabled[step] = events;
            search->asleep[step] = asleep;
            search->chosen[step] = first_of(events & ~asleep);
        }
        asleep = search->asleep[step] & indifferent_to(search->chosen[step]);
        search->steps++;
        pair_happen(pair, search->chosen[step]);
    }
    return true;
}

/* The last step at which another choice is awake takes it. Returns how many steps are given
 * then; 0: everything was tried. */
static size_t next(struct search *search)
{
    for (size_t step = search->steps; step-- > 0;) {
        search->asleep[step] |= UINT32_C(1) << search->chosen[step];
        uint32_t awake = search->enabled[step] & ~search->asleep[step];
        if (awake != 0) {
            search->chosen[step] = first_of(awake);
            return step + 1;
        }
    }
    return 0;
}

static void label(const struct search *search)
{
    static const char *const names[] = {
        "bona opened 0",  "bona data 0",  "bona closed 0", /* connection 0 */
        "clark opened 0", "clark data 0", "clark closed 0",
        "bona opened 1",  "bona data 1",  "bona closed 1", /* connection 1 */
        "clark opened 1", "clark data 1", "clark closed 1",
    };
    char text[STEPS_MAX * 16] = "";
    size_t len = 0;
    for (size_t i = 0; i < search->steps; i++)
        len += (size_t)snprintf(text + len, sizeof text - len, "%s, ",
                                names[search->chosen[i]]);
    CHECK_LABEL("%s", text);
}

static void check_survivor(struct pair *pair)
{
    CHECK(pair_link(pair, 0) >= 0);
    CHECK_INT(pair_link(pair, 0), pair_link(pair, 1));
    for (int side = 0; side < 2; side++) {
        struct rig *rig = &pair->rig[side];
        CHECK_INT(RIG_STAT(rig, links_up), 1);
        CHECK_INT(RIG_STAT(rig, links_down), 0);
        CHECK_INT(RIG_STAT(rig, peers_refused), 0);
        CHECK_INT(RIG_STAT(rig, peers_malformed), 0);
    }
    /* Whatever was left open is closed by the clock. */
    for (int second = 0; second < 6; second++) {
        for (int side = 0; side < 2; side++) {
            rig_pass_ms(&pair->rig[side], 1000);
            rig_tick(&pair->rig[side]);
        }
        pair_settle(pair);
    }
    for (int side = 0; side < 2; side++) {
        CHECK_INT((int64_t)herd_core_conn_count(pair->rig[side].core), 1);
        CHECK_INT((int64_t)herd_core_links_up(pair->rig[side].core), 1);
        CHECK_INT(RIG_STAT(&pair->rig[side], links_down), 0);
        CHECK_INT(RIG_STAT(&pair->rig[side], peers_malformed), 0);
        CHECK_INT((int64_t)herd_core_client_count(pair->rig[side].core), 4);
    }
}

static void one_of_two_connections_survives(void)
{
    static struct search search;
    static struct pair pair;
    size_t given = 0, runs = 0;
    do {
        pair_start(&pair, false);
        if (run(&search, &pair, given)) {
            label(&search);
            check_survivor(&pair);
        }
        pair_end(&pair);
        runs++;
    } while ((given = next(&search)) > 0);
    CHECK(runs > 1000);
}

/* With records on their way there are too many orders to try them all. */
static void records_survive_too(void)
{
    static struct pair pair;
    for (uint64_t seed = 1; seed <= 1000; seed++) {
        struct dice dice = {seed};
        uint32_t events;
        CHECK_LABEL("seed %d", (int)seed);
        pair_start(&pair, true);
        while ((events = pair_events(&pair)) != 0) {
            int event = (int)dice_roll(&dice, 12);
            if (events >> event & 1)
                pair_happen(&pair, event);
        }
        check_survivor(&pair);
        pair_end(&pair);
    }
}

const struct check_test test_handshake_cross[] = {
    {"one_of_two_connections_survives", one_of_two_connections_survives},
    {"records_survive_too", records_survive_too},
    {NULL, NULL},
};
