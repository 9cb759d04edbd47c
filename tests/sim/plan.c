/* SPDX-License-Identifier: ISC */
#include "plan_internal.h"

#include "net.h"

#include <inttypes.h>
#include <stdlib.h>

enum { FUTURE_YEARS = 240 }; /* the year 2261 */

/* ---- kinds of operations ---- */

static const char *const words[] = {
#define WORD(name, word, operands, what) word,
    OPS(WORD)
#undef WORD
};

static const char *const operands[] = {
#define OPERANDS(name, word, ops, what) ops,
    OPS(OPERANDS)
#undef OPERANDS
};

const char *op_word(enum op_kind kind)
{
    return words[kind];
}

static bool has(enum op_kind kind, char operand)
{
    return strchr(operands[kind], operand) != NULL;
}

/* Four ways to write an instant; the first three are the same to a nanosecond. */
void plan_time(int64_t n, char *out, size_t size)
{
    static const char *const tails[] = {"", ".0", ".0000000001", ".5"};
    snprintf(out, size, "%" PRId64 "%s", n / 4, tails[n % 4]);
}

static int by_time(const void *a, const void *b)
{
    const struct op *left = a, *right = b;
    return (left->at_ms > right->at_ms) - (left->at_ms < right->at_ms);
}

void plan_sort(struct plan *plan)
{
    qsort(plan->op, plan->op_count, sizeof *plan->op, by_time);
}

void plan_conf(const struct plan *plan, char out[SHAPE_CONF])
{
    char base[SHAPE_CONF];
    shape_conf(plan->shape, plan->servers, base);
    /* The first two lines are options that this plan has its own values for. */
    const char *rest = strstr(base, "server ");
    int len =
        snprintf(out, SHAPE_CONF,
                 "log-traffic no\nlink-ping-ms %" PRId64 "\nlink-timeout-ms %" PRId64
                 "\nlink-retry-max-ms %" PRId64 "\nhandshake-timeout-ms %" PRId64
                 "\nlink-connect-timeout-ms %" PRId64 "\nlink-skew-max-ms %" PRId64
                 "\nclient-expire %" PRId64 "\n%s",
                 plan->ping_ms, plan->timeout_ms, plan->retry_max_ms, plan->handshake_ms,
                 plan->connect_ms, plan->skew_max_ms, plan->expire_s, rest);
    if (len < 0 || len >= SHAPE_CONF)
        abort();
}

/* ---- drawing ---- */

static void draw_herd(struct plan *plan, struct dice *dice, bool tiny)
{
    plan->shape = (enum shape)dice_roll(dice, SHAPE_COUNT);
    plan->servers = tiny ? 2 + dice_roll(dice, 2) : 3 + dice_roll(dice, 4);
    if (!tiny && one_in(dice, 20))
        plan->servers = 8;
    if (plan->servers == 2)
        plan->shape = SHAPE_LINE;
    plan->keyed = one_in(dice, 2);
}

static void draw_options(struct plan *plan, struct dice *dice)
{
    static const int64_t pings[] = {1000, 1000, 2000, 5000};
    static const int64_t retries[] = {500, 1000, 1000, 5000, 30000};
    plan->ping_ms = one_in(dice, 20) ? 200 : pick(dice, pings, 4);
    plan->timeout_ms = plan->ping_ms * between(dice, 2, 3);
    plan->retry_max_ms = pick(dice, retries, 5);
    plan->handshake_ms = between(dice, 500, 5000);
    plan->connect_ms = between(dice, 200, 3000);
    plan->skew_max_ms = one_in(dice, 2) ? 5000 : 300000;
}

/* The slowest have room for heartbeats and not for much more, and a handshake takes its
 * time. But a packet comes within half of link-timeout-ms: a server that receives nothing
 * for longer than that regards the link as dead. */
static void draw_rate(struct plan *plan, struct dice *dice, bool tiny)
{
    plan->rate = one_in(dice, 8) ? between(dice, 20000, 200000) : 0;
    if (plan->rate == 0 || !tiny || plan->ping_ms < 1000 || one_in(dice, 2))
        return;
    int64_t least = 2 * NET_PACKET * INT64_C(1000) / plan->timeout_ms;
    plan->rate = between(dice, least > 300 ? least : 300, 3000);
    plan->handshake_ms = 5000;
}

