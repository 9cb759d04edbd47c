/* SPDX-License-Identifier: ISC */
#include "conn.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    READ_SIZE = 16384,
    IN_MAX = HTTP_HEAD_MAX + HTTP_BODY_MAX,
    LINGER_MS = 1000,
    SENDS_A_TURN = 16
};

struct conn *conn_new(int fd, conn_answer_fn answer, void *arg)
{
    struct conn *c = calloc(1, sizeof *c);
    if (c == NULL)
        return NULL;
    c->fd = fd;
    c->answer = answer;
    c->arg = arg;
    return c;
}

void conn_free(struct conn *c)
{
    if (c == NULL)
        return;
    close(c->fd);
    bytes_free(&c->in);
    reply_free(&c->reply);
    free(c);
}

short conn_events(const struct conn *c, int64_t now_ms)
{
    if (c->state == CONN_WRITING)
        return now_ms >= c->wake_ms ? POLLOUT : 0;
    return POLLIN;
}

int64_t conn_deadline(const struct conn *c)
{
    return c->state == CONN_WRITING || c->state == CONN_LINGERING ? c->wake_ms : INT64_MAX;
}

static bool would_block(void)
{
    return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
}

/* Closing a socket with unread bytes resets it, and the reset may overtake the reply. So
 * only our direction is closed first. */
static void linger(struct conn *c, int64_t now_ms)
{
    c->state = CONN_LINGERING;
    c->wake_ms = now_ms + LINGER_MS;
    if (c->eof || shutdown(c->fd, SHUT_WR) != 0)
        c->state = CONN_OVER;
}

static void fill(struct conn *c)
{
    char *room = bytes_room(&c->in, READ_SIZE);
    ssize_t got = recv(c->fd, room, READ_SIZE, 0);
    if (got > 0)
        c->in.len += (size_t)got;
    else if (got == 0)
        c->eof = true;
    else if (!would_block())
        c->state = CONN_OVER;
}

static void discard(struct conn *c)
{
    char waste[READ_SIZE];
    ssize_t got = recv(c->fd, waste, sizeof waste, 0);
    if (got == 0 || (got < 0 && !would_block()))
        c->state = CONN_OVER;
}

/* Starts the reply to the next request; false when none is complete. */
static bool take_request(struct conn *c, int64_t now_ms)
{
    struct http_request request;
    int status = 0;
    struct herd_slice raw = bytes_slice(&c->in);
    enum http_result result = http_read(&c->reader, raw, &request, &status);
    if (result == HTTP_MORE)
        return false;
    c->answer(c->arg, result == HTTP_READY ? &request : NULL, status, raw, &c->reply);
    bytes_drop(&c->in, result == HTTP_READY ? request.size : c->in.len);
    if (c->in.len == 0)
        bytes_free(&c->in);
    c->reader = (struct http_reader){0};
    c->sent = 0;
    c->state = CONN_WRITING;
    c->wake_ms = now_ms + c->reply.delay_ms;
    return true;
}

static void end_reply(struct conn *c, int64_t now_ms)
{
    struct linger at_once = {.l_onoff = 1, .l_linger = 0};
    enum reply_end end = c->reply.end;
    reply_free(&c->reply);
    switch (end) {
    case REPLY_KEEP: c->state = CONN_READING; break;
    case REPLY_HANG: c->state = CONN_HANGING; break;
    case REPLY_CLOSE: linger(c, now_ms); break;
    case REPLY_RESET:
        setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
        c->state = CONN_OVER;
        break;
    }
}

/* Sends what the socket takes; false when it takes no more for now. */
static bool send_some(struct conn *c, int64_t now_ms)
{
    struct herd_slice run = reply_run(&c->reply, c->sent);
    bool drip = c->reply.drip_ms > 0 && c->sent < c->reply.drip_len;
    if (now_ms < c->wake_ms)
        return false;
    if (run.len == 0) {
        end_reply(c, now_ms);
        return true;
    }
    ssize_t sent = send(c->fd, run.data, drip ? 1 : run.len, 0);
    if (sent < 0) {
        if (!would_block())
            c->state = CONN_OVER;
        return false;
    }
    c->sent += (size_t)sent;
    if (drip)
        c->wake_ms = now_ms + c->reply.drip_ms;
    return true;
}

/* Replies to everything that is there, as far as the socket takes it; a reply without end
 * leaves a turn to the others. */
static void carry_on(struct conn *c, int64_t now_ms)
{
    for (int sends = 0;;) {
        if (c->state == CONN_WRITING) {
            if (!send_some(c, now_ms) ||
                (++sends >= SENDS_A_TURN && c->state == CONN_WRITING))
                return;
        } else if (c->state == CONN_READING) {
            if (!take_request(c, now_ms)) {
                if (c->eof)
                    c->state = CONN_OVER;
                return;
            }
        } else {
            return;
        }
    }
}

void conn_turn(struct conn *c, short revents, int64_t now_ms)
{
    if (c->state == CONN_LINGERING && now_ms >= c->wake_ms) {
        c->state = CONN_OVER;
    } else if (c->state == CONN_READING) {
        if (revents != 0 && c->in.len < IN_MAX)
            fill(c);
        carry_on(c, now_ms);
    } else if (c->state == CONN_WRITING) {
        carry_on(c, now_ms);
    } else if (revents != 0) {
        discard(c);
    }
}
