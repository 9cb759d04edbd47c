/* SPDX-License-Identifier: ISC */
/* Opens and closes the connections of the load; shows its progress on the terminal. */
#include "bench.h"
#include "herd/instant.h"
#include "load_internal.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

/* Raises the limit of open files to all connections and some files of its own. */
static int allow_connections(const struct bench_options *options)
{
    enum { OWN_FILES = 32 };
    struct rlimit limit;
    int64_t all = options->connections + options->idle + options->cold + options->fresh;
    rlim_t want = (rlim_t)(all + OWN_FILES);
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= want)
        return BENCH_OK;
    if (limit.rlim_max != RLIM_INFINITY && limit.rlim_max < want)
        return bench_error(BENCH_USAGE,
                           "%" PRId64 " connections: the system allows only %ju "
                           "descriptors (ulimit -n)",
                           all, (uintmax_t)limit.rlim_max);
    limit.rlim_cur = want;
    if (setrlimit(RLIMIT_NOFILE, &limit) != 0)
        return bench_error(BENCH_USAGE, "the system does not allow %ju descriptors",
                           (uintmax_t)want);
    return BENCH_OK;
}

static int open_sessions(struct load *load)
{
    const struct bench_options *options = load->options;
    int status = BENCH_OK;
    for (uint32_t i = 0; i < (uint32_t)options->connections; i++) {
        struct target *target = &load->targets->list[i % load->targets->count];
        int fd = target_dial(target, options->timeout_ns, &status);
        if (fd < 0)
            return status;
        load->fds[i] = (struct pollfd){.fd = fd, .events = POLLIN};
        load->count++;
        if (!session_open(&load->sessions[i], target, fd, (uint32_t)options->pipeline))
            return bench_error(BENCH_FAILED, "out of memory");
        load->alive++;
    }
    return BENCH_OK;
}

static int open_idle(struct load *load)
{
    const struct bench_options *options = load->options;
    int status = BENCH_OK;
    while (load->idle_count < (uint32_t)options->idle) {
        uint32_t i = load->idle_count % load->targets->count;
        int fd = target_dial(&load->targets->list[i], options->timeout_ns, &status);
        if (fd < 0)
            return status;
        load->idle[load->idle_count++] = fd;
    }
    return BENCH_OK;
}

/* A server knows the clients that WHATSAT queries only after they were reported, so with
 * WHATSAT every server gets the reports of all clients. */
static void assign_clients(struct load *load)
{
    const struct bench_options *options = load->options;
    uint64_t clients = (uint64_t)options->clients, count = load->targets->count;
    bool all = options->weight[WORK_WHATSAT] > 0;
    if (options->no_fill || options->speak == SPEAK_ECHO)
        return;
    for (uint32_t i = 0; i < load->targets->count; i++)
        load->shares[i] =
            (struct share){.next = all ? 0 : (uint32_t)(clients * i / count),
                           .end = (uint32_t)(all ? clients : clients * (i + 1) / count)};
}

int load_connect(struct load *load)
{
    const struct bench_options *options = load->options;
    size_t count = (size_t)options->connections;
    if (options->connections < (int64_t)load->targets->count)
        return bench_error(BENCH_USAGE,
                           "%" PRId64 " connections are too few for %u servers; choose "
                           "one with -s",
                           options->connections, (unsigned)load->targets->count);
    int status = allow_connections(options);
    if (status != BENCH_OK)
        return status;
    load->sessions = calloc(count, sizeof *load->sessions);
    load->fds =
        calloc(count + (size_t)options->cold + (size_t)options->fresh, sizeof *load->fds);
    load->idle = calloc((size_t)options->idle + 1, sizeof *load->idle);
    load->shares = calloc(load->targets->count, sizeof *load->shares);
    if (load->sessions == NULL || load->fds == NULL || load->idle == NULL ||
        load->shares == NULL)
        return bench_error(BENCH_FAILED, "out of memory");
    assign_clients(load);
    status = open_sessions(load);
    if (status == BENCH_OK)
        status = open_idle(load);
    return status == BENCH_OK ? cold_open(load) : status;
}

/* Idle connections must be open and receive nothing. */
static void count_idle(struct load *load)
{
    for (uint32_t i = 0; i < load->idle_count; i++) {
        struct pollfd pollfd = {.fd = load->idle[i], .events = POLLIN};
        if (poll(&pollfd, 1, 0) > 0)
            load->outcome->idle_lost++;
        (void)close(load->idle[i]);
    }
}

void load_disconnect(struct load *load)
{
    count_idle(load);
    cold_close(load);
    for (uint32_t i = 0; i < load->count; i++)
        session_close(&load->sessions[i]);
    free(load->sessions);
    free(load->fds);
    free(load->idle);
    free(load->shares);
}

/* ---- progress ---- */

static const char *phase_name(const struct load *load)
{
    if (load->phase == PHASE_FILL)
        return "reporting clients";
    if (load->phase == PHASE_DRAIN)
        return "last replies";
    return load->now_ns < load->outcome->from_ns ? "warm-up" : "measuring";
}

void load_show(struct load *load)
{
    enum { EVERY_MS = 250, P99 = 990000 };
    const struct outcome *outcome = load->outcome;
    int64_t passed_ns = load->now_ns - load->shown_ns;
    if (!load->show || passed_ns < EVERY_MS * HERD_NS_PER_MS)
        return;
    double seconds = (double)passed_ns / 1e9;
    uint64_t replies = outcome->replies - load->shown_replies;
    (void)fprintf(
        stderr, "\r%-20s %5.1f s", phase_name(load),
        load->phase == PHASE_FILL ? 0 : (double)(load->now_ns - load->start_ns) / 1e9);
    if (outcome->latency.count > 0)
        (void)fprintf(stderr, "  %9.0f lines/s  p50 %.3f ms  p99 %.3f ms  ",
                      (double)replies / seconds,
                      (double)histogram_at(&outcome->latency, HISTOGRAM_WHOLE / 2) / 1e6,
                      (double)histogram_at(&outcome->latency, P99) / 1e6);
    load->shown_ns = load->now_ns;
    load->shown_replies = outcome->replies;
    load->shown = true;
}

void load_show_end(struct load *load)
{
    if (load->shown)
        (void)fprintf(stderr, "\r%79s\r", "");
}
