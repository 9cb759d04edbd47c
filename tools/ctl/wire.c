/* SPDX-License-Identifier: ISC */
#include "wire.h"

#include "io/clock.h"
#include "io/dial.h"
#include "io/mem.h"
#include "io/sock.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

enum {
    READ_SIZE = 64 * 1024,
    IN_MAX = 80 * 1024 * 1024, /* above the largest places-body-max */
    OUT_MAX = 80 * 1024 * 1024,
    POLL_MAX_MS = 3600 * 1000
};

void wire_init(struct wire *wire, bool verbose)
{
    *wire = (struct wire){.fd = -1, .verbose = verbose, .deadline = HERD_NEVER};
    herd_buf_init(&wire->in, &io_mem, IN_MAX);
    herd_buf_init(&wire->out, &io_mem, OUT_MAX);
}

void wire_close(struct wire *wire)
{
    if (wire->fd >= 0)
        (void)close(wire->fd);
    wire->fd = -1;
    wire->returned = 0;
    wire->output_ended = wire->in_reply = false;
    herd_buf_free(&wire->in);
    herd_buf_free(&wire->out);
}

void wire_set_timeout(struct wire *wire, int64_t timeout_ms)
{
    wire->timeout_ms = timeout_ms;
    wire->deadline = herd_mono_add_ms(io_clock_mono(), timeout_ms);
}

__attribute__((format(printf, 3, 4))) static int fail(struct wire *wire, int status,
                                                      const char *format, ...)
{
    va_list args;
    va_start(args, format);
    (void)vsnprintf(wire->error.text, sizeof wire->error.text, format, args);
    va_end(args);
    return status;
}

static int no_reply(struct wire *wire)
{
    return fail(wire, CTL_TIMED_OUT, "%s: no reply within %g s", wire->name,
                (double)wire->timeout_ms / 1000);
}

/* Waits for `events` on the connection. CTL_OK or CTL_TIMED_OUT. */
static int wait_for(struct wire *wire, short events)
{
    for (;;) {
        int64_t left_ns = wire->deadline.ns - io_clock_mono().ns;
        int64_t left_ms = (left_ns + HERD_NS_PER_MS - 1) / HERD_NS_PER_MS;
        struct pollfd pollfd = {.fd = wire->fd, .events = events};
        if (left_ms <= 0)
            return no_reply(wire);
        if (poll(&pollfd, 1, (int)(left_ms < POLL_MAX_MS ? left_ms : POLL_MAX_MS)) > 0)
            return CTL_OK;
    }
}

/* ---- connecting ---- */

static int64_t left_ms(const struct wire *wire)
{
    return (wire->deadline.ns - io_clock_mono().ns) / HERD_NS_PER_MS;
}

/* An error of the lookup says that by itself; of several addresses each is in the text. */
static int dial_failed(struct wire *wire, const struct endpoint *endpoint,
                       const struct io_dial_result *result, const char *error)
{
    char where[IO_ADDR_TEXT_SIZE];
    if (result->addr.len == 0)
        return fail(wire, CTL_DOWN, "cannot %s", error);
    io_addr_text(&result->addr, where);
    if (strstr(error, where) == NULL)
        return fail(wire, CTL_DOWN, "cannot connect to %s: %s", where, error);
    return fail(wire, CTL_DOWN, "cannot connect to %s: %s", endpoint->address, error);
}

int wire_dial(struct wire *wire, const struct endpoint *endpoint)
{
    const struct io_dial_order order = {.host = endpoint->host, .port = endpoint->port};
    struct io_dial_result result;
    struct herd_error_text error;
    (void)snprintf(wire->name, sizeof wire->name, "%s", endpoint->name);
    switch (io_dial_wait(&order, left_ms(wire), NULL, &result, &error)) {
    case IO_DIAL_OPEN: wire->fd = result.fd; return CTL_OK;
    case IO_DIAL_FAILED: return dial_failed(wire, endpoint, &result, error.text);
    case IO_DIAL_TIMED_OUT:
    case IO_DIAL_STOPPED: break;
    }
    return no_reply(wire);
}

static int finish_dial(struct wire *wire, const char *path)
{
    int status = wait_for(wire, POLLOUT);
    int err = status == CTL_OK ? io_sock_error(wire->fd) : 0;
    if (err != 0)
        status = fail(wire, CTL_DOWN, "cannot connect to %s: %s", path, strerror(err));
    if (status != CTL_OK)
        wire_close(wire);
    return status;
}

