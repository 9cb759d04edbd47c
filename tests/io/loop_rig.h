/* SPDX-License-Identifier: ISC */
/* A loop with a few descriptors, all of which it polls in each turn. One rig at a time. */
#ifndef TESTS_IO_LOOP_RIG_H
#define TESTS_IO_LOOP_RIG_H

#include "herd/instant.h"
#include "io/loop.h"

#include <stdbool.h>

enum { LOOP_RIG_MANY = 40 };

/* A pair of sockets: one is watched, a write to the other one makes it ready. */
struct loop_end {
    struct io_watch watch;
    int other;
    bool added;
    int calls;
    unsigned ready;                     /* of the last call */
    void (*then)(struct loop_end *end); /* at the end of each call; NULL: nothing */
};

struct loop_rig {
    struct io_loop *loop;
    struct loop_end ends[LOOP_RIG_MANY];
};

extern struct loop_rig loop_rig;

/* A loop and `count` ends, which are added unless `want` is IO_NONE. False when it failed,
 * which is then already reported. */
bool loop_rig_up(int count, unsigned want);
void loop_rig_down(int count);

void loop_rig_add(struct loop_end *end, unsigned want);

/* Harmless for an end that is not added. */
void loop_rig_remove(struct loop_end *end);

/* Makes the end readable. */
void loop_rig_poke(const struct loop_end *end);

/* The instant in `ms` from now; a turn with that deadline. */
struct herd_mono loop_rig_in_ms(int64_t ms);
int loop_rig_turn(int64_t ms);

#endif
