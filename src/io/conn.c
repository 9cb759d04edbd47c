/* SPDX-License-Identifier: ISC */
#include "portable.h"

#include "conn_internal.h"

#include "herd/err.h"
#include "sock.h"

#include <unistd.h>

/* ---- transport: the only place that reads and writes ------------------------------- */

/* Results besides a number of bytes, of which 0 is the end of the input. */
enum { AGAIN = -1, FAILED = -2 };

static ssize_t read_some(struct io_conn *conn, char *bytes, size_t size)
{
    ssize_t got = recv(conn->watch.fd, bytes, size, 0);
    if (got >= 0)
        return got;
    return io_portable_would_block(errno) ? AGAIN : FAILED;
}

static ssize_t write_some(struct io_conn *conn, struct herd_slice bytes)
{
    ssize_t put = send(conn->watch.fd, bytes.data, bytes.len, IO_SEND_FLAGS);
    if (put >= 0)
        return put;
    return io_portable_would_block(errno) ? AGAIN : FAILED;
}

/* ---- which events to wait for
 * --------------------------------------------------------------- */

static unsigned wanted(const struct io_conn *conn)
{
    unsigned write = conn->unsent.len > 0 ? IO_WRITE : IO_NONE;
    switch (conn->state) {
    case CONN_OPEN:
        return write |
               (conn->eof || conn->paused || conn->above_high_water ? (unsigned)IO_NONE
                                                                    : IO_READ);
    default: return write | (conn->eof ? (unsigned)IO_NONE : IO_READ);
    }
}

/* Of each connection, while all of them together have few or many unsent bytes. */
static size_t high_water_of(const struct io_conn_group *group)
{
    const struct io_conn_limits *limits = &group->limits;
    return limits->all_max > 0 && group->unsent > limits->all_max / 2 ? 0
                                                                      : limits->high_water;
}

/* Call it after each change of a field that wanted() reads. */
static void update(struct io_conn *conn)
{
    size_t high_water = high_water_of(conn->group);
    if (conn->unsent.len > high_water)
        conn->above_high_water = true;
    else if (conn->unsent.len <= high_water / 2)
        conn->above_high_water = false;
    unsigned want = wanted(conn);
    if (want != conn->want) {
        conn->want = (unsigned char)want;
        io_loop_want(conn->group->loop, &conn->watch, want);
    }
}

/* Restarts the stall timer, or stops it when no bytes are unsent. A finishing connection
 * has linger_ms for everything instead. */
static void restart_stall(struct io_conn *conn)
{
    if (conn->state != CONN_OPEN)
        return;
    if (conn->unsent.len > 0 && conn->group->limits.stall_ms > 0) {
        conn->unacknowledged = io_portable_unacknowledged(conn->watch.fd);
        io_wait_begin(&conn->group->stalled, &conn->wait);
    } else {
        io_wait_end(&conn->wait);
    }
}

/* A finishing connection shuts down our side once everything is sent, and ends when the
 * other side has done the same. */
static void settle(struct io_conn *conn)
{
    if (conn->unsent.len == 0 && !conn->output_closed) {
        conn->output_closed = true;
        if (shutdown(conn->watch.fd, SHUT_WR) != 0)
            conn->eof = true;
    }
    if (conn->output_closed && conn->eof)
        io_conn_release(conn);
    else
        update(conn);
}

/* ---- events from the loop ---------------------------------------------------------- */

/* The connection's share of what a turn may read. */
static size_t read_size(const struct io_conn *conn)
{
    size_t ready = io_loop_ready_count(conn->group->loop);
    if (conn->watch.pinned || ready <= IO_CONN_TURN / IO_CONN_READ)
        return IO_CONN_READ;
    size_t share = IO_CONN_TURN / ready;
    return share > IO_CONN_READ_LEAST ? share : IO_CONN_READ_LEAST;
}

static void receive(struct io_conn *conn)
{
    char *input = conn->group->input;
    ssize_t got = read_some(conn, input, read_size(conn));
    if (got == FAILED) {
        io_conn_end(conn, errno);
    } else if (got == 0) {
        conn->eof = true;
        if (conn->state == CONN_FINISHING) {
            settle(conn);
        } else {
            update(conn);
            conn->handlers->eof(conn->arg);
        }
    } else if (got > 0 && conn->state == CONN_OPEN) {
        conn->handlers->data(conn->arg, herd_slice(input, (size_t)got));
    }
}

