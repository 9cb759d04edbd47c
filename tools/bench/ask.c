#include "ask.h"

#include "bench.h"
#include "io/clock.h"
#include "io/mem.h"
#include "io/portable.h"

#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <unistd.h>

int ask_open(struct ask *ask, const struct target *target, int64_t timeout_ns)
{
    enum { LINE_MAX_BYTES = 4 * 1024 * 1024 };
    int status = BENCH_OK;
    ask->target = target;
    ask->rest = herd_slice(ask->piece, 0);
    ask->heard_ns = 0;
    herd_line_init(&ask->lines, &io_mem, LINE_MAX_BYTES);
    ask->fd = target_dial(target, timeout_ns, &status);
    return status;
}

void ask_close(struct ask *ask)
{
    if (ask->fd >= 0)
        (void)close(ask->fd);
    ask->fd = -1;
    herd_line_free(&ask->lines);
}

bool ask_send(struct ask *ask, struct herd_slice line)
{
    return send(ask->fd, line.data, line.len, IO_SEND_FLAGS) == (ssize_t)line.len;
}

/* Asks without sleeping: whoever measures short times must not be woken up late. */
static bool fill(struct ask *ask, int64_t until_ns)
{
    for (;;) {
        ssize_t got = recv(ask->fd, ask->piece, sizeof ask->piece, 0);
        ask->heard_ns = bench_now_ns();
        if (got > 0) {
            ask->rest = herd_slice(ask->piece, (size_t)got);
            return true;
        }
        struct pollfd pollfd = {.fd = ask->fd, .events = POLLIN};
        if (got == 0 || !io_portable_would_block(errno) || ask->heard_ns >= until_ns ||
            bench_stopped())
            return false;
        (void)poll(&pollfd, 1, 1);
    }
}

bool ask_line(struct ask *ask, int64_t until_ns, struct herd_slice *line)
{
    int rc;
    while ((rc = herd_line_next(&ask->lines, &ask->rest, line)) == 0)
        if (!fill(ask, until_ns))
            return false;
    return rc == 1;
}

static int ask_one(const struct target *target, const struct bench_options *options)
{
    char line[128];
    struct ask ask;
    struct herd_slice reply;
    bool denied = false;
    int64_t until = bench_now_ns() + options->timeout_ns;
    int status = ask_open(&ask, target, options->timeout_ns);
    int64_t now_s = io_clock_wall().ns / HERD_NS_PER_S;
    int len = snprintf(line, sizeof line,
                       "IAMAT bench-places +34.068930-118.445127 %" PRId64
                       "\nWHATSAT bench-places 1 0\n",
                       now_s);
    bool ok = status == BENCH_OK && ask_send(&ask, herd_slice(line, (size_t)len)) &&
              ask_line(&ask, until, &reply) && ask_line(&ask, until, &reply);
    while (ok && reply.len > 0) {
        ok = ask_line(&ask, until, &reply);
        struct herd_slice word = HERD_LIT("\"REQUEST_DENIED\"");
        for (size_t i = 0; ok && i + word.len <= reply.len; i++)
            denied = denied || memcmp(reply.data + i, word.data, word.len) == 0;
    }
    ask_close(&ask);
    if (status != BENCH_OK || ok)
        return status != BENCH_OK || denied
                   ? status
                   : bench_complain(BENCH_USAGE,
                                    "%s asks Places for every WHATSAT, which may cost "
                                    "money; if that is fine, say --places-ok",
                                    target->text);
    return bench_complain(BENCH_LATE, "%s does not answer WHATSAT", target->text);
}

int ask_places(const struct targets *targets, const struct bench_options *options)
{
    int status = BENCH_OK;
    for (uint32_t i = 0; i < targets->count && status == BENCH_OK; i++)
        status = ask_one(&targets->list[i], options);
    return status;
}
