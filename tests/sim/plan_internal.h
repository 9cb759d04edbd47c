/* SPDX-License-Identifier: ISC */
/* What plan.c and plan_age.c share: the dice of plans. */
#ifndef TESTS_SIM_PLAN_INTERNAL_H
#define TESTS_SIM_PLAN_INTERNAL_H

#include "dice.h"
#include "plan.h"

static inline int64_t between(struct dice *dice, int64_t least, int64_t most)
{
    return least + (int64_t)(dice_next(dice) % (uint64_t)(most - least + 1));
}

static inline bool one_in(struct dice *dice, uint32_t n)
{
    return dice_roll(dice, n) == 0;
}

static inline int64_t pick(struct dice *dice, const int64_t *list, uint32_t count)
{
    return list[dice_roll(dice, count)];
}

/* Adds an operation at any time before plan->end_ms, on any server. */
struct op *plan_add(struct plan *plan, enum op_kind kind, struct dice *dice);

/* Chooses two servers that are linked. */
void plan_draw_link(struct plan *plan, struct dice *dice, struct op *op);

void plan_draw_forgets(struct plan *plan, uint64_t seed);
void plan_draw_expiry(struct plan *plan, uint64_t seed);

#endif