static void flush(struct io_conn *conn)
{
    ssize_t put = write_some(conn, herd_buf_bytes(&conn->unsent));
    if (put == FAILED) {
        io_conn_end(conn, errno);
        return;
    }
    if (put == AGAIN)
        return;
    herd_buf_consume(&conn->unsent, (size_t)put);
    conn->group->unsent -= (size_t)put;
    if (conn->unsent.len == 0)
        herd_buf_free(&conn->unsent);
    restart_stall(conn);
    if (conn->state == CONN_FINISHING) {
        settle(conn);
        return;
    }
    update(conn);
    if (conn->unsent.len == 0)
        conn->handlers->drained(conn->arg);
}

/* poll() reports a hang-up in every turn to a connection that waits for nothing else. */
static void hung_up(struct io_conn *conn)
{
    int err = io_sock_error(conn->watch.fd);
    io_conn_end(conn, err != 0 ? err : END_HUNG_UP);
}

/* Each step may end the connection or change what it waits for. */
static void ready(struct io_watch *watch, unsigned bits)
{
    struct io_conn *conn = watch->arg;
    if (conn->want == IO_NONE) {
        hung_up(conn);
        return;
    }
    if (bits & IO_WRITE)
        flush(conn);
    if ((bits & IO_READ) && (conn->state == CONN_OPEN || conn->state == CONN_FINISHING) &&
        (conn->want & IO_READ))
        receive(conn);
}

/* ---- calls of owners --------------------------------------------------------------- */

struct io_conn *io_conn_open(struct io_conn_group *group, int fd,
                             const struct io_conn_handlers *handlers, void *arg)
{
    struct io_conn *conn = herd_mem_zalloc(group->mem, sizeof *conn);
    if (conn == NULL) {
        (void)close(fd);
        return NULL;
    }
    conn->watch = (struct io_watch){.fd = fd, .ready = ready, .arg = conn};
    conn->group = group;
    conn->handlers = handlers;
    conn->arg = arg;
    conn->state = CONN_OPEN;
    herd_buf_init(&conn->unsent, group->mem, group->limits.unsent_max);
    conn->want = (unsigned char)wanted(conn);
    if (io_loop_add(group->loop, &conn->watch, conn->want) != HERD_OK) {
        (void)close(fd);
        herd_mem_free(group->mem, conn, sizeof *conn);
        return NULL;
    }
    conn->next = group->all;
    if (group->all != NULL)
        group->all->prev = conn;
    group->all = conn;
    group->count++;
    return conn;
}

/* Keeps the bytes that the kernel did not accept. */
static void keep(struct io_conn *conn, struct herd_slice rest)
{
    bool first = conn->unsent.len == 0;
    int rc = herd_buf_append(&conn->unsent, rest);
    if (rc != HERD_OK) {
        io_conn_end_later(conn, rc == HERD_EFULL ? END_UNSENT : END_NO_MEMORY);
        return;
    }
    conn->group->unsent += rest.len;
    if (first)
        restart_stall(conn);
    update(conn);
    io_conn_group_shed(conn->group);
}

void io_conn_send(struct io_conn *conn, struct herd_slice bytes)
{
    if (conn->state != CONN_OPEN || bytes.len == 0)
        return;
    if (conn->unsent.len == 0) {
        ssize_t put = write_some(conn, bytes);
        if (put == FAILED) {
            io_conn_end_later(conn, errno);
            return;
        }
        bytes = herd_slice_from(bytes, put == AGAIN ? 0 : (size_t)put);
    }
    if (bytes.len > 0)
        keep(conn, bytes);
}

size_t io_conn_unsent(const struct io_conn *conn)
{
    return conn->unsent.len;
}

void io_conn_pause(struct io_conn *conn, bool paused)
{
    conn->paused = paused;
    if (conn->state == CONN_OPEN)
        update(conn);
}

void io_conn_pin(struct io_conn *conn)
{
    if (conn->state != CONN_BROKEN && conn->state != CONN_GONE)
        io_loop_pin(conn->group->loop, &conn->watch);
}

void io_conn_finish(struct io_conn *conn)
{
    if (conn->state != CONN_OPEN) {
        io_conn_drop(conn);
        return;
    }
    conn->state = CONN_FINISHING;
    io_wait_begin(&conn->group->lingering, &conn->wait);
    settle(conn);
}

void io_conn_drop(struct io_conn *conn)
{
    if (conn->state != CONN_GONE)
        io_conn_release(conn);
}
