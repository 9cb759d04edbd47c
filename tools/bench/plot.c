/* SPDX-License-Identifier: ISC */
/* Plots latency as text. */
#include "report.h"

#include <inttypes.h>
#include <stdio.h>

enum { BAR = 48 };

static void put_bar(int length)
{
    for (int i = 0; i < length; i++)
        putchar('#');
    putchar('\n');
}

/* The length of a bar on a logarithmic scale from `least` to `most`, which is divided into
 * eighths of an octave. */
static int log_bar(int64_t value, int64_t least, int64_t most)
{
    enum { STEPS = 64 * 8 };
    const double step = 1.0905077326652577;
    double at = (double)(least > 0 ? least : 1);
    int all = 0, here = 0;
    while (all < STEPS && at < (double)most) {
        all++;
        here += at < (double)value ? 1 : 0;
        at *= step;
    }
    return all > 0 ? 1 + here * (BAR - 1) / all : 1;
}

static void plot_curve(const struct histogram *latency)
{
    static const struct point {
        int share;
        const char *name;
    } points[] = {{0, "min"},          {100000, "p10"},    {250000, "p25"},
                  {500000, "p50"},     {750000, "p75"},    {900000, "p90"},
                  {950000, "p95"},     {990000, "p99"},    {995000, "p99.5"},
                  {999000, "p99.9"},   {999500, "p99.95"}, {999900, "p99.99"},
                  {999990, "p99.999"}, {1000000, "max"}};
    printf("  latency by percentile (log scale)\n");
    for (size_t i = 0; i < sizeof points / sizeof points[0]; i++) {
        int64_t value = histogram_at(latency, points[i].share);
        printf("  %8s %12.3f ms |", points[i].name, (double)value / 1e6);
        put_bar(log_bar(value, latency->min, latency->max));
    }
}

/* Each row covers twice the time of the row before; bars are in proportion, with at least
 * one mark for a row that is not empty. */
static void plot_histogram(const struct histogram *latency)
{
    uint64_t below = 0, most = 0;
    int64_t first = 1;
    while (first * 2 <= latency->min)
        first *= 2;
    for (int64_t end = first * 2; below < latency->count; end *= 2) {
        uint64_t upto = histogram_up_to(latency, end - 1);
        most = upto - below > most ? upto - below : most;
        below = upto;
    }
    below = 0;
    printf("  lines by latency\n");
    for (int64_t end = first * 2; below < latency->count; end *= 2) {
        uint64_t upto = histogram_up_to(latency, end - 1), here = upto - below;
        printf("  below %12.3f ms %12" PRIu64 " |", (double)end / 1e6, here);
        put_bar(here > 0 ? 1 + (int)((double)here * (BAR - 1) / (double)most) : 0);
        below = upto;
    }
}

void report_plot(enum plot plot, const struct histogram *latency)
{
    if (latency->count == 0)
        return;
    if (plot == PLOT_CURVE)
        plot_curve(latency);
    else
        plot_histogram(latency);
}
