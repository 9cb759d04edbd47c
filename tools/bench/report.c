/* SPDX-License-Identifier: ISC */
#include "report.h"

#include "bench.h"

#include <inttypes.h>
#include <stdio.h>

const int report_shares[REPORT_SHARES] = {500000, 900000, 990000, 999000, 999900, 1000000};
const char *const report_share_names[REPORT_SHARES] = {"p50",   "p90",    "p99",
                                                       "p99.9", "p99.99", "max"};

/* ---- arithmetic ---- */

static double seconds(const struct outcome *outcome)
{
    return (double)(outcome->to_ns - outcome->from_ns) / 1e9;
}

double report_rate(const struct outcome *outcome)
{
    double passed = seconds(outcome);
    return passed > 0 ? (double)outcome->replies / passed : 0;
}

static double cores_of(const struct usage *before, const struct usage *after,
                       const struct outcome *outcome)
{
    double passed = seconds(outcome);
    return passed > 0 ? (double)(after->cpu_ns - before->cpu_ns) / 1e9 / passed : 0;
}

struct report_sum report_sum(const struct targets *targets, const struct outcome *outcome)
{
    struct report_sum sum = {.known = targets->count > 0};
    double memory = 0;
    for (uint32_t i = 0; i < targets->count; i++) {
        const struct target *target = &targets->list[i];
        sum.known = sum.known && target->before.known && target->after.known;
        sum.cores += cores_of(&target->before, &target->after, outcome);
        memory = target->after.memory < 0 || memory < 0
                     ? -1
                     : memory + (double)target->after.memory / (1024 * 1024);
    }
    sum.memory_mib = memory;
    uint64_t lines = outcome->replies + outcome->cold.count + outcome->fresh.count;
    if (lines > 0)
        sum.us_per_line = sum.cores * seconds(outcome) * 1e6 / (double)lines;
    return sum;
}

/* ---- text ---- */

static void print_settings(const struct bench_options *options,
                           const struct targets *targets)
{
    const char *comma = "";
    printf("%s: %" PRId64 " connections, pipeline %" PRId64,
           options->server != NULL ? targets->list[0].text : "the whole herd",
           options->connections, options->pipeline);
    if (options->idle > 0)
        printf(", %" PRId64 " idle", options->idle);
    if (options->cold > 0)
        printf(", %" PRId64 " cold", options->cold);
    if (options->fresh > 0)
        printf(", %" PRId64 " fresh", options->fresh);
    if (options->rate > 0)
        printf(", open loop of %" PRId64 " lines/s", options->rate);
    else
        printf(", closed loop");
    printf(", %" PRId64 " clients\nlines: ", options->clients);
    for (int kind = 0; kind < WORK_KINDS; kind++) {
        if (options->weight[kind] == 0)
            continue;
        printf("%s%s %d", comma, work_kind_names[kind], options->weight[kind]);
        comma = ", ";
    }
    putchar('\n');
}

static void print_latency(const struct histogram *latency, const char *title)
{
    printf("  %-9s", title);
    for (int i = 0; i < REPORT_SHARES; i++)
        printf("  %s %.3f", report_share_names[i],
               (double)histogram_at(latency, report_shares[i]) / 1e6);
    printf("  ms\n");
}

static void print_usage(const char *name, const struct usage *before,
                        const struct usage *after, const struct outcome *outcome)
{
    const double mib = 1024 * 1024;
    printf("  %-9s  ", name);
    if (!before->known || !after->known) {
        printf("CPU and memory: unknown\n");
        return;
    }
    printf("CPU %.2f of a core", cores_of(before, after, outcome));
    if (after->memory >= 0)
        printf(", memory %.1f MiB (at most %.1f)", (double)after->memory / mib,
               (double)after->memory_most / mib);
    putchar('\n');
}

static void print_errors(const struct outcome *outcome)
{
    uint64_t all = outcome->refused + outcome->wrong + outcome->unanswered +
                   outcome->unsent + outcome->lost + outcome->idle_lost;
    if (all == 0) {
        printf("  errors     none: all replies were received, in order and right\n");
        return;
    }
    printf("  ERRORS     %" PRIu64 " refused, %" PRIu64 " wrong, %" PRIu64
           " without a reply, %" PRIu64 " not sent; connections lost: %" PRIu64
           ", idle: %" PRIu64 "\n",
           outcome->refused, outcome->wrong, outcome->unanswered, outcome->unsent,
           outcome->lost, outcome->idle_lost);
}

static void print_own(const struct outcome *outcome)
{
    enum { P99 = 990000 };
    print_usage("herdbench", &outcome->own_before, &outcome->own_after, outcome);
    if (outcome->lag.count > 0)
        printf("  own lag    p99 %.3f ms, max %.3f ms: delay of herdbench in sending due "
               "lines\n",
               (double)histogram_at(&outcome->lag, P99) / 1e6,
               (double)outcome->lag.max / 1e6);
}

void report_text(const struct bench_options *options, const struct targets *targets,
                 const struct outcome *outcome)
{
    print_settings(options, targets);
    if (outcome->to_ns == 0) {
        printf("nothing was measured\n");
        return;
    }
    printf("  lines      %" PRIu64 " in %.2f s: %.0f lines/s\n", outcome->replies,
           seconds(outcome), report_rate(outcome));
    print_latency(&outcome->latency, "latency");
    if (outcome->cold.count > 0)
        print_latency(&outcome->cold, "cold");
    if (outcome->fresh.count > 0)
        print_latency(&outcome->fresh, "fresh");
    for (uint32_t i = 0; i < targets->count; i++) {
        const struct target *target = &targets->list[i];
        print_usage(target->name[0] != '\0' ? target->name : target->text, &target->before,
                    &target->after, outcome);
    }
    struct report_sum sum = report_sum(targets, outcome);
    if (sum.known)
        printf("  all        CPU %.2f cores, %.2f us per line\n", sum.cores,
               sum.us_per_line);
    print_own(outcome);
    print_errors(outcome);
    if (options->plot != PLOT_NONE) {
        putchar('\n');
        report_plot(options->plot, &outcome->latency);
    }
}
