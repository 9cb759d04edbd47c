#include "load.h"

#include "bench.h"
#include "herd/instant.h"
#include "io/clock.h"
#include "io/portable.h"
#include "load_inner.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

/* ---- what goes wrong ---- */

/* The first one is kept with its words; all are counted. */
__attribute__((format(printf, 2, 3))) static void note(struct load *load,
                                                       const char *format, ...)
{
    va_list args;
    if (load->outcome->why[0] != '\0')
        return;
    va_start(args, format);
    (void)vsnprintf(load->outcome->why, LOAD_WHY, format, args);
    va_end(args);
}

static void lose(struct load *load, struct session *session, const char *why)
{
    note(load, "%s: connection lost: %s", session->target->text, why);
    (void)close(session->fd);
    session->fd = -1;
    load->fds[session - load->sessions].fd = -1;
    load->flying -= session->count;
    load->outcome->lost++;
    load->alive--;
}

/* ---- replies ---- */

static void told(void *arg, struct session *session, const struct flight *flight,
                 enum verdict verdict, struct herd_slice line)
{
    struct load *load = arg;
    struct outcome *outcome = load->outcome;
    if (flight != NULL)
        load->flying--;
    if (verdict != VERDICT_RIGHT) {
        *(verdict == VERDICT_REFUSED ? &outcome->refused : &outcome->wrong) += 1;
        note(load, "%s answered \"%.*s\" to \"%.*s\"", session->target->text,
             line.len < 160 ? (int)line.len : 160, line.data,
             flight != NULL ? flight->len - 1 : 0, flight != NULL ? flight->line : "");
        return;
    }
    if (!flight->measured && load->options->count > 0)
        return;
    if (load->options->count > 0 ||
        (load->now_ns >= outcome->from_ns && load->now_ns < outcome->to_ns))
        outcome->replies++;
    if (!flight->measured)
        return;
    outcome->right[flight->kind]++;
    histogram_add(&outcome->latency, load->now_ns - flight->due_ns);
}

/* ---- lines ---- */

/* The time at which line number `i` of the open loop is due. */
static int64_t due_of(const struct load *load, uint64_t i)
{
    return load->start_ns +
           (int64_t)(i * (uint64_t)HERD_NS_PER_S / (uint64_t)load->options->rate);
}

static void send_one(struct load *load, struct flight *flight, int64_t due_ns)
{
    struct outcome *outcome = load->outcome;
    enum work_kind kind = work_draw(&load->work);
    flight->kind = (uint8_t)kind;
    flight->len = (uint8_t)work_put(&load->work, kind, flight->line);
    flight->due_ns = due_ns;
    flight->measured = due_ns >= outcome->from_ns && due_ns < outcome->to_ns;
    load->measured += flight->measured ? 1 : 0;
    load->flying++;
}

static void send_known(struct load *load, struct session *session)
{
    struct share *share = &load->shares[session->target - load->targets->list];
    struct flight *flight;
    while (share->next < share->end && (flight = session_add(session)) != NULL) {
        flight->kind = WORK_KNOWN;
        flight->len = (uint8_t)work_put_client(&load->work, share->next++, flight->line);
        flight->due_ns = load->now_ns;
        flight->measured = false;
        load->flying++;
    }
}

static bool enough(const struct load *load)
{
    return load->options->count > 0 && load->measured >= (uint64_t)load->options->count;
}

/* All that the connection may send now. */
static void top_up(struct load *load, struct session *session)
{
    struct flight *flight;
    bool open = load->options->rate > 0;
    if (load->phase == PHASE_FILL)
        send_known(load, session);
    else if (open)
        while (session->owed > 0 && !enough(load) &&
               (flight = session_add(session)) != NULL) {
            send_one(load, flight, due_of(load, session->next));
            session->next += load->count;
            session->owed--;
        }
    else if (load->phase == PHASE_RUN)
        while (!enough(load) && (flight = session_add(session)) != NULL)
            send_one(load, flight, load->now_ns);
    if (session->unsent > 0 && !session_flush(session))
        lose(load, session, strerror(errno));
    load->fds[session - load->sessions].events =
        session->unsent > 0 ? POLLIN | POLLOUT : POLLIN;
}

