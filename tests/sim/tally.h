/* SPDX-License-Identifier: ISC */
/* The sum of many runs: the figures that `make sim` prints. */
#ifndef TESTS_SIM_TALLY_H
#define TESTS_SIM_TALLY_H

#include "run.h"

enum { TALLY_HEALS = 4096 }; /* heal times kept for each shape; later ones replace some */

struct tally {
    uint64_t runs, failed;
    int64_t ms; /* of virtual time, of whole herds */
    uint64_t steps, reports, order_triples;
    uint64_t done[OP_KINDS];
    struct marks marks;
    size_t most_unsent;
    int64_t heal_ms[SHAPE_COUNT][TALLY_HEALS];
    uint64_t heals[SHAPE_COUNT];
    int64_t worst_heal_ms, worst_bound_ms; /* the run that came closest to its bound */
    uint64_t worst_seed;
};

void tally_add(struct tally *tally, const struct plan *plan,
               const struct run_result *result);

/* `real_s`: the real time of all runs, seconds. */
void tally_print(struct tally *tally, double real_s, FILE *out);

/* One line of it. */
void tally_print_line(const struct tally *tally, double real_s, FILE *out);

/* The marks that were never seen, one a line; returns their number. */
int tally_missing(const struct tally *tally, FILE *out);

#endif
