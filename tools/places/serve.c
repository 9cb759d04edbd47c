/* SPDX-License-Identifier: ISC */
#include "serve.h"

#include "conn.h"
#include "control.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { ACCEPTS_A_TURN = 64, ACCEPT_PAUSE_MS = 50, RAW_SHOWN = 200 };

struct server {
    const struct serve_setup *setup;
    struct conn *conns[SERVE_CONNS_MAX];
    size_t count;
    int64_t accept_after_ms; /* the listener rests until then: no descriptors were left */
    struct control control;
    struct bytes scratch; /* kept between requests, for its room */
};

static int64_t monotonic_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* Flushed before the reply leaves: a client that has the reply finds the line. */
static void log_request(FILE *log, const struct http_request *request, int status,
                        struct herd_slice raw)
{
    struct bytes line = {0};
    if (log == NULL)
        return;
    if (request != NULL) {
        bytes_add(&line, request->method);
        bytes_add(&line, HERD_LIT(" "));
        bytes_add_escaped(&line, request->target);
        if (request->body.len > 0)
            bytes_add(&line, HERD_LIT(" "));
        bytes_add_escaped(&line, request->body);
    } else {
        bytes_printf(&line, "refused %d ", status);
        bytes_add_escaped(&line,
                          herd_slice(raw.data, raw.len < RAW_SHOWN ? raw.len : RAW_SHOWN));
    }
    bytes_add(&line, HERD_LIT("\n"));
    fwrite(line.data, 1, line.len, log);
    fflush(log);
    bytes_free(&line);
}

/* The place in the table, or PROVIDERS. */
static size_t find_provider(const struct serve_setup *setup, struct herd_slice path)
{
    size_t i = 0;
    while (i < PROVIDERS && (setup->fixtures[i].count == 0 ||
                             !herd_slice_eq(path, herd_slice_str(providers[i]->path))))
        i++;
    return i;
}

/* What provider `i` would say, with the faults that hold here. */
static void answer_well(struct server *s, size_t i, const struct http_request *request,
                        struct reply *out)
{
    struct answer healthy;
    char lure[64];
    struct provider_call call = {
        .set = &s->setup->fixtures[i],
        .shared = &s->setup->fixtures[0],
        .request = request,
        .key = s->setup->key,
        .scratch = &s->scratch,
    };
    s->scratch.len = 0;
    providers[i]->answer(&call, &healthy);
    healthy.faults = faults_merge(healthy.faults, s->setup->faults);
    if (s->setup->instant)
        healthy.faults.delay_ms = 0;
    if (healthy.faults.kind == FAULT_FLAKY) {
        uint64_t bad = (uint64_t)healthy.faults.arg;
        healthy.faults.kind =
            control_next_flaky(&s->control, i, bad) ? FAULT_STATUS : FAULT_NONE;
        healthy.faults.arg = 500;
    }
    snprintf(lure, sizeof lure, "http://127.0.0.1:%u" CONTROL_FOLLOWED,
             (unsigned)s->setup->port);
    healthy.redirect =
        healthy.faults.kind == FAULT_LURE ? herd_slice_str(lure) : request->target;
    healthy.huge_before = providers[i]->huge_before;
    healthy.huge_after = providers[i]->huge_after;
    reply_make(out, &healthy, request->keep_alive);
}

static void answer(void *arg, const struct http_request *request, int status,
                   struct herd_slice raw, struct reply *out)
{
    struct server *s = arg;
    int64_t now_ms = monotonic_ms();
    bool ours = request != NULL && control_takes(request->path);
    if (!ours || herd_slice_eq(request->path, HERD_LIT(CONTROL_FOLLOWED)))
        log_request(s->setup->log, request, status, raw);
    if (ours) {
        control_answer(&s->control, request, now_ms, out);
        return;
    }
    if (control_is_down(&s->control, now_ms)) {
        out->end = REPLY_RESET;
        return;
    }
    if (request == NULL) {
        s->control.refused++;
        reply_make_error(out, status, false);
        return;
    }
    size_t i = find_provider(s->setup, request->path);
    if (i == PROVIDERS ||
        !herd_slice_eq(request->method, herd_slice_str(providers[i]->method))) {
        s->control.elsewhere++;
        reply_make_error(out, i == PROVIDERS ? 404 : 405, request->keep_alive);
        return;
    }
    s->control.requests[i]++;
    int failure = control_next_failure(&s->control);
    if (failure != 0)
        reply_make_error(out, failure, request->keep_alive);
    else
        answer_well(s, i, request, out);
}

