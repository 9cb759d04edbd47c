/* What a loop consists of, for loop.c and for tests of how it shares out its time. Nobody
 * else includes this. */
#ifndef IO_LOOP_INTERNAL_H
#define IO_LOOP_INTERNAL_H

#include "loop.h"
#include "loop_set.h"

#include <stdint.h>

enum {
    IO_LOOP_FEW = 64,     /* up to so many descriptors, all are polled each turn */
    IO_LOOP_SHARE = 9,    /* after a poll of all, so many times its cost without one, */
    IO_LOOP_APART_MS = 25 /*  but not longer */
};

/* An entry is quiet when nothing happened to it for about 64 turns. A turn that had to
 * sleep first costs nothing that somebody else could use, and counts an eighth. */
enum { IO_LOOP_AGE_SLEPT = 1, IO_LOOP_AGE_BUSY = 8, IO_LOOP_AGE_COOL = 64 * 8 };

struct io_loop {
    struct io_loop_set set;
    struct io_watch *first; /* ready in this turn and not yet called */
    struct io_idle idle;
    struct herd_mono (*clock)(void);
    int64_t cost_ns;         /* of a poll of all; 0: not known yet */
    struct herd_mono all_at; /* when the next one is due */
    unsigned age;            /* since quiet entries were last moved out of the front */
    uint64_t polls_of_hot;   /* polls of the front alone */
    uint64_t polls_of_all;
};

#endif
