/* SPDX-License-Identifier: ISC */
/* The state of a loop, for loop.c and for tests of how it divides its time only. */
#ifndef IO_LOOP_INTERNAL_H
#define IO_LOOP_INTERNAL_H

#include "loop.h"
#include "loop_set.h"

#include <stdint.h>

enum {
    IO_LOOP_FEW = 64,     /* descriptors; up to this number all are polled each turn */
    IO_LOOP_SHARE = 9,    /* polls of all are this many times their cost apart, */
    IO_LOOP_APART_MS = 25 /* but not farther */
};

/* An entry is quiet when it had no event for about 64 turns. A turn that had to sleep first
 * wastes no time, and counts an eighth. */
enum { IO_LOOP_AGE_SLEPT = 1, IO_LOOP_AGE_BUSY = 8, IO_LOOP_AGE_COOL = 64 * 8 };

struct io_loop {
    struct io_loop_set set;
    struct io_watch *first, *last; /* ready in this turn and not yet called */
    size_t ready_count;            /* found ready in this turn, without the pinned ones */
    struct io_idle idle;
    struct herd_mono (*clock)(void); /* tests set another one */
    int64_t cost_ns;                 /* estimate for a poll of all; 0: none yet */
    struct herd_mono all_at;         /* when the next one is due */
    unsigned age;          /* since quiet entries were last moved out of the hot part */
    uint64_t polls_of_hot; /* polls of the hot part alone */
    uint64_t polls_of_all;
};

#endif
