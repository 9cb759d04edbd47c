/* SPDX-License-Identifier: ISC */
#include "link.h"

#include "io/clock.h"
#include "io/conn.h"
#include "io/random.h"
#include "io/sock.h"

#include <string.h>
#include <unistd.h>

enum {
    RETRY_MIN_MS = 100,
    RETRY_MAX_MS = 5000,
    SILENCE_MS = 60000, /* a server sends PING more often than that */
    UNSENT_MAX = 4 << 20,
    SENDS_MAX = 64, /* in one turn, of what is given */
};

struct follow_link {
    struct follow_link_setup setup;
    struct io_conn_group *group;
    struct io_conn *conn; /* NULL: there is none */
    struct follow_session session;
    uint8_t feed[FOLLOW_FEED];
    bool started; /* the session is to be freed */
    bool leaving;
    bool more; /* is sent on in the next tick */
    int64_t retry_ms;
    struct herd_mono retry_at, now;
};

struct follow_link *follow_link_new(const struct follow_link_setup *setup)
{
    struct io_conn_limits limits = {
        .high_water = UNSENT_MAX / 2, .unsent_max = UNSENT_MAX, .linger_ms = 2000};
    struct follow_link *link = herd_mem_zalloc(setup->mem, sizeof *link);
    if (link == NULL)
        return NULL;
    struct herd_error_text error;
    link->setup = *setup;
    if (setup->silence_ms == 0)
        link->setup.silence_ms = SILENCE_MS;
    link->retry_ms = RETRY_MIN_MS;
    link->group = io_conn_group_new(setup->mem, setup->loop, limits);
    if (link->group != NULL && io_random(link->feed, sizeof link->feed, &error) == HERD_OK)
        return link;
    follow_link_free(link);
    return NULL;
}

static void end_session(struct follow_link *link)
{
    if (link->started)
        follow_session_free(&link->session);
    link->started = false;
}

void follow_link_free(struct follow_link *link)
{
    if (link == NULL)
        return;
    end_session(link);
    io_conn_group_free(link->group);
    herd_mem_free(link->setup.mem, link, sizeof *link);
}

/* ---- the connection ---- */

static void flush(struct follow_link *link)
{
    struct herd_slice out = herd_buf_bytes(&link->session.out);
    if (link->conn == NULL || out.len == 0)
        return;
    io_conn_send(link->conn, out);
    herd_buf_consume(&link->session.out, out.len);
}

static void lose(struct follow_link *link, const char *why)
{
    end_session(link);
    link->conn = NULL;
    link->more = false;
    link->retry_at = herd_mono_add_ms(link->now, link->retry_ms);
    link->retry_ms = link->retry_ms < RETRY_MAX_MS / 2 ? link->retry_ms * 2 : RETRY_MAX_MS;
    if (link->setup.lost != NULL && !link->leaving)
        link->setup.lost(link->setup.calls->ctx, why);
}

/* Sends on while the kernel takes everything at once, but lets others have their turn. */
static void go_on(struct follow_link *link, int rc)
{
    int sends = 0;
    link->more = false;
    while (rc == HERD_OK && link->session.out.len > 0) {
        flush(link);
        if (io_conn_unsent(link->conn) > 0)
            return; /* on_drained */
        if (++sends == SENDS_MAX) {
            link->more = true;
            return;
        }
        rc = follow_session_on_sent(&link->session);
    }
    if (rc == HERD_OK)
        return;
    struct herd_error_text why = link->session.why;
    io_conn_finish(link->conn);
    lose(link, why.text);
}

static void on_data(void *arg, struct herd_slice bytes)
{
    struct follow_link *link = arg;
    /* What was done since the last tick may have taken long. */
    int rc = follow_session_on_bytes(&link->session, bytes, io_clock_mono());
    if (link->session.followed)
        link->retry_ms = RETRY_MIN_MS;
    go_on(link, rc);
}

static void on_eof(void *arg)
{
    struct follow_link *link = arg;
    io_conn_drop(link->conn);
    lose(link, "the server closed the connection");
}

static void on_drained(void *arg)
{
    struct follow_link *link = arg;
    go_on(link, follow_session_on_sent(&link->session));
}

static void on_closed(void *arg, const char *reason)
{
    lose(arg, reason);
}

static const struct io_conn_handlers handlers = {
    .data = on_data,
    .eof = on_eof,
    .drained = on_drained,
    .closed = on_closed,
};

static void dial(struct follow_link *link)
{
    struct herd_error_text error = {""};
    struct follow_position position = {.known = false};
    int fd = io_sock_dial_unix(link->setup.path, &error);
    if (fd < 0) {
        lose(link, error.text);
        return;
    }
    link->setup.position(link->setup.calls->ctx, &position);
    follow_session_init(&link->session, link->setup.mem, link->setup.calls, &position,
                        link->feed);
    link->started = true;
    link->session.heard_at = link->now;
    link->conn = io_conn_open(link->group, fd, &handlers, link);
    if (link->conn != NULL)
        go_on(link, follow_session_start(&link->session, link->setup.name, link->now));
    else
        lose(link, herd_strerror(HERD_ENOMEM));
}

/* ---- calls of the owner ---- */

static struct herd_mono silent_at(const struct follow_link *link)
{
    return herd_mono_add_ms(link->session.heard_at, link->setup.silence_ms);
}

void follow_link_tick(struct follow_link *link, struct herd_mono now)
{
    link->now = now;
    io_conn_group_tick(link->group, now);
    if (link->conn != NULL && link->more)
        go_on(link, follow_session_on_sent(&link->session));
    if (link->conn != NULL && herd_mono_reached(now, silent_at(link))) {
        io_conn_drop(link->conn);
        lose(link, "the server is silent");
    }
    if (link->conn == NULL && !link->leaving && herd_mono_reached(now, link->retry_at))
        dial(link);
}

struct herd_mono follow_link_deadline(const struct follow_link *link)
{
    struct herd_mono at = io_conn_group_deadline(link->group);
    if (link->conn != NULL)
        return link->more ? link->now : herd_mono_min(at, silent_at(link));
    return link->leaving ? at : herd_mono_min(at, link->retry_at);
}

void follow_link_acknowledge(struct follow_link *link,
                             const struct follow_position *position)
{
    if (link->conn == NULL)
        return;
    int rc = follow_session_acknowledge(&link->session, position);
    flush(link);
    if (rc != HERD_OK)
        go_on(link, rc);
}

bool follow_link_leave(struct follow_link *link, const char *why)
{
    link->leaving = true;
    if (link->conn != NULL) {
        follow_session_leave(&link->session, why);
        flush(link);
        io_conn_finish(link->conn);
        link->conn = NULL;
        end_session(link);
    }
    return io_conn_group_count(link->group) == 0;
}