static void add_conn(struct server *s, int fd)
{
    int on = 1;
    int flags = fcntl(fd, F_GETFL);
    struct conn *c = NULL;
    if (s->count < SERVE_CONNS_MAX && flags >= 0 &&
        fcntl(fd, F_SETFL, flags | O_NONBLOCK) == 0)
        c = conn_new(fd, answer, s);
    if (c == NULL) {
        close(fd);
        return;
    }
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    s->conns[s->count++] = c;
}

static void accept_some(struct server *s, int64_t now_ms)
{
    for (int i = 0; i < ACCEPTS_A_TURN; i++) {
        int fd = accept(s->setup->listener, NULL, NULL);
        if (fd < 0) {
            if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)
                s->accept_after_ms = now_ms + ACCEPT_PAUSE_MS;
            return;
        }
        add_conn(s, fd);
    }
}

/* Milliseconds until the earliest deadline, for poll(). */
static int wait_ms(const struct server *s, int64_t now_ms)
{
    int64_t until = s->accept_after_ms > now_ms ? s->accept_after_ms : INT64_MAX;
    for (size_t i = 0; i < s->count; i++) {
        /* A reply whose time has come waits for the socket, not for the clock. */
        const struct conn *c = s->conns[i];
        int64_t deadline = conn_deadline(c);
        if (deadline < until && (deadline > now_ms || c->state != CONN_WRITING))
            until = deadline;
    }
    if (until == INT64_MAX)
        return -1;
    return until > now_ms ? (int)(until - now_ms) : 0;
}

static void turn_conns(struct server *s, const struct pollfd *polled, int64_t now_ms)
{
    size_t kept = 0;
    for (size_t i = 0; i < s->count; i++) {
        struct conn *c = s->conns[i];
        if (polled[i].revents != 0 || conn_deadline(c) <= now_ms)
            conn_turn(c, polled[i].revents, now_ms);
        if (c->state == CONN_OVER)
            conn_free(c);
        else
            s->conns[kept++] = c;
    }
    s->count = kept;
}

static int run(struct server *s)
{
    enum { LISTENER, STOP, FIRST };
    static struct pollfd fds[FIRST + SERVE_CONNS_MAX];
    for (;;) {
        int64_t now = monotonic_ms();
        bool resting = s->accept_after_ms > now;
        fds[LISTENER] =
            (struct pollfd){.fd = resting ? -1 : s->setup->listener, .events = POLLIN};
        fds[STOP] = (struct pollfd){.fd = s->setup->stop, .events = POLLIN};
        for (size_t i = 0; i < s->count; i++) {
            short events = conn_events(s->conns[i], now);
            fds[FIRST + i] =
                (struct pollfd){.fd = events != 0 ? s->conns[i]->fd : -1, .events = events};
        }
        if (poll(fds, (nfds_t)(FIRST + s->count), wait_ms(s, now)) < 0) {
            if (errno == EINTR)
                continue;
            perror("fake-places: poll");
            return 1;
        }
        if (fds[STOP].revents != 0)
            return 0;
        now = monotonic_ms();
        turn_conns(s, fds + FIRST, now);
        if (fds[LISTENER].revents != 0)
            accept_some(s, now);
    }
}

int serve(const struct serve_setup *setup)
{
    static struct server server;
    server = (struct server){.setup = setup};
    if (setup->down_ms > 0)
        server.control.down_until_ms = monotonic_ms() + setup->down_ms;
    int status = run(&server);
    for (size_t i = 0; i < server.count; i++)
        conn_free(server.conns[i]);
    bytes_free(&server.scratch);
    return status;
}
