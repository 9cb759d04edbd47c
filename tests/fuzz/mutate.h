/* SPDX-License-Identifier: ISC */
/* Damaged copies of seeds: what a fuzzer does, without knowing what its input reaches. The
 * n-th damaged copy is the same on every machine. */
#ifndef TESTS_FUZZ_MUTATE_H
#define TESTS_FUZZ_MUTATE_H

#include "herd/slice.h"

#include <stdint.h>

enum { MUTATE_MAX = 65536 }; /* bytes of an input; what a seed has more is cut off */

struct mutate_seeds {
    struct herd_slice *list;
    size_t count; /* > 0 */
};

/* Puts the n-th one into `out` (MUTATE_MAX bytes), and returns its length. */
size_t mutate(const struct mutate_seeds *seeds, uint64_t n, char *out);

#endif
