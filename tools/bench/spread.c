/* SPDX-License-Identifier: ISC */
/* A new client is reported to server A, while server B gets a query for it again and again,
 * one at a time: WHATSAT is refused as long as B does not know the client. The propagation
 * time ends with the reply to the first query that is not refused. Where that query may
 * have had to wait for Places, it ends at the query plus the latency of the refusal before
 * it. */
#include "spread.h"

#include "probe.h"
#include "bench.h"
#include "herd/instant.h"
#include "histogram.h"
#include "io/clock.h"
#include "report.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { HOPS_MAX = 32, LINE = 128, P50 = 500000, P99 = 990000 };

struct spread {
    const struct bench_options *options;
    const struct targets *targets;
    struct probe *probes;         /* one for each server */
    struct histogram *hops;       /* HOPS_MAX of them */
    struct histogram *query_time; /* latency of one query */
    int64_t *median;              /* of pair (a, b) at [a * count + b], in ns; -1: none */
    uint64_t serial, tag, missed;
};

/* ---- one sample ---- */

/* Sends one query to B. 1: it knows the client, 0: it does not, -1: no reply. Sets *took_ns
 * to the latency, except of a reply that may have waited for Places. */
static int send_query(const struct spread *spread, struct probe *probe,
                      struct herd_slice query, int64_t until_ns, int64_t *took_ns)
{
    struct herd_slice reply;
    int64_t sent_ns = bench_now_ns();
    if (!probe_send(probe, query) || !probe_receive(probe, until_ns, &reply))
        return -1;
    bool refused = reply.len > 0 && reply.data[0] == '?';
    if (refused || !spread->options->places_ok)
        *took_ns = probe->received_ns - sent_ns;
    if (refused)
        return 0;
    while (reply.len > 0)
        if (!probe_receive(probe, until_ns, &reply))
            return -1;
    return 1;
}

/* The propagation time in ns, or -1. */
static int64_t sample(struct spread *spread, struct probe *a, struct probe *b)
{
    char report[LINE], text[LINE];
    struct herd_slice reply;
    int64_t took_ns = 0, sent_ns, now_ns = io_clock_wall().ns;
    int64_t until_ns = bench_now_ns() + spread->options->timeout_ns;
    uint64_t serial = spread->serial++;
    int report_len =
        snprintf(report, LINE,
                 "IAMAT spread-%08" PRIx64 "-%" PRIu64 " +34.068930-118.445127 %" PRId64
                 ".%09" PRId64 "\n",
                 spread->tag, serial, now_ns / HERD_NS_PER_S, now_ns % HERD_NS_PER_S);
    int query_len = snprintf(text, LINE, "WHATSAT spread-%08" PRIx64 "-%" PRIu64 " 1 0\n",
                             spread->tag, serial);
    struct herd_slice query = herd_slice(text, (size_t)query_len);
    int known = send_query(spread, b, query, until_ns, &took_ns);
    int64_t start_ns = bench_now_ns();
    if (known != 0 || !probe_send(a, herd_slice(report, (size_t)report_len)))
        return -1;
    do {
        histogram_add(spread->query_time, took_ns);
        sent_ns = bench_now_ns();
        known = send_query(spread, b, query, until_ns, &took_ns);
    } while (known == 0 && sent_ns < until_ns && !bench_stopped());
    if (!probe_receive(a, until_ns, &reply) || reply.data[0] != 'A' || known != 1)
        return -1;
    return sent_ns + took_ns - start_ns;
}

/* ---- all pairs ---- */

static int measure_pair(struct spread *spread, uint32_t a, uint32_t b)
{
    const struct target *list = spread->targets->list;
    uint32_t hops = targets_hops(spread->targets, list[a].index, list[b].index);
    struct histogram *all = &spread->hops[hops < HOPS_MAX ? hops : HOPS_MAX - 1];
    struct histogram *here = calloc(1, sizeof *here);
    if (here == NULL)
        return bench_error(BENCH_FAILED, "out of memory");
    for (int64_t i = 0; i < spread->options->samples && !bench_stopped(); i++) {
        int64_t ns = sample(spread, &spread->probes[a], &spread->probes[b]);
        if (ns < 0)
            break;
        histogram_add(here, ns);
    }
    histogram_merge(all, here);
    spread->median[a * spread->targets->count + b] =
        here->count > 0 ? histogram_at(here, P50) : -1;
    bool whole = here->count == (uint64_t)spread->options->samples;
    free(here);
    if (whole || bench_stopped())
        return bench_stopped() ? BENCH_STOPPED : BENCH_OK;
    spread->missed++;
    return bench_error(BENCH_TIMED_OUT, "%s did not receive a report that was made to %s",
                       list[b].text, list[a].text);
}

static void show(const struct spread *spread, uint32_t a)
{
    if (spread->options->quiet || spread->options->json || isatty(STDERR_FILENO) != 1)
        return;
    if (a < spread->targets->count)
        (void)fprintf(stderr, "\rfrom %-30s", spread->targets->list[a].text);
    else
        (void)fprintf(stderr, "\r%40s\r", "");
}

