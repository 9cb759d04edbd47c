/* SPDX-License-Identifier: ISC */
#include "session.h"

#include "io/mem.h"
#include "io/portable.h"

#include <stdlib.h>
#include <unistd.h>

enum { REPLY_LINE_MAX = 4 * 1024 * 1024 };

bool session_open(struct session *session, struct target *target, int fd, uint32_t depth)
{
    *session = (struct session){.fd = fd, .target = target, .depth = depth};
    herd_line_init(&session->lines, &io_mem, REPLY_LINE_MAX);
    session->ring = calloc(depth, sizeof *session->ring);
    return session->ring != NULL;
}

void session_close(struct session *session)
{
    if (session->fd >= 0)
        (void)close(session->fd);
    session->fd = -1;
    herd_line_free(&session->lines);
    free(session->ring);
    session->ring = NULL;
}

static struct request *request_at(const struct session *session, uint32_t i)
{
    uint32_t at = session->head + i;
    return &session->ring[at < session->depth ? at : at - session->depth];
}

struct request *session_add(struct session *session)
{
    if (session->count == session->depth)
        return NULL;
    session->unsent++;
    return request_at(session, session->count++);
}

/* `sent` more bytes of the unsent requests were sent. */
static void count_sent(struct session *session, size_t sent)
{
    sent += session->sent_of_first;
    while (session->unsent > 0) {
        size_t len = request_at(session, session->count - session->unsent)->len;
        if (sent < len)
            break;
        sent -= len;
        session->unsent--;
    }
    session->sent_of_first = sent;
}

static size_t gather(const struct session *session, char *piece)
{
    size_t len = 0;
    for (uint32_t i = session->unsent; i > 0 && len + WORK_LINE <= SESSION_READ; i--) {
        const struct request *request = request_at(session, session->count - i);
        memcpy(piece + len, request->line, request->len);
        len += request->len;
    }
    return len;
}

bool session_flush(struct session *session)
{
    char piece[SESSION_READ];
    while (session->unsent > 0) {
        size_t from = session->sent_of_first, len = gather(session, piece) - from;
        ssize_t sent = send(session->fd, piece + from, len, IO_SEND_FLAGS);
        if (sent < 0)
            return io_portable_would_block(errno);
        count_sent(session, (size_t)sent);
        if ((size_t)sent < len)
            return true;
    }
    return true;
}

static void receive_line(struct session *session, const struct session_handler *handler,
                         struct herd_slice line)
{
    /* A line before all bytes of the first request were sent is no reply to it. */
    if (session->count == session->unsent) {
        handler->on_reply(handler->arg, session, NULL, VERDICT_WRONG, line);
        return;
    }
    const struct request *request = &session->ring[session->head];
    enum verdict verdict = work_check(handler->work, (enum work_kind)request->kind,
                                      herd_slice(request->line, request->len), line,
                                      session->reply_line, session->target->name);
    session->reply_line++;
    if (verdict == VERDICT_MORE)
        return;
    session->reply_line = 0;
    handler->on_reply(handler->arg, session, request, verdict, line);
    session->head = session->head + 1 < session->depth ? session->head + 1 : 0;
    session->count--;
}

bool session_receive(struct session *session, const struct session_handler *handler,
                     struct herd_slice bytes)
{
    struct herd_slice line;
    int rc;
    while ((rc = herd_line_next(&session->lines, &bytes, &line)) == 1)
        receive_line(session, handler, line);
    return rc == 0;
}