static void draw_network(struct plan *plan, struct dice *dice, bool tiny)
{
    static const int64_t kernels[] = {300, 2000, 16384, 131072};
    plan->latency_ms = one_in(dice, 8) ? 0 : between(dice, 1, 60);
    draw_rate(plan, dice, tiny);
    plan->segment = one_in(dice, 3) ? 100 : 0;
    if (tiny && one_in(dice, 16))
        plan->segment = 1;
    plan->kernel = (size_t)pick(dice, kernels, 4);
}

struct op *plan_add(struct plan *plan, enum op_kind kind, struct dice *dice)
{
    struct op *op = &plan->op[plan->op_count++];
    if (plan->op_count == PLAN_OPS)
        abort();
    *op = (struct op){.kind = kind};
    op->at_ms = between(dice, 0, plan->end_ms - 1);
    op->a = dice_roll(dice, plan->servers);
    return op;
}

/* Clients whose clocks are right, a little ahead, or in another century. */
static void draw_clocks(struct plan *plan, struct dice *dice, uint32_t clients)
{
    static const int64_t ahead_ms[] = {-1000, 0, 0, 1000, 59999, 60000, 60001, 3600000};
    static const int64_t years[] = {1, 1, 2, 100, FUTURE_YEARS};
    if (!one_in(dice, 3))
        return;
    uint32_t victims = clients < 3 ? clients : 3;
    for (uint32_t i = 1 + dice_roll(dice, 8); i > 0; i--) {
        struct op *op = plan_add(plan, one_in(dice, 2) ? OP_FUTURE : OP_AHEAD, dice);
        op->client = dice_roll(dice, victims);
        op->n = op->kind == OP_FUTURE ? pick(dice, years, 5) : pick(dice, ahead_ms, 8);
    }
}

static void draw_reports(struct plan *plan, struct dice *dice, bool tiny)
{
    uint32_t clients = tiny ? 3 : 3 + dice_roll(dice, PLAN_CLIENTS - 3);
    uint32_t count = 2 + dice_roll(dice, tiny ? 30 : 50);
    int64_t times = tiny ? 8 : 400;
    for (uint32_t i = 0; i < count; i++) {
        struct op *op = plan_add(plan, OP_REPORT, dice);
        op->client = dice_roll(dice, clients);
        op->n = 4 + between(dice, 0, times - 1);
    }
    draw_clocks(plan, dice, clients);
}

void plan_draw_link(struct plan *plan, struct dice *dice, struct op *op)
{
    do {
        op->a = dice_roll(dice, plan->servers);
        op->b = dice_roll(dice, plan->servers);
    } while (op->a == op->b ||
             !shape_linked(plan->shape, plan->servers, op->a < op->b ? op->a : op->b,
                           op->a < op->b ? op->b : op->a));
}

/* Much to send, so that it takes a while. */
static void draw_crowd(struct plan *plan, struct dice *dice)
{
    struct op *bulk = plan_add(plan, OP_BULK, dice);
    plan->end_ms = plan->end_ms < 10000 ? 10000 : plan->end_ms;
    bulk->at_ms /= 4;
    bulk->n = between(dice, 100, 1200);
    if (one_in(dice, 2)) {
        struct op *storm = plan_add(plan, OP_STORM, dice);
        storm->n = between(dice, 200, 1500);
        storm->for_ms = between(dice, 500, 3000);
        /* Somebody needs everything meanwhile. */
        struct op *crash = plan_add(plan, OP_CRASH, dice);
        crash->at_ms = storm->at_ms + between(dice, 0, storm->for_ms / 2);
        crash->for_ms = between(dice, 1, 200);
        if (one_in(dice, 2))
            plan->rate = between(dice, 10000, 40000);
    }
    if (one_in(dice, 2)) {
        struct op *slow = plan_add(plan, OP_SLOW, dice);
        plan_draw_link(plan, dice, slow);
        slow->at_ms /= 2;
        slow->n = between(dice, 200, 3000);
        slow->for_ms = between(dice, 3000, 12000);
        plan->kernel = plan->kernel > 16384 ? 16384 : plan->kernel;
    }
    plan->kernel = plan->kernel < 2000 ? 2000 : plan->kernel;
    plan->segment = plan->segment == 1 ? 0 : plan->segment;
}

