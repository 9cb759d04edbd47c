/* SPDX-License-Identifier: ISC */
/* A loop with more descriptors than it polls in each turn. Its clock is the test's and
 * advances by STEP_US with each reading: so a poll of all seems to cost that much, and the
 * number of turns that a descriptor waits does not depend on the machine. One rig at a
 * time. */
#ifndef TESTS_IO_HOT_RIG_H
#define TESTS_IO_HOT_RIG_H

#include "io/loop_internal.h"

#include <stdbool.h>

enum {
    MANY = 96, /* more than IO_LOOP_FEW, and pairs that fit into 256 descriptors */
    STEP_US = 10,
    BOUND = IO_LOOP_SHARE, /* turns until a poll of all, one reading of the clock each */
};

#define AT_ONCE ((struct herd_mono){0})

/* A pair of sockets, one of which is watched. */
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

struct hot_rig {
    struct io_loop *loop;
    struct end *ends;
    int count; /* of ends */
    struct herd_mono now;
};

extern struct hot_rig hot;

struct herd_mono hot_clock(void);

/* Watches as many ends as this process may open, at most `count`. False when it failed,
 * which is then already reported. */
bool hot_up(int count);
void hot_down(void);

/* The same, with one that is always ready; the others are quiet and no longer hot. */
bool hot_one_is_busy(int count);

/* The number of calls; checks the set. */
int hot_turn(void);

/* Busy turns until the quiet ones are no longer hot. */
void hot_cool(void);

/* Checks the invariants that hold between turns. */
void hot_check_set(void);

void end_add(struct end *end);
void end_take_away(struct end *end);
void end_poke(struct end *end);
void end_drain(struct end *end);
bool end_is_hot(const struct end *end);

#endif
