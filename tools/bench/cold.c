/* SPDX-License-Identifier: ISC */
#include "cold.h"

#include "bench.h"
#include "io/portable.h"
#include "load_internal.h"

#include <stdlib.h>
#include <unistd.h>

/* ---- schedule ---- */

static int by_time(const void *a, const void *b)
{
    const struct cold_due *x = a, *y = b;
    if (x->after_ns != y->after_ns)
        return x->after_ns < y->after_ns ? -1 : 1;
    return (x->index > y->index) - (x->index < y->index);
}

/* splitmix64. */
static uint64_t next_random(uint64_t *state)
{
    uint64_t x = *state += UINT64_C(0x9e3779b97f4a7c15);
    x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
    return x ^ x >> 31;
}

void cold_plan(struct cold_due *due, uint32_t count, int64_t duration_ns, uint64_t seed)
{
    for (uint32_t i = 0; i < count; i++)
        due[i] =
            (struct cold_due){(int64_t)(next_random(&seed) % (uint64_t)duration_ns), i};
    qsort(due, count, sizeof *due, by_time);
}

static int64_t next_of(const struct load *load, const struct cold_set *set)
{
    return set->next < set->count ? load->outcome->from_ns + set->due[set->next].after_ns
                                  : INT64_MAX;
}

int64_t cold_next_ns(const struct load *load)
{
    int64_t next = INT64_MAX;
    for (int i = 0; i < COLD_SETS; i++) {
        int64_t due = next_of(load, &load->cold.sets[i]);
        next = due < next ? due : next;
    }
    return next;
}

/* ---- one connection ---- */

static struct pollfd *fd_of(struct load *load, uint32_t i)
{
    return &load->fds[load->count + i];
}

/* The last outstanding connection takes its place. */
static void remove_outstanding(struct load *load, uint32_t i)
{
    struct cold *cold = &load->cold;
    uint32_t last = --cold->outstanding_count;
    cold->outstanding[i] = cold->outstanding[last];
    *fd_of(load, i) = *fd_of(load, last);
}

static void lose_connection(struct load *load, uint32_t i, const char *reason)
{
    struct session *session = load->cold.outstanding[i].session;
    load_record_error(load, "%s: connection lost: %s", session->target->text, reason);
    if (session->fd >= 0)
        (void)close(session->fd);
    session->fd = -1;
    load->outstanding -= session->count;
    load->outcome->lost++;
    remove_outstanding(load, i);
}

static void flush(struct load *load, uint32_t i)
{
    struct session *session = load->cold.outstanding[i].session;
    if (!session_flush(session)) {
        lose_connection(load, i, strerror(errno));
        return;
    }
    fd_of(load, i)->events = session->unsent > 0 ? POLLIN | POLLOUT : POLLIN;
}

static void start(struct load *load, struct cold_set *set, const struct cold_due *due)
{
    struct cold *cold = &load->cold;
    struct session *session = &set->sessions[due->index];
    struct request *request = session_add(session);
    uint32_t i = cold->outstanding_count++;
    struct herd_error_text error = {""};
    load_put(load, request, load->outcome->from_ns + due->after_ns);
    histogram_add(&load->outcome->lag, load->now_ns - request->due_ns);
    if (set->fresh)
        session->fd = io_sock_dial(&session->target->addr, &error);
    cold->outstanding[i] = (struct cold_request){set, session};
    *fd_of(load, i) = (struct pollfd){.fd = session->fd, .events = POLLOUT};
    if (session->fd < 0)
        lose_connection(load, i, error.text);
    else if (!set->fresh)
        flush(load, i);
}

void cold_send_due(struct load *load)
{
    for (int i = 0; i < COLD_SETS; i++) {
        struct cold_set *set = &load->cold.sets[i];
        while (next_of(load, set) <= load->now_ns)
            start(load, set, &set->due[set->next++]);
    }
}

/* ---- replies ---- */

struct sink {
    struct load *load;
    struct histogram *latency;
};

static void on_reply(void *arg, struct session *session, const struct request *request,
                     enum verdict verdict, struct herd_slice line)
{
    const struct sink *sink = arg;
    if (load_judge(sink->load, session, request, verdict, line))
        histogram_add(sink->latency, sink->load->now_ns - request->due_ns);
}

