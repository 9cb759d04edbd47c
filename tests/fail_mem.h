/* SPDX-License-Identifier: ISC */
/* An allocator for tests: it counts, checks the sizes that it gets, and fails on demand.
 *
 * Every resize moves the memory and fresh memory holds rubbish, so that code which
 * relies on either is found. A wrong `old_size` fails the running test. */
#ifndef TESTS_FAIL_MEM_H
#define TESTS_FAIL_MEM_H

#include "herd/mem.h"

#include <stdbool.h>

struct fail_mem {
    struct herd_mem mem; /* hand out a pointer to this */
    size_t calls;        /* allocations and resizes asked for, failed ones included */
    size_t failed;       /* of these, made to fail */
    size_t blocks;       /* in use now */
    size_t live;         /* bytes in use now */
    size_t peak;         /* most bytes ever in use */
    size_t fail_at;      /* the value of `calls` at which to fail; 0: never */
    bool for_ever;       /* fail from there on, not only once */
};

/* The struct stays where it is as long as its memory is in use. */
void fail_mem_init(struct fail_mem *fail);

/* The n-th allocation or resize from now (1: the next one) fails; 0: none does. With
 * `for_ever` all later ones fail too. Frees never fail. */
void fail_mem_arm(struct fail_mem *fail, size_t n, bool for_ever);

#endif