static void top_up_all(struct load *load)
{
    load->now_ns = load->heard_ns = bench_now_ns();
    for (uint32_t i = 0; i < load->count; i++)
        if (load->sessions[i].fd >= 0)
            top_up(load, &load->sessions[i]);
}

/* The open loop: lines that have become due go to the connections in turn. */
static void fall_due(struct load *load)
{
    int64_t until =
        load->now_ns < load->outcome->to_ns ? load->now_ns + 1 : load->outcome->to_ns;
    for (int64_t due; !enough(load) && (due = due_of(load, load->due_next)) < until;) {
        uint64_t i = load->due_next++;
        struct session *session = &load->sessions[i % load->count];
        if (due >= load->outcome->from_ns)
            histogram_add(&load->outcome->lag, load->now_ns - due);
        if (session->fd < 0) {
            load->outcome->unsent++;
            continue;
        }
        if (session->owed++ == 0)
            session->next = i;
        top_up(load, session);
    }
}

/* ---- turns ---- */

static void hear(struct load *load, struct session *session)
{
    static char piece[SESSION_PIECE];
    const struct session_ear ear = {&load->work, told, load};
    ssize_t got = recv(session->fd, piece, sizeof piece, 0);
    load->now_ns = bench_now_ns();
    if (got < 0 && io_portable_would_block(errno))
        return;
    if (got <= 0) {
        lose(load, session, got < 0 ? strerror(errno) : "the server closed it");
        return;
    }
    load->heard_ns = load->now_ns;
    if (session_hear(session, &ear, herd_slice(piece, (size_t)got)))
        top_up(load, session);
    else
        lose(load, session, "a reply without end");
}

/* Sleeps at most so long: the last millisecond before a line is due is spent in asking. */
static int patience_ms(const struct load *load)
{
    enum { LOOK_MS = 50 };
    int64_t until = load->phase == PHASE_RUN ? load->outcome->to_ns : INT64_MAX;
    if (load->phase == PHASE_RUN && load->options->rate > 0) {
        int64_t due = due_of(load, load->due_next);
        until = due < until ? due : until;
    }
    int64_t left_ms =
        until == INT64_MAX ? LOOK_MS : (until - load->now_ns) / HERD_NS_PER_MS;
    if (left_ms <= 0)
        return 0;
    return left_ms < LOOK_MS ? (int)left_ms : LOOK_MS;
}

static void turn(struct load *load)
{
    int ready = poll(load->fds, (nfds_t)load->count, patience_ms(load));
    for (uint32_t i = 0; ready > 0 && i < load->count; i++) {
        if (load->fds[i].fd < 0 || load->fds[i].revents == 0)
            continue;
        ready--;
        if ((load->fds[i].revents & ~POLLOUT) != 0)
            hear(load, &load->sessions[i]);
        else
            top_up(load, &load->sessions[i]);
    }
    load->now_ns = bench_now_ns();
    if (load->phase == PHASE_RUN && load->options->rate > 0)
        fall_due(load);
    load_show(load);
}

/* ---- phases ---- */

static void read_usage(struct load *load, bool after)
{
    struct outcome *outcome = load->outcome;
    usage_read_own(after ? &outcome->own_after : &outcome->own_before);
    for (uint32_t i = 0; i < load->targets->count; i++) {
        struct target *target = &load->targets->list[i];
        usage_read(after ? &target->after : &target->before, target->pids, PIDS_MAX);
    }
    *(after ? &load->usage_after : &load->usage_before) = true;
}

static void end_measure(struct load *load)
{
    struct outcome *outcome = load->outcome;
    if (!load->usage_after)
        read_usage(load, true);
    if (outcome->to_ns > load->now_ns)
        outcome->to_ns = load->now_ns;
}

static void begin_run(struct load *load)
{
    const struct bench_options *options = load->options;
    struct outcome *outcome = load->outcome;
    load->start_ns = load->now_ns = bench_now_ns();
    outcome->from_ns = load->start_ns + options->warmup_ns;
    outcome->to_ns =
        options->count > 0 ? INT64_MAX : outcome->from_ns + options->duration_ns;
    load->phase = PHASE_RUN;
    if (options->rate == 0)
        top_up_all(load);
}

