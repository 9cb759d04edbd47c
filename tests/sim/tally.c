/* SPDX-License-Identifier: ISC */
#include "tally.h"

#include <inttypes.h>
#include <stdlib.h>

void tally_add(struct tally *tally, const struct plan *plan,
               const struct run_result *result)
{
    tally->runs++;
    tally->failed += !result->ok;
    tally->ms += result->total_ms;
    tally->steps += result->steps;
    tally->reports += result->reports;
    tally->order_triples += result->order_triples;
    for (int i = 0; i < OP_KINDS; i++)
        tally->done[i] += result->done[i];
    for (int i = 0; i < MARK_COUNT; i++)
        tally->marks.seen[i] += result->marks.seen[i];
    if (result->most_unsent > tally->most_unsent)
        tally->most_unsent = result->most_unsent;
    if (!result->ok)
        return;
    uint64_t n = tally->heals[plan->shape]++;
    tally->heal_ms[plan->shape][n % TALLY_HEALS] = result->heal_ms;
    /* a/b > c/d, without division */
    if (tally->worst_bound_ms == 0 ||
        result->heal_ms * tally->worst_bound_ms > tally->worst_heal_ms * result->bound_ms) {
        tally->worst_heal_ms = result->heal_ms;
        tally->worst_bound_ms = result->bound_ms;
        tally->worst_seed = plan->seed;
    }
}

static int by_size(const void *a, const void *b)
{
    const int64_t *left = a, *right = b;
    return (*left > *right) - (*left < *right);
}

static void print_heals(struct tally *tally, FILE *out)
{
    fprintf(out, "\n  time to heal, ms        runs      p50      p99      max\n");
    for (int shape = 0; shape < SHAPE_COUNT; shape++) {
        uint64_t n = tally->heals[shape] < TALLY_HEALS ? tally->heals[shape] : TALLY_HEALS;
        int64_t *ms = tally->heal_ms[shape];
        if (n == 0)
            continue;
        qsort(ms, (size_t)n, sizeof *ms, by_size);
        fprintf(out, "    %-16s %8" PRIu64 " %8" PRId64 " %8" PRId64 " %8" PRId64 "\n",
                shape_name((enum shape)shape), tally->heals[shape], ms[n / 2],
                ms[n * 99 / 100], ms[n - 1]);
    }
    fprintf(out,
            "    closest to its bound: seed %" PRIu64 ", %" PRId64 " of %" PRId64 " ms\n",
            tally->worst_seed, tally->worst_heal_ms, tally->worst_bound_ms);
}

static double per_s(uint64_t count, double real_s)
{
    return (double)count / (real_s > 0 ? real_s : 1e-9);
}

void tally_print_line(const struct tally *tally, double real_s, FILE *out)
{
    fprintf(out,
            "  %" PRIu64 " seeds, %" PRIu64
            " failed, %.1f herd-hours, %.1f million events, "
            "%.2f million events/s\n",
            tally->runs, tally->failed, (double)tally->ms / 3.6e6,
            (double)tally->steps / 1e6, per_s(tally->steps, real_s) / 1e6);
}

void tally_print(struct tally *tally, double real_s, FILE *out)
{
    fprintf(out, "\n");
    tally_print_line(tally, real_s, out);
    fprintf(out,
            "  %" PRIu64 " lines of clients, %" PRIu64
            " triples of records ordered; %zu bytes at most were kept for a neighbour\n",
            tally->reports, tally->order_triples, tally->most_unsent);
    fprintf(out, "\n  operations\n");
    for (int i = 0; i < OP_KINDS; i++)
        fprintf(out, "    %-16s %8" PRIu64 "\n", op_word((enum op_kind)i), tally->done[i]);
    fprintf(out, "\n  marks\n");
    for (int i = 0; i < MARK_COUNT; i++)
        fprintf(out, "    %-48s %8" PRIu64 "\n", mark_text((enum mark)i),
                tally->marks.seen[i]);
    print_heals(tally, out);
}

int tally_missing(const struct tally *tally, FILE *out)
{
    int missing = 0;
    for (int i = 0; i < MARK_COUNT; i++) {
        if (tally->marks.seen[i] > 0)
            continue;
        fprintf(out, "  never seen: %s\n", mark_text((enum mark)i));
        missing++;
    }
    return missing;
}
