/* SPDX-License-Identifier: ISC */
/* Sends lines and receives replies. */
#include "bench.h"
#include "herd/instant.h"
#include "io/portable.h"
#include "load_internal.h"

#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

/* ---- errors ---- */

void load_record_error(struct load *load, const char *format, ...)
{
    va_list args;
    if (load->outcome->error.text[0] != '\0')
        return;
    va_start(args, format);
    (void)vsnprintf(load->outcome->error.text, sizeof load->outcome->error.text, format,
                    args);
    va_end(args);
}

static void lose_connection(struct load *load, struct session *session, const char *reason)
{
    load_record_error(load, "%s: connection lost: %s", session->target->text, reason);
    (void)close(session->fd);
    session->fd = -1;
    load->fds[session - load->sessions].fd = -1;
    load->outstanding -= session->count;
    load->outcome->lost++;
    load->alive--;
}

/* ---- replies ---- */

bool load_judge(struct load *load, const struct session *session,
                const struct request *request, enum verdict verdict, struct herd_slice line)
{
    enum { SHOWN = 160 }; /* bytes of the reply */
    struct outcome *outcome = load->outcome;
    if (request != NULL)
        load->outstanding--;
    if (verdict == VERDICT_RIGHT)
        return true;
    *(verdict == VERDICT_REFUSED ? &outcome->refused : &outcome->wrong) += 1;
    load_record_error(load, "%s replied \"%.*s\" to \"%.*s\"", session->target->text,
                      line.len < SHOWN ? (int)line.len : SHOWN, line.data,
                      request != NULL ? request->len - 1 : 0,
                      request != NULL ? request->line : "");
    return false;
}

static void on_reply(void *arg, struct session *session, const struct request *request,
                     enum verdict verdict, struct herd_slice line)
{
    struct load *load = arg;
    struct outcome *outcome = load->outcome;
    if (!load_judge(load, session, request, verdict, line))
        return;
    if (!request->measured && load->options->count > 0)
        return;
    if (load->options->count > 0 ||
        (load->now_ns >= outcome->from_ns && load->now_ns < outcome->to_ns))
        outcome->replies++;
    if (!request->measured)
        return;
    outcome->right[request->kind]++;
    histogram_add(&outcome->latency, load->now_ns - request->due_ns);
}

/* ---- lines ---- */

int64_t load_due(const struct load *load, uint64_t i)
{
    return load->start_ns +
           (int64_t)(i * (uint64_t)HERD_NS_PER_S / (uint64_t)load->options->rate);
}

void load_put(struct load *load, struct request *request, int64_t due_ns)
{
    enum work_kind kind = work_draw(&load->work);
    request->kind = (uint8_t)kind;
    request->len = (uint8_t)work_put(&load->work, kind, request->line);
    request->due_ns = due_ns;
    load->outstanding++;
}

static void send_one(struct load *load, struct request *request, int64_t due_ns)
{
    const struct outcome *outcome = load->outcome;
    load_put(load, request, due_ns);
    request->measured = due_ns >= outcome->from_ns && due_ns < outcome->to_ns;
    load->measured += request->measured ? 1 : 0;
}

static void send_initial(struct load *load, struct session *session)
{
    struct share *share = &load->shares[session->target - load->targets->list];
    struct request *request;
    while (share->next < share->end && (request = session_add(session)) != NULL) {
        request->kind = WORK_KNOWN;
        request->len = (uint8_t)work_put_client(&load->work, share->next++, request->line);
        request->due_ns = load->now_ns;
        request->measured = false;
        load->outstanding++;
    }
}

bool load_count_reached(const struct load *load)
{
    return load->options->count > 0 && load->measured >= (uint64_t)load->options->count;
}

void load_fill(struct load *load, struct session *session)
{
    struct request *request;
    bool open = load->options->rate > 0;
    if (load->phase == PHASE_FILL)
        send_initial(load, session);
    else if (open)
        while (session->backlog > 0 && !load_count_reached(load) &&
               (request = session_add(session)) != NULL) {
            send_one(load, request, load_due(load, session->next));
            session->next += load->count;
            session->backlog--;
        }
    else if (load->phase == PHASE_RUN)
        while (!load_count_reached(load) && (request = session_add(session)) != NULL)
            send_one(load, request, load->now_ns);
    if (session->unsent > 0 && !session_flush(session))
        lose_connection(load, session, strerror(errno));
    load->fds[session - load->sessions].events =
        session->unsent > 0 ? POLLIN | POLLOUT : POLLIN;
}

void load_fill_all(struct load *load)
{
    load->now_ns = load->received_ns = bench_now_ns();
    for (uint32_t i = 0; i < load->count; i++)
        if (load->sessions[i].fd >= 0)
            load_fill(load, &load->sessions[i]);
}

/* First assigns all due lines to connections; then each connection sends its lines at once.
 */
void load_send_due(struct load *load)
{
    int64_t until =
        load->now_ns < load->outcome->to_ns ? load->now_ns + 1 : load->outcome->to_ns;
    uint64_t from = load->due_next, i = from;
    for (int64_t due; !load_count_reached(load) && (due = load_due(load, i)) < until; i++) {
        struct session *session = &load->sessions[i % load->count];
        if (due >= load->outcome->from_ns)
            histogram_add(&load->outcome->lag, load->now_ns - due);
        if (session->fd < 0)
            load->outcome->unsent++;
        else if (session->backlog++ == 0)
            session->next = i;
    }
    load->due_next = i;
    for (i = from; i < load->due_next && i < from + load->count; i++)
        if (load->sessions[i % load->count].fd >= 0)
            load_fill(load, &load->sessions[i % load->count]);
}

void load_receive(struct load *load, struct session *session)
{
    static char piece[SESSION_READ];
    const struct session_handler handler = {&load->work, on_reply, load};
    ssize_t got = recv(session->fd, piece, sizeof piece, 0);
    load->now_ns = bench_now_ns();
    if (got < 0 && io_portable_would_block(errno))
        return;
    if (got <= 0) {
        lose_connection(load, session, got < 0 ? strerror(errno) : "closed by the server");
        return;
    }
    load->received_ns = load->now_ns;
    if (session_receive(session, &handler, herd_slice(piece, (size_t)got)))
        load_fill(load, session);
    else
        lose_connection(load, session, "the reply line is too long");
}