static void begin_drain(struct load *load)
{
    enum { STOPPED_NS = 1000000000 };
    load->drain_end_ns =
        load->now_ns + (bench_stopped() ? (int64_t)STOPPED_NS : load->options->timeout_ns);
    if (load->options->count == 0 || bench_stopped())
        end_measure(load);
    load->phase = PHASE_DRAIN;
}

static bool owed(const struct load *load)
{
    for (uint32_t i = 0; i < load->count; i++)
        if (load->sessions[i].fd >= 0 && load->sessions[i].owed > 0 && !enough(load))
            return true;
    return false;
}

static void advance(struct load *load)
{
    if (load->phase == PHASE_FILL && bench_stopped())
        load->phase = PHASE_OVER;
    if (load->phase == PHASE_FILL && load->flying == 0)
        begin_run(load);
    if (load->phase == PHASE_RUN && !load->usage_before &&
        load->now_ns >= load->outcome->from_ns)
        read_usage(load, false);
    if (load->phase == PHASE_RUN &&
        (load->now_ns >= load->outcome->to_ns || enough(load) || bench_stopped()))
        begin_drain(load);
    if (load->phase == PHASE_DRAIN &&
        ((load->flying == 0 && !owed(load)) || load->now_ns >= load->drain_end_ns))
        load->phase = PHASE_OVER;
    if (load->alive == 0)
        load->phase = PHASE_OVER;
    if (load->flying == 0)
        load->heard_ns = load->now_ns;
    if (load->now_ns - load->heard_ns > load->options->timeout_ns) {
        note(load, "no reply for %.3g s", (double)load->options->timeout_ns / 1e9);
        load->outcome->status = BENCH_LATE;
        load->phase = PHASE_OVER;
    }
}

/* Lines without a reply count with the time that they have waited. */
static void count_rest(struct load *load)
{
    struct outcome *outcome = load->outcome;
    for (uint32_t i = 0; i < load->count; i++) {
        const struct session *session = &load->sessions[i];
        outcome->unanswered += session->count;
        outcome->unsent += session->owed;
        for (uint32_t k = 0; k < session->count; k++) {
            const struct flight *flight =
                &session->ring[(session->head + k) % session->depth];
            if (flight->measured)
                histogram_add(&outcome->latency, load->now_ns - flight->due_ns);
        }
        for (uint64_t k = 0; k < session->owed; k++) {
            int64_t due = due_of(load, session->next + k * load->count);
            if (due >= outcome->from_ns)
                histogram_add(&outcome->latency, load->now_ns - due);
        }
    }
    if (outcome->unanswered + outcome->unsent > 0 && outcome->why[0] == '\0')
        note(load, "%" PRIu64 " lines had no reply when time was over",
             outcome->unanswered + outcome->unsent);
}

static void finish(struct load *load)
{
    struct outcome *outcome = load->outcome;
    if (load->usage_before)
        end_measure(load);
    else
        outcome->from_ns = outcome->to_ns = 0;
    count_rest(load);
    load_show_end(load);
    load_disconnect(load);
    if (outcome->idle_lost > 0 && outcome->why[0] == '\0')
        note(load, "%" PRIu64 " idle connections did not stay quiet and open",
             outcome->idle_lost);
    if (bench_stopped())
        outcome->status = BENCH_STOPPED;
    else if (outcome->status == BENCH_OK && outcome->why[0] != '\0')
        outcome->status = BENCH_WRONG;
}

int load_run(struct outcome *outcome, struct targets *targets,
             const struct bench_options *options)
{
    struct load load = {.options = options, .targets = targets, .outcome = outcome};
    memset(outcome, 0, sizeof *outcome);
    work_init(&load.work, options, io_clock_wall().ns);
    outcome->status = load_connect(&load);
    if (outcome->status != BENCH_OK) {
        load_disconnect(&load);
        return outcome->status;
    }
    load.show = !options->quiet && isatty(STDERR_FILENO) == 1;
    load.phase = PHASE_FILL;
    top_up_all(&load);
    while (load.phase != PHASE_OVER) {
        advance(&load);
        if (load.phase != PHASE_OVER)
            turn(&load);
    }
    finish(&load);
    return outcome->status;
}