static int measure(struct spread *spread)
{
    uint32_t count = spread->targets->count;
    int status = BENCH_OK;
    for (uint32_t i = 0; i < count && status == BENCH_OK; i++)
        status = probe_open(&spread->probes[i], &spread->targets->list[i],
                            spread->options->timeout_ns);
    for (uint32_t a = 0; a < count && status == BENCH_OK; a++) {
        show(spread, a);
        for (uint32_t b = 0; b < count && status == BENCH_OK; b++)
            if (a != b)
                status = measure_pair(spread, a, b);
    }
    show(spread, count);
    return status;
}

/* ---- the report ---- */

static void print_text(const struct spread *spread)
{
    uint32_t count = spread->targets->count;
    printf("propagation from the server that gets a report to another one, ms\n");
    printf("  %-6s %8s %9s %9s %9s %9s\n", "hops", "samples", "min", "p50", "p99", "max");
    for (int i = 0; i < HOPS_MAX; i++) {
        const struct histogram *times = &spread->hops[i];
        if (times->count > 0)
            printf("  %-6d %8" PRIu64 " %9.3f %9.3f %9.3f %9.3f\n", i, times->count,
                   (double)times->min / 1e6, (double)histogram_at(times, P50) / 1e6,
                   (double)histogram_at(times, P99) / 1e6, (double)times->max / 1e6);
    }
    printf("the resolution is the latency of one query, p50 %.3f ms\n\np50 by pair",
           (double)histogram_at(spread->query_time, P50) / 1e6);
    for (uint32_t b = 0; b < count; b++)
        printf(" %9.9s", spread->targets->list[b].name);
    putchar('\n');
    for (uint32_t a = 0; a < count; a++) {
        printf("%-11.11s", spread->targets->list[a].name);
        for (uint32_t b = 0; b < count; b++)
            if (a == b || spread->median[a * count + b] < 0)
                printf(" %9s", "-");
            else
                printf(" %9.3f", (double)spread->median[a * count + b] / 1e6);
        putchar('\n');
    }
}

static void print_json(const struct spread *spread, int status)
{
    const char *comma = "";
    uint32_t count = spread->targets->count;
    printf("{\n  \"hops\": [");
    for (int i = 0; i < HOPS_MAX; i++) {
        const struct histogram *times = &spread->hops[i];
        if (times->count == 0)
            continue;
        printf("%s\n    {\"hops\": %d, \"samples\": %" PRIu64
               ", \"min_us\": %.1f, \"p50_us\": %.1f, \"p99_us\": %.1f, \"max_us\": %.1f}",
               comma, i, times->count, (double)times->min / 1e3,
               (double)histogram_at(times, P50) / 1e3,
               (double)histogram_at(times, P99) / 1e3, (double)times->max / 1e3);
        comma = ",";
    }
    printf("\n  ],\n  \"question_p50_us\": %.1f,\n  \"pairs\": [",
           (double)histogram_at(spread->query_time, P50) / 1e3);
    comma = "";
    for (uint32_t i = 0; i < count * count; i++) {
        if (i / count == i % count || spread->median[i] < 0)
            continue;
        printf("%s\n    {\"from\": ", comma);
        report_json_text(spread->targets->list[i / count].name);
        printf(", \"to\": ");
        report_json_text(spread->targets->list[i % count].name);
        printf(", \"p50_us\": %.1f}", (double)spread->median[i] / 1e3);
        comma = ",";
    }
    printf("\n  ],\n  \"status\": %d\n}\n", status);
}

int spread_run(struct targets *targets, const struct bench_options *options)
{
    struct spread spread = {.options = options, .targets = targets};
    uint32_t count = targets->count;
    int status;
    if (count < 2)
        return bench_error(BENCH_USAGE, "spread needs two servers or more");
    spread.tag = (uint64_t)(io_clock_wall().ns / HERD_NS_PER_MS) & UINT32_MAX;
    spread.probes = calloc(count, sizeof *spread.probes);
    spread.hops = calloc(HOPS_MAX, sizeof *spread.hops);
    spread.query_time = calloc(1, sizeof *spread.query_time);
    spread.median = malloc((size_t)count * count * sizeof *spread.median);
    if (spread.probes == NULL || spread.hops == NULL || spread.query_time == NULL ||
        spread.median == NULL) {
        status = bench_error(BENCH_FAILED, "out of memory");
    } else {
        for (uint32_t i = 0; i < count * count; i++)
            spread.median[i] = -1;
        for (uint32_t i = 0; i < count; i++)
            spread.probes[i].fd = -1;
        status = measure(&spread);
        if (options->json)
            print_json(&spread, status);
        else if (spread.query_time->count > 0)
            print_text(&spread);
        for (uint32_t i = 0; i < count; i++)
            probe_close(&spread.probes[i]);
    }
    free(spread.probes);
    free(spread.hops);
    free(spread.query_time);
    free(spread.median);
    return status;
}