int wire_dial_unix(struct wire *wire, const char *name, const char *path)
{
    struct herd_error_text error;
    (void)snprintf(wire->name, sizeof wire->name, "%s", name);
    wire->fd = io_sock_dial_unix(path, &error);
    if (wire->fd < 0)
        return fail(wire, CTL_DOWN, "cannot %s", error.text);
    return finish_dial(wire, path);
}

bool wire_is_idle(struct wire *wire)
{
    struct pollfd pollfd = {.fd = wire->fd, .events = POLLIN};
    return wire->fd >= 0 && wire->in.len == wire->returned && poll(&pollfd, 1, 0) == 0;
}

/* ---- sending ---- */

int wire_send(struct wire *wire, struct herd_slice line)
{
    if (herd_buf_append(&wire->out, line) != 0 ||
        herd_buf_append(&wire->out, HERD_LIT("\n")) != 0)
        return fail(wire, CTL_FAILED, "the lines are too long to be sent at once");
    if (wire->verbose)
        ctl_print_wire('>', line);
    return CTL_OK;
}

static void half_close(struct wire *wire)
{
    if (wire->output_ended && wire->out.len == 0)
        (void)shutdown(wire->fd, SHUT_WR);
}

void wire_end_output(struct wire *wire)
{
    wire->output_ended = true;
    half_close(wire);
}

/* A failure to write does not end the connection: the server may have sent a reply before
 * it closed, which the next read returns. */
static void write_some(struct wire *wire)
{
    struct herd_slice bytes = herd_buf_bytes(&wire->out);
    ssize_t sent = write(wire->fd, bytes.data, bytes.len);
    if (sent < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR))
        return;
    herd_buf_consume(&wire->out, sent < 0 ? bytes.len : (size_t)sent);
    half_close(wire);
}

/* ---- receiving ---- */

static int closed(struct wire *wire)
{
    return fail(wire, CTL_FAILED, "%s closed the connection %s", wire->name,
                wire->in_reply ? "in the middle of a reply" : "without a reply");
}

/* CTL_OK: bytes were read, or none were there. */
static int read_some(struct wire *wire)
{
    char *room = herd_buf_reserve(&wire->in, READ_SIZE);
    if (room == NULL)
        return fail(wire, CTL_FAILED, "%s: the reply is too long", wire->name);
    ssize_t got = read(wire->fd, room, READ_SIZE);
    if (got > 0)
        herd_buf_commit(&wire->in, (size_t)got);
    if (got == 0)
        return closed(wire);
    if (got < 0 && errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR)
        return fail(wire, CTL_DOWN, "%s: connection lost: %s", wire->name, strerror(errno));
    return CTL_OK;
}

/* Writes and reads once. Both in one turn, since a server stops reading while its replies
 * are not read. */
static int turn(struct wire *wire)
{
    int status = wait_for(wire, (short)(POLLIN | (wire->out.len > 0 ? POLLOUT : 0)));
    if (status != CTL_OK)
        return status;
    if (wire->out.len > 0)
        write_some(wire);
    return read_some(wire);
}

static int return_line(struct wire *wire, struct herd_slice *line, size_t len)
{
    *line = herd_slice(herd_buf_bytes(&wire->in).data, len);
    wire->returned = len;
    wire->in_reply = true;
    if (wire->verbose)
        ctl_print_wire('<', *line);
    return CTL_OK;
}

int wire_receive(struct wire *wire, struct herd_slice *line)
{
    size_t searched = 0;
    herd_buf_consume(&wire->in, wire->returned);
    wire->returned = 0;
    for (;;) {
        struct herd_slice bytes = herd_buf_bytes(&wire->in);
        const char *lf = memchr(bytes.data + searched, '\n', bytes.len - searched);
        if (lf != NULL)
            return return_line(wire, line, (size_t)(lf - bytes.data) + 1);
        searched = bytes.len;
        int status = turn(wire);
        if (status != CTL_OK && status != CTL_TIMED_OUT && wire->in.len > 0)
            return return_line(wire, line, wire->in.len);
        if (status != CTL_OK)
            return status;
    }
}
