/* Lines out, replies in. */
#include "bench.h"
#include "herd/instant.h"
#include "io/portable.h"
#include "load_inner.h"

#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

/* ---- what goes wrong ---- */

void load_note(struct load *load, const char *format, ...)
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
    load_note(load, "%s: connection lost: %s", session->target->text, why);
    (void)close(session->fd);
    session->fd = -1;
    load->fds[session - load->sessions].fd = -1;
    load->flying -= session->count;
    load->outcome->lost++;
    load->alive--;
}

/* ---- replies ---- */

bool load_judge(struct load *load, const struct session *session,
                const struct flight *flight, enum verdict verdict, struct herd_slice line)
{
    struct outcome *outcome = load->outcome;
    if (flight != NULL)
        load->flying--;
    if (verdict == VERDICT_RIGHT)
        return true;
    *(verdict == VERDICT_REFUSED ? &outcome->refused : &outcome->wrong) += 1;
    load_note(load, "%s answered \"%.*s\" to \"%.*s\"", session->target->text,
              line.len < 160 ? (int)line.len : 160, line.data,
              flight != NULL ? flight->len - 1 : 0, flight != NULL ? flight->line : "");
    return false;
}

static void told(void *arg, struct session *session, const struct flight *flight,
                 enum verdict verdict, struct herd_slice line)
{
    struct load *load = arg;
    struct outcome *outcome = load->outcome;
    if (!load_judge(load, session, flight, verdict, line))
        return;
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

int64_t load_due(const struct load *load, uint64_t i)
{
    return load->start_ns +
           (int64_t)(i * (uint64_t)HERD_NS_PER_S / (uint64_t)load->options->rate);
}

void load_put(struct load *load, struct flight *flight, int64_t due_ns)
{
    enum work_kind kind = work_draw(&load->work);
    flight->kind = (uint8_t)kind;
    flight->len = (uint8_t)work_put(&load->work, kind, flight->line);
    flight->due_ns = due_ns;
    load->flying++;
}

static void send_one(struct load *load, struct flight *flight, int64_t due_ns)
{
    const struct outcome *outcome = load->outcome;
    load_put(load, flight, due_ns);
    flight->measured = due_ns >= outcome->from_ns && due_ns < outcome->to_ns;
    load->measured += flight->measured ? 1 : 0;
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

bool load_enough(const struct load *load)
{
    return load->options->count > 0 && load->measured >= (uint64_t)load->options->count;
}

void load_top_up(struct load *load, struct session *session)
{
    struct flight *flight;
    bool open = load->options->rate > 0;
    if (load->phase == PHASE_FILL)
        send_known(load, session);
    else if (open)
        while (session->owed > 0 && !load_enough(load) &&
               (flight = session_add(session)) != NULL) {
            send_one(load, flight, load_due(load, session->next));
            session->next += load->count;
            session->owed--;
        }
    else if (load->phase == PHASE_RUN)
        while (!load_enough(load) && (flight = session_add(session)) != NULL)
            send_one(load, flight, load->now_ns);
    if (session->unsent > 0 && !session_flush(session))
        lose(load, session, strerror(errno));
    load->fds[session - load->sessions].events =
        session->unsent > 0 ? POLLIN | POLLOUT : POLLIN;
}

void load_top_up_all(struct load *load)
{
    load->now_ns = load->heard_ns = bench_now_ns();
    for (uint32_t i = 0; i < load->count; i++)
        if (load->sessions[i].fd >= 0)
            load_top_up(load, &load->sessions[i]);
}

/* Numbers the lines that have become due; each connection then sends its own at once. */
void load_fall_due(struct load *load)
{
    int64_t until =
        load->now_ns < load->outcome->to_ns ? load->now_ns + 1 : load->outcome->to_ns;
    uint64_t from = load->due_next, i = from;
    for (int64_t due; !load_enough(load) && (due = load_due(load, i)) < until; i++) {
        struct session *session = &load->sessions[i % load->count];
        if (due >= load->outcome->from_ns)
            histogram_add(&load->outcome->lag, load->now_ns - due);
        if (session->fd < 0)
            load->outcome->unsent++;
        else if (session->owed++ == 0)
            session->next = i;
    }
    load->due_next = i;
    for (i = from; i < load->due_next && i < from + load->count; i++)
        if (load->sessions[i % load->count].fd >= 0)
            load_top_up(load, &load->sessions[i % load->count]);
}

void load_hear(struct load *load, struct session *session)
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
        load_top_up(load, session);
    else
        lose(load, session, "a reply without end");
}
