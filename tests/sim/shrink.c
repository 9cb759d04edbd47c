/* SPDX-License-Identifier: ISC */
#include "shrink.h"

#include "run.h"

#include <stdlib.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

static bool fails(const struct plan *plan)
{
    int status = 0;
    pid_t child = fork();
    if (child < 0)
        abort();
    if (child == 0) {
        struct run_result result;
        if (freopen("/dev/null", "w", stderr) == NULL)
            _exit(2);
        run_plan(plan, NULL, &result);
        _exit(result.ok ? 0 : 1);
    }
    if (waitpid(child, &status, 0) != child)
        abort();
    return status != 0;
}

/* Keeps the change if it still fails. */
static bool keep(struct plan *plan, const struct plan *smaller)
{
    if (!fails(smaller))
        return false;
    *plan = *smaller;
    return true;
}

static bool without(struct plan *plan, size_t first, size_t count)
{
    struct plan smaller = *plan;
    memmove(&smaller.op[first], &smaller.op[first + count],
            (plan->op_count - first - count) * sizeof *plan->op);
    smaller.op_count -= count;
    return keep(plan, &smaller);
}

/* Ever smaller groups of operations are left out. */
static bool fewer_ops(struct plan *plan)
{
    bool changed = false;
    for (size_t count = plan->op_count; count > 0; count /= 2)
        for (size_t first = 0; first + count <= plan->op_count;) {
            if (without(plan, first, count))
                changed = true;
            else
                first += count;
        }
    return changed;
}

static bool shorter_ops(struct plan *plan)
{
    bool changed = false;
    for (size_t i = 0; i < plan->op_count; i++) {
        struct plan smaller = *plan;
        struct op *op = &smaller.op[i];
        if (op->for_ms > 1) {
            op->for_ms /= 2;
            changed = keep(plan, &smaller) || changed;
        }
        smaller = *plan;
        if (op->kind == OP_BULK && op->n > 1) {
            op->n /= 2;
            changed = keep(plan, &smaller) || changed;
        }
    }
    return changed;
}

static bool plainer(struct plan *plan)
{
    struct plan tries[9];
    bool changed = false;
    for (size_t i = 0; i < 9; i++) {
        struct plan *smaller = &tries[i];
        *smaller = *plan;
        switch (i) {
        case 0: smaller->segment = 0; break;
        case 1: smaller->rate = 0; break;
        case 2: smaller->keyed = false; break;
        case 3: smaller->dead_links = 0; break;
        case 4: smaller->dead = 0; break;
        case 5: smaller->kernel = 1 << 17; break;
        case 6: smaller->latency_ms = smaller->latency_ms / 2; break;
        case 7: smaller->idle_ms = smaller->idle_ms / 2; break;
        default: smaller->end_ms = smaller->end_ms * 3 / 4; break;
        }
        plan_clip(smaller);
        /* Padding that differs costs one more run.
         * NOLINTNEXTLINE(bugprone-suspicious-memory-comparison,cert-*) */
        if (memcmp(smaller, plan, sizeof *plan) != 0)
            changed = keep(plan, smaller) || changed;
    }
    return changed;
}

bool shrink_plan(struct plan *plan)
{
    if (!fails(plan))
        return false;
    for (int round = 0; round < 20; round++) {
        bool changed = fewer_ops(plan);
        changed = shorter_ops(plan) || changed;
        changed = plainer(plan) || changed;
        if (!changed)
            break;
    }
    return true;
}