static void receive(struct load *load, uint32_t i)
{
    static char piece[SESSION_READ];
    struct cold_request *current = &load->cold.outstanding[i];
    struct sink sink = {load, current->set->latency};
    const struct session_handler handler = {&load->work, on_reply, &sink};
    ssize_t got = recv(current->session->fd, piece, sizeof piece, 0);
    load->now_ns = bench_now_ns();
    if (got < 0 && io_portable_would_block(errno))
        return;
    if (got <= 0) {
        lose_connection(load, i, got < 0 ? strerror(errno) : "closed by the server");
        return;
    }
    load->received_ns = load->now_ns;
    if (!session_receive(current->session, &handler, herd_slice(piece, (size_t)got)))
        lose_connection(load, i, "the reply line is too long");
    else if (current->session->count == 0)
        remove_outstanding(load, i);
}

static void handle(struct load *load, uint32_t i)
{
    const struct pollfd *pollfd = fd_of(load, i);
    if ((pollfd->revents & POLLIN) != 0) {
        receive(load, i);
        return;
    }
    int err = io_sock_error(pollfd->fd);
    if (err != 0)
        lose_connection(load, i, strerror(err));
    else if (load->cold.outstanding[i].session->unsent > 0)
        flush(load, i);
    else
        receive(load, i);
}

/* From the last to the first: a connection that takes the place of a removed one has been
 * handled already. */
int cold_turn(struct load *load)
{
    int ready = 0;
    for (uint32_t i = load->cold.outstanding_count; i-- > 0;) {
        if (fd_of(load, i)->revents == 0)
            continue;
        ready++;
        handle(load, i);
    }
    return ready;
}

/* ---- all connections ---- */

void cold_count_rest(struct load *load)
{
    for (uint32_t i = 0; i < load->cold.outstanding_count; i++) {
        const struct cold_request *current = &load->cold.outstanding[i];
        const struct session *session = current->session;
        load->outcome->unanswered += session->count;
        for (uint32_t k = 0; k < session->count; k++)
            histogram_add(current->set->latency, load->now_ns - session->ring[k].due_ns);
    }
}

static int open_set(struct load *load, struct cold_set *set, int64_t count, uint64_t seed)
{
    const struct bench_options *options = load->options;
    int status = BENCH_OK;
    set->sessions = calloc((size_t)count + 1, sizeof *set->sessions);
    set->due = calloc((size_t)count + 1, sizeof *set->due);
    if (set->sessions == NULL || set->due == NULL)
        return bench_error(BENCH_FAILED, "out of memory");
    for (uint32_t i = 0; i < (uint32_t)count; i++) {
        struct target *target = &load->targets->list[i % load->targets->count];
        int fd = set->fresh ? -1 : target_dial(target, options->timeout_ns, &status);
        if (status != BENCH_OK)
            return status;
        set->count++;
        if (!session_open(&set->sessions[i], target, fd, 1))
            return bench_error(BENCH_FAILED, "out of memory");
    }
    cold_plan(set->due, set->count, options->duration_ns, seed);
    return BENCH_OK;
}

int cold_open(struct load *load)
{
    const struct bench_options *options = load->options;
    struct cold *cold = &load->cold;
    const int64_t counts[COLD_SETS] = {options->cold, options->fresh};
    cold->sets[0].latency = &load->outcome->cold;
    cold->sets[1].latency = &load->outcome->fresh;
    cold->sets[1].fresh = true;
    cold->outstanding =
        calloc((size_t)(options->cold + options->fresh) + 1, sizeof *cold->outstanding);
    if (cold->outstanding == NULL)
        return bench_error(BENCH_FAILED, "out of memory");
    int status = BENCH_OK;
    for (int i = 0; i < COLD_SETS && status == BENCH_OK; i++)
        status = open_set(load, &cold->sets[i], counts[i],
                          (uint64_t)options->seed + (uint64_t)i);
    return status;
}

/* A connection without an outstanding line must be open and receive nothing. */
static void close_one(struct load *load, struct session *session)
{
    struct pollfd pollfd = {.fd = session->fd, .events = POLLIN};
    if (session->fd >= 0 && session->count == 0 && poll(&pollfd, 1, 0) > 0)
        load->outcome->idle_lost++;
    session_close(session);
}

void cold_close(struct load *load)
{
    for (int i = 0; i < COLD_SETS; i++) {
        struct cold_set *set = &load->cold.sets[i];
        for (uint32_t k = 0; k < set->count; k++)
            close_one(load, &set->sessions[k]);
        free(set->sessions);
        free(set->due);
    }
    free(load->cold.outstanding);
}
