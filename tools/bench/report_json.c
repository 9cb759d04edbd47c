/* SPDX-License-Identifier: ISC */
/* The report as JSON, with one member per line, so that sed(1) can read it. */
#include "report.h"

#include <inttypes.h>
#include <stdio.h>

void report_json_text(const char *text)
{
    putchar('"');
    for (const char *at = text; *at != '\0'; at++) {
        unsigned char c = (unsigned char)*at;
        if (c == '"' || c == '\\')
            printf("\\%c", c);
        else if (c < ' ' || c >= 0x7f)
            printf("\\u%04x", (unsigned)c);
        else
            putchar(c);
    }
    putchar('"');
}

static void put_histogram(const char *name, const struct histogram *times)
{
    printf("  \"%s\": {\n    \"count\": %" PRIu64 ",\n    \"mean\": %.1f,\n    \"min\": "
           "%.3f",
           name, times->count, histogram_mean(times) / 1e3, (double)times->min / 1e3);
    for (int i = 0; i < REPORT_SHARES; i++)
        printf(",\n    \"%s\": %.3f", report_share_names[i],
               (double)histogram_at(times, report_shares[i]) / 1e3);
    printf("\n  },\n");
}

static void put_usage(const char *indent, const struct usage *before,
                      const struct usage *after)
{
    printf("%s\"cpu_ms\": ", indent);
    if (before->known && after->known)
        printf("%.1f", (double)(after->cpu_ns - before->cpu_ns) / 1e6);
    else
        printf("null");
    printf(",\n%s\"memory_bytes\": ", indent);
    if (after->known && after->memory >= 0)
        printf("%" PRId64, after->memory);
    else
        printf("null");
}

static void put_servers(const struct targets *targets, const struct outcome *outcome)
{
    printf("  \"servers\": [");
    for (uint32_t i = 0; i < targets->count; i++) {
        const struct target *target = &targets->list[i];
        printf("%s\n    {\n      \"name\": ", i > 0 ? "," : "");
        report_json_text(target->name[0] != '\0' ? target->name : target->text);
        printf(",\n");
        put_usage("      ", &target->before, &target->after);
        printf("\n    }");
    }
    struct report_sum sum = report_sum(targets, outcome);
    printf("\n  ],\n  \"servers_us_a_line\": ");
    if (sum.known)
        printf("%.4f,\n  \"servers_cores\": %.3f,\n  \"servers_memory_mib\": %.2f,\n",
               sum.us_per_line, sum.cores, sum.memory_mib);
    else
        printf("null,\n  \"servers_cores\": null,\n  \"servers_memory_mib\": null,\n");
}

static void put_settings(const struct bench_options *options)
{
    printf("  \"connections\": %" PRId64 ",\n  \"pipeline\": %" PRId64
           ",\n  \"idle\": %" PRId64 ",\n  \"cold\": %" PRId64 ",\n  \"fresh\": %" PRId64
           ",\n  \"clients\": %" PRId64 ",\n  \"rate\": %" PRId64 ",\n  \"mix\": {",
           options->connections, options->pipeline, options->idle, options->cold,
           options->fresh, options->clients, options->rate);
    for (int kind = 0; kind < WORK_KINDS; kind++)
        printf("%s\"%s\": %d", kind > 0 ? ", " : "", work_kind_names[kind],
               options->weight[kind]);
    printf("},\n");
}

void report_json(const struct bench_options *options, const struct targets *targets,
                 const struct outcome *outcome)
{
    printf("{\n  \"version\": ");
    report_json_text(HERD_VERSION);
    printf(",\n");
    put_settings(options);
    printf("  \"measured_s\": %.6f,\n  \"lines\": %" PRIu64
           ",\n  \"lines_a_second\": %.1f,\n",
           (double)(outcome->to_ns - outcome->from_ns) / 1e9, outcome->replies,
           report_rate(outcome));
    put_histogram("latency_us", &outcome->latency);
    if (outcome->cold.count > 0)
        put_histogram("cold_us", &outcome->cold);
    if (outcome->fresh.count > 0)
        put_histogram("fresh_us", &outcome->fresh);
    if (outcome->lag.count > 0)
        put_histogram("lag_us", &outcome->lag);
    put_servers(targets, outcome);
    printf("  \"herdbench\": {\n");
    put_usage("    ", &outcome->own_before, &outcome->own_after);
    printf("\n  },\n  \"errors\": {\n    \"refused\": %" PRIu64 ",\n    \"wrong\": %" PRIu64
           ",\n    \"unanswered\": %" PRIu64 ",\n    \"unsent\": %" PRIu64
           ",\n    \"lost\": %" PRIu64 ",\n    \"idle_lost\": %" PRIu64
           "\n  },\n  \"why\": ",
           outcome->refused, outcome->wrong, outcome->unanswered, outcome->unsent,
           outcome->lost, outcome->idle_lost);
    report_json_text(outcome->error.text);
    printf(",\n  \"status\": %d\n}\n", outcome->status);
}