static int64_t draw_number(const struct plan *plan, struct dice *dice, enum op_kind kind)
{
    switch (kind) {
    case OP_SLOW: return between(dice, 200, 20000);
    case OP_CLOCK: return between(dice, -plan->skew_max_ms / 8, plan->skew_max_ms / 8);
    case OP_SKEW:
        return (one_in(dice, 2) ? 1 : -1) * plan->skew_max_ms * between(dice, 2, 20);
    case OP_MEMORY:
    case OP_HICCUP: return between(dice, 1, 40);
    default: break;
    }
    return dice_roll(dice, 2);
}

static void draw_fault(struct plan *plan, struct dice *dice, enum op_kind kind)
{
    static const int64_t longest[] = {20, 300, 3000, 12000};
    struct op *op = plan_add(plan, kind, dice);
    if (has(kind, 'l'))
        plan_draw_link(plan, dice, op);
    if (has(kind, 'n'))
        op->n = draw_number(plan, dice, kind);
    if (has(kind, '~'))
        op->for_ms = between(dice, 1, pick(dice, longest, 4));
}

static void draw_faults(struct plan *plan, struct dice *dice)
{
    enum op_kind allowed[OP_KINDS];
    uint32_t kinds = 0, share = 1 + dice_roll(dice, 5);
    for (int kind = OP_CUT; kind < OP_KINDS; kind++)
        if (one_in(dice, share))
            allowed[kinds++] = (enum op_kind)kind;
    uint32_t count = kinds > 0 ? dice_roll(dice, 24) : 0;
    int spoils = 0;
    for (uint32_t i = 0; i < count; i++) {
        enum op_kind kind = allowed[dice_roll(dice, kinds)];
        /* Each of these doubles the time that the next repair waits. */
        spoils += kind == OP_SPOIL;
        if (kind != OP_SPOIL || spoils <= 2)
            draw_fault(plan, dice, kind);
    }
}

/* With dice of its own, so that the rest of a plan does not depend on it. Followers keep
 * records that expire. */
static void draw_followers(struct plan *plan, uint64_t seed)
{
    struct dice dice = {seed * UINT64_C(0x9e3779b97f4a7c15) + 3};
    if (plan->expire_s == 0 && one_in(&dice, 3))
        plan->followers = 1 + dice_roll(&dice, PLAN_FOLLOWERS);
}

void plan_clip(struct plan *plan)
{
    size_t kept = 0;
    for (size_t i = 0; i < plan->op_count; i++) {
        struct op op = plan->op[i];
        if (op.at_ms >= plan->end_ms)
            continue;
        if (op.at_ms + op.for_ms > plan->end_ms)
            op.for_ms = plan->end_ms - op.at_ms;
        plan->op[kept++] = op;
    }
    plan->op_count = kept;
}

static void draw_end(struct plan *plan, struct dice *dice)
{
    plan->idle_ms = plan->ping_ms >= 1000 ? 60000 : 60 * plan->ping_ms;
    if (plan->ping_ms >= 1000 && one_in(dice, 6))
        plan->idle_ms = 900000;
    if (!one_in(dice, 3))
        return;
    for (uint32_t i = 0; i < plan->servers; i++)
        if (one_in(dice, plan->servers))
            plan->dead |= UINT32_C(1) << i;
    plan->dead_silently = one_in(dice, 2);
    if (one_in(dice, 3))
        /* NOLINTNEXTLINE(misc-redundant-expression): two throws, a quarter of the links */
        plan->dead_links = dice_next(dice) & dice_next(dice);
}

void plan_draw(struct plan *plan, uint64_t seed)
{
    static const int64_t ends[] = {1000, 4000, 10000, 30000};
    struct dice dice = {seed * UINT64_C(0x9e3779b97f4a7c15) + 1};
    bool tiny = one_in(&dice, 2);
    *plan = (struct plan){.seed = seed};
    draw_herd(plan, &dice, tiny);
    draw_options(plan, &dice);
    draw_network(plan, &dice, tiny);
    plan->end_ms = pick(&dice, ends, 4);
    draw_reports(plan, &dice, tiny);
    bool crowd = one_in(&dice, 25);
    if (crowd)
        draw_crowd(plan, &dice);
    draw_faults(plan, &dice);
    draw_end(plan, &dice);
    plan_draw_forgets(plan, seed);
    plan_draw_expiry(plan, seed);
    draw_followers(plan, seed);
    plan_clip(plan);
    plan_sort(plan);
}
