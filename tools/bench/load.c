/* SPDX-License-Identifier: ISC */
/* The phases of the load, from the first connection to the last reply. */
#include "load.h"

#include "bench.h"
#include "herd/instant.h"
#include "io/clock.h"
#include "load_internal.h"

#include <inttypes.h>
#include <unistd.h>

/* ---- turns of the loop ---- */

/* The timeout of poll(): it rounds down, so the last millisecond before a line is due is
 * spent polling. */
static int poll_timeout_ms(const struct load *load)
{
    enum { POLL_MAX_MS = 50 };
    int64_t until = load->phase == PHASE_RUN ? load->outcome->to_ns : INT64_MAX;
    if (load->phase == PHASE_RUN) {
        int64_t due = load->options->rate > 0 ? load_due(load, load->due_next) : INT64_MAX;
        int64_t cold = cold_next_ns(load);
        until = due < until ? due : until;
        until = cold < until ? cold : until;
    }
    int64_t left_ms =
        until == INT64_MAX ? POLL_MAX_MS : (until - load->now_ns) / HERD_NS_PER_MS;
    if (left_ms <= 0)
        return 0;
    return left_ms < POLL_MAX_MS ? (int)left_ms : POLL_MAX_MS;
}

static void turn(struct load *load)
{
    bool runs = load->phase == PHASE_RUN;
    nfds_t count = (nfds_t)load->count + load->cold.outstanding_count;
    int ready = poll(load->fds, count, poll_timeout_ms(load));
    if (ready > 0)
        ready -= cold_turn(load);
    for (uint32_t i = 0; ready > 0 && i < load->count; i++) {
        if (load->fds[i].fd < 0 || load->fds[i].revents == 0)
            continue;
        ready--;
        if ((load->fds[i].revents & ~POLLOUT) != 0)
            load_receive(load, &load->sessions[i]);
        else
            load_fill(load, &load->sessions[i]);
        if (runs)
            cold_send_due(load);
    }
    load->now_ns = bench_now_ns();
    if (runs && load->options->rate > 0)
        load_send_due(load);
    if (runs)
        cold_send_due(load);
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
        load_fill_all(load);
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

static bool has_backlog(const struct load *load)
{
    for (uint32_t i = 0; i < load->count; i++)
        if (load->sessions[i].fd >= 0 && load->sessions[i].backlog > 0 &&
            !load_count_reached(load))
            return true;
    return false;
}

static void advance(struct load *load)
{
    if (load->phase == PHASE_FILL && bench_stopped())
        load->phase = PHASE_OVER;
    if (load->phase == PHASE_FILL && load->outstanding == 0)
        begin_run(load);
    if (load->phase == PHASE_RUN && !load->usage_before &&
        load->now_ns >= load->outcome->from_ns)
        read_usage(load, false);
    if (load->phase == PHASE_RUN && (load->now_ns >= load->outcome->to_ns ||
                                     load_count_reached(load) || bench_stopped()))
        begin_drain(load);
    if (load->phase == PHASE_DRAIN && ((load->outstanding == 0 && !has_backlog(load)) ||
                                       load->now_ns >= load->drain_end_ns))
        load->phase = PHASE_OVER;
    if (load->alive == 0)
        load->phase = PHASE_OVER;
    if (load->outstanding == 0)
        load->received_ns = load->now_ns;
    if (load->now_ns - load->received_ns > load->options->timeout_ns) {
        load_record_error(load, "no reply for %.3g s",
                          (double)load->options->timeout_ns / 1e9);
        load->outcome->status = BENCH_TIMED_OUT;
        load->phase = PHASE_OVER;
    }
}

/* Counts lines without a reply, with the time that they have waited. Lines beyond --count
 * do not count as missing. */
static void count_rest(struct load *load)
{
    struct outcome *outcome = load->outcome;
    for (uint32_t i = 0; i < load->count; i++) {
        const struct session *session = &load->sessions[i];
        uint64_t missed = load_count_reached(load) ? 0 : session->backlog;
        outcome->unanswered += session->count;
        outcome->unsent += missed;
        for (uint32_t k = 0; k < session->count; k++) {
            const struct request *request =
                &session->ring[(session->head + k) % session->depth];
            if (request->measured)
                histogram_add(&outcome->latency, load->now_ns - request->due_ns);
        }
        for (uint64_t k = 0; k < missed; k++) {
            int64_t due = load_due(load, session->next + k * load->count);
            if (due >= outcome->from_ns)
                histogram_add(&outcome->latency, load->now_ns - due);
        }
    }
    cold_count_rest(load);
    if (outcome->unanswered + outcome->unsent > 0 && outcome->error.text[0] == '\0')
        load_record_error(load, "%" PRIu64 " lines without a reply at the end",
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
    if (outcome->idle_lost > 0 && outcome->error.text[0] == '\0')
        load_record_error(load, "%" PRIu64 " idle connections were closed or received data",
                          outcome->idle_lost);
    if (bench_stopped())
        outcome->status = BENCH_STOPPED;
    else if (outcome->status == BENCH_OK && outcome->error.text[0] != '\0')
        outcome->status = BENCH_FAILED;
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
    load_fill_all(&load);
    while (load.phase != PHASE_OVER) {
        advance(&load);
        if (load.phase != PHASE_OVER)
            turn(&load);
    }
    finish(&load);
    return outcome->status;
}
