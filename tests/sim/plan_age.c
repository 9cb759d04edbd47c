/* SPDX-License-Identifier: ISC */
/* Plans in which clients are forgotten, and records expire. Each of the two has dice of its
 * own, so that the rest of a plan does not depend on it. */
#include "plan_internal.h"

/* ---- forgetting ---- */

/* A client whose clock is right, or ahead by up to what a tombstone is raised by. */
static void draw_late_report(struct plan *plan, struct dice *dice, const struct op *forget)
{
    static const int64_t ahead_ms[] = {0, 0, 0, 10, 1000, 30000, 60000};
    if (plan->op_count + 2 >= PLAN_OPS)
        return;
    struct op *op = plan_add(plan, OP_AHEAD, dice);
    op->client = forget->client;
    op->n = pick(dice, ahead_ms, 7);
    /* Before it, at the same time, or after it. */
    op->at_ms = forget->at_ms + between(dice, -300, 300) * between(dice, 0, 10);
    op->at_ms = op->at_ms < 0 ? 0 : op->at_ms;
}

static bool has_kind(const struct plan *plan, enum op_kind kind)
{
    for (size_t i = 0; i < plan->op_count; i++)
        if (plan->op[i].kind == kind)
            return true;
    return false;
}

/* As far apart as links allow. */
static void draw_server_clocks(struct plan *plan, struct dice *dice)
{
    int64_t most_ms = plan->skew_max_ms * 9 / 20;
    for (uint32_t i = 0; i < plan->servers && plan->op_count + 2 < PLAN_OPS; i++) {
        struct op *op = plan_add(plan, OP_CLOCK, dice);
        op->at_ms = 0;
        op->a = i;
        op->n = between(dice, -most_ms, most_ms);
    }
}

/* Both sides of a partition that lasts as long as anything. */
static void draw_partition(struct plan *plan, struct dice *dice)
{
    if (plan->op_count + 2 >= PLAN_OPS)
        return;
    struct op *op = plan_add(plan, OP_CUT, dice);
    plan_draw_link(plan, dice, op);
    op->at_ms /= 3;
    op->for_ms = plan->end_ms;
}

void plan_draw_forgets(struct plan *plan, uint64_t seed)
{
    struct dice dice = {seed * UINT64_C(0x9e3779b97f4a7c15) + 2};
    if (one_in(&dice, 3))
        return;
    if (one_in(&dice, 2) && !has_kind(plan, OP_CLOCK))
        draw_server_clocks(plan, &dice);
    if (one_in(&dice, 4))
        draw_partition(plan, &dice);
    uint32_t clients = 1 + dice_roll(&dice, 3);
    for (uint32_t i = 1 + dice_roll(&dice, 8); i > 0; i--) {
        struct op *op = plan_add(plan, OP_FORGET, &dice);
        op->client = dice_roll(&dice, clients);
        struct op forget = *op;
        for (uint32_t n = dice_roll(&dice, 4); n > 0; n--)
            draw_late_report(plan, &dice, &forget);
    }
}

/* ---- expiry ---- */

static void draw_queries(struct plan *plan, struct dice *dice, uint32_t count)
{
    while (count-- > 0 && plan->op_count + 2 < PLAN_OPS)
        plan_add(plan, OP_QUERY, dice)->client = dice_roll(dice, 3);
}

/* Then a client's records expire in their order, and digests must never differ. */
static void set_clocks_right(struct plan *plan)
{
    for (size_t i = 0; i < plan->op_count; i++) {
        struct op *op = &plan->op[i];
        if (op->kind == OP_REPORT || op->kind == OP_FUTURE || op->kind == OP_AHEAD) {
            op->kind = OP_AHEAD;
            op->n = 0;
        }
    }
}

/* Clients whose clocks are right, so that records expire in their order. */
static void draw_living_clients(struct plan *plan, struct dice *dice, uint32_t count)
{
    while (count-- > 0 && plan->op_count + 2 < PLAN_OPS) {
        struct op *op = plan_add(plan, OP_AHEAD, dice);
        op->client = dice_roll(dice, 4);
    }
}

/* Records expire, and faults last longer than they live. */
void plan_draw_expiry(struct plan *plan, uint64_t seed)
{
    static const int64_t seconds[] = {1, 2, 5, 20, 100, 3000};
    struct dice dice = {seed * UINT64_C(0x9e3779b97f4a7c15) + 3};
    draw_queries(plan, &dice, dice_roll(&dice, 4));
    if (!one_in(&dice, 3))
        return;
    plan->expire_s = pick(&dice, seconds, 6);
    if (!has_kind(plan, OP_CLOCK) && !has_kind(plan, OP_SKEW))
        plan->skew_max_ms = between(&dice, 100, 5000);
    if (plan->expire_s < 100 && one_in(&dice, 2))
        plan->end_ms += (plan->expire_s * 1000 + 2 * plan->skew_max_ms) % 60000;
    if (one_in(&dice, 2))
        set_clocks_right(plan);
    draw_living_clients(plan, &dice, dice_roll(&dice, 20));
    draw_queries(plan, &dice, dice_roll(&dice, 30));
    for (uint32_t i = dice_roll(&dice, 3); i > 0; i--)
        draw_partition(plan, &dice);
    if (one_in(&dice, 2) && plan->op_count + 2 < PLAN_OPS) {
        struct op *op = plan_add(plan, OP_FREEZE, &dice);
        op->for_ms = between(&dice, 100, plan->end_ms);
    }
}
