/* SPDX-License-Identifier: ISC */
#include "probe.h"

#include "bench.h"
#include "io/clock.h"
#include "io/mem.h"
#include "io/portable.h"

#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <unistd.h>

int probe_open(struct probe *probe, const struct target *target, int64_t timeout_ns)
{
    enum { REPLY_LINE_MAX = 4 * 1024 * 1024 };
    int status = BENCH_OK;
    probe->target = target;
    probe->rest = herd_slice(probe->piece, 0);
    probe->received_ns = 0;
    herd_line_init(&probe->lines, &io_mem, REPLY_LINE_MAX);
    probe->fd = target_dial(target, timeout_ns, &status);
    return status;
}

void probe_close(struct probe *probe)
{
    if (probe->fd >= 0)
        (void)close(probe->fd);
    probe->fd = -1;
    herd_line_free(&probe->lines);
}

bool probe_send(struct probe *probe, struct herd_slice line)
{
    return send(probe->fd, line.data, line.len, IO_SEND_FLAGS) == (ssize_t)line.len;
}

/* Reads without blocking, and polls for 1 ms only if there is nothing: a process that
 * sleeps may be woken up late, which would be measured. */
static bool fill(struct probe *probe, int64_t until_ns)
{
    for (;;) {
        ssize_t got = recv(probe->fd, probe->piece, sizeof probe->piece, 0);
        probe->received_ns = bench_now_ns();
        if (got > 0) {
            probe->rest = herd_slice(probe->piece, (size_t)got);
            return true;
        }
        struct pollfd pollfd = {.fd = probe->fd, .events = POLLIN};
        if (got == 0 || !io_portable_would_block(errno) || probe->received_ns >= until_ns ||
            bench_stopped())
            return false;
        (void)poll(&pollfd, 1, 1);
    }
}

bool probe_receive(struct probe *probe, int64_t until_ns, struct herd_slice *line)
{
    int rc;
    while ((rc = herd_line_next(&probe->lines, &probe->rest, line)) == 0)
        if (!fill(probe, until_ns))
            return false;
    return rc == 1;
}

static int check_places(const struct target *target, const struct bench_options *options)
{
    char line[128];
    struct probe probe;
    struct herd_slice reply;
    bool denied = false;
    int64_t until = bench_now_ns() + options->timeout_ns;
    int status = probe_open(&probe, target, options->timeout_ns);
    int64_t now_s = io_clock_wall().ns / HERD_NS_PER_S;
    int len = snprintf(line, sizeof line,
                       "IAMAT bench-places +34.068930-118.445127 %" PRId64
                       "\nWHATSAT bench-places 1 1\n",
                       now_s);
    bool ok = status == BENCH_OK && probe_send(&probe, herd_slice(line, (size_t)len)) &&
              probe_receive(&probe, until, &reply) && probe_receive(&probe, until, &reply);
    while (ok && reply.len > 0) {
        ok = probe_receive(&probe, until, &reply);
        struct herd_slice word = HERD_LIT("\"REQUEST_DENIED\"");
        for (size_t i = 0; ok && i + word.len <= reply.len; i++)
            denied = denied || memcmp(reply.data + i, word.data, word.len) == 0;
    }
    probe_close(&probe);
    if (status != BENCH_OK || ok)
        return status != BENCH_OK || denied
                   ? status
                   : bench_error(BENCH_USAGE,
                                 "%s queries Places for every WHATSAT, which may cost "
                                 "money; --places-ok allows it",
                                 target->text);
    return bench_error(BENCH_TIMED_OUT, "%s does not reply to WHATSAT", target->text);
}

int probe_places(const struct targets *targets, const struct bench_options *options)
{
    int status = BENCH_OK;
    for (uint32_t i = 0; i < targets->count && status == BENCH_OK; i++)
        status = check_places(&targets->list[i], options);
    return status;
}
