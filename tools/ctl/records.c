/* SPDX-License-Identifier: ISC */
#include "records.h"

#include "control_socket.h"
#include "follow/link.h"
#include "io/clock.h"
#include "io/loop.h"
#include "io/mem.h"
#include "io/signals.h"

#include <stdio.h>
#include <unistd.h>

enum { LEAVE_MS = 1000 };

struct reading {
    const struct records_order *order;
    const char *server;
    struct follow_calls calls;
    struct io_loop *loop;
    struct follow_link *link;
    struct follow_position position;
    bool synced;      /* all that the server held has been told */
    bool unconfirmed; /* the position is to be acknowledged */
    bool lost, over;  /* the connection; all of it */
    int status;       /* when it is over */
    int64_t timeout_ms;
    struct herd_mono now, deadline;
};

static void end(struct reading *reading, int status)
{
    reading->over = true;
    reading->status = ctl_first_failure(reading->status, status);
}

/* ---- calls of the link ---- */

static void on_followed(void *ctx, struct herd_slice server, bool known)
{
    struct reading *reading = ctx;
    (void)server;
    if (reading->order->stays && reading->lost)
        ctl_error(CTL_OK, "%s is connected again%s", reading->server,
                  known ? "" : ", and has started again meanwhile");
    reading->lost = false;
}

/* The server answers in the order in which it is asked: it has taken all that was given. */
static int on_full_sync(void *ctx)
{
    struct reading *reading = ctx;
    if (reading->order->record == NULL)
        end(reading, CTL_OK);
    return HERD_OK;
}

static int on_record(void *ctx, const struct herd_record *record)
{
    struct reading *reading = ctx;
    if (!reading->over && reading->order->record != NULL)
        reading->order->record(reading->order->ctx, record);
    return HERD_OK;
}

static int on_position(void *ctx, const struct follow_position *position, bool whole)
{
    struct reading *reading = ctx;
    reading->position = *position;
    reading->unconfirmed = true;
    if (!whole || reading->synced)
        return HERD_OK;
    reading->synced = true;
    if (!reading->order->stays)
        end(reading, CTL_OK);
    else if (reading->order->synced != NULL)
        reading->order->synced(reading->order->ctx);
    return HERD_OK;
}

static int on_give(void *ctx, struct herd_slice *text)
{
    struct reading *reading = ctx;
    return reading->order->give(reading->order->ctx, text);
}

static void on_lost(void *ctx, const char *why)
{
    struct reading *reading = ctx;
    if (reading->over)
        return;
    if (!reading->order->stays || !reading->synced) {
        end(reading, ctl_error(CTL_FAILED, "%s: %s", reading->server, why));
        return;
    }
    if (!reading->lost)
        ctl_error(CTL_OK, "%s: %s; connecting again", reading->server, why);
    reading->lost = true;
}

static void last_position(void *ctx, struct follow_position *position)
{
    const struct reading *reading = ctx;
    *position = reading->position;
}

static void on_signal(void *arg, int number)
{
    (void)number;
    struct reading *reading = arg;
    if (reading->order->stays)
        end(reading, CTL_OK);
    else
        end(reading, ctl_error(CTL_FAILED, "interrupted"));
}

/* ---- the loop ---- */

static void time_out(struct reading *reading)
{
    if (reading->order->stays && reading->synced)
        end(reading, CTL_OK);
    else
        end(reading, ctl_error(CTL_TIMED_OUT, "%s: not complete within %g s",
                               reading->server, (double)reading->timeout_ms / 1000));
}

static void turn(struct reading *reading)
{
    struct herd_mono at =
        herd_mono_min(reading->deadline, follow_link_deadline(reading->link));
    (void)io_loop_turn(reading->loop, at);
    reading->now = io_clock_mono();
    if (reading->over)
        return;
    if (reading->order->stays)
        ctl_flush();
    if (ctl_print_failed()) {
        end(reading, CTL_FAILED); /* ctl_print_end says why */
        return;
    }
    if (herd_mono_reached(reading->now, reading->deadline)) {
        time_out(reading);
        return;
    }
    if (reading->unconfirmed)
        follow_link_acknowledge(reading->link, &reading->position);
    reading->unconfirmed = false;
    follow_link_tick(reading->link, reading->now);
}

static void leave(struct reading *reading)
{
    struct herd_mono until = herd_mono_add_ms(reading->now, LEAVE_MS);
    while (!follow_link_leave(reading->link, "herdctl ends") &&
           !herd_mono_reached(reading->now, until)) {
        (void)io_loop_turn(reading->loop, until);
        reading->now = io_clock_mono();
        follow_link_tick(reading->link, reading->now);
    }
}

/* `path`: of the control socket. */
static int follow(struct reading *reading, const char *path)
{
    char name[FOLLOW_NAME_MAX + 1];
    (void)snprintf(name, sizeof name, "herdctl-%ld", (long)getpid());
    const struct follow_link_setup setup = {.mem = &io_mem,
                                            .loop = reading->loop,
                                            .path = path,
                                            .name = name,
                                            .calls = &reading->calls,
                                            .position = last_position,
                                            .silence_ms = 0,
                                            .lost = on_lost};
    reading->link = follow_link_new(&setup);
    if (reading->link == NULL)
        return ctl_error(CTL_FAILED, "out of memory, or no random bytes are to be had");
    follow_link_tick(reading->link, reading->now);
    while (!reading->over)
        turn(reading);
    leave(reading);
    follow_link_free(reading->link);
    return reading->status;
}

static int start(struct reading *reading, const char *path)
{
    reading->calls = (struct follow_calls){
        .ctx = reading,
        .followed = on_followed,
        .full_sync = on_full_sync,
        .record = on_record,
        .position = on_position,
        .give = reading->order->give != NULL ? on_give : NULL,
    };
    reading->loop = io_loop_new(&io_mem);
    if (reading->loop == NULL ||
        io_signals_start(reading->loop, on_signal, reading) != HERD_OK) {
        io_loop_free(reading->loop);
        return ctl_error(CTL_FAILED, "out of memory or descriptors");
    }
    int status = follow(reading, path);
    io_signals_stop(reading->loop);
    io_loop_free(reading->loop);
    return status;
}

/* ---- the server ---- */

/* Finds a server that accepts, and the path of its control socket. */
static int find(const struct ctl *ctl, const struct servers *servers, char *path,
                const char **name)
{
    struct wire wire;
    uint32_t i = 0;
    wire_init(&wire, false);
    wire_set_timeout(&wire, ctl_timeout_ms(ctl, CTL_TIMEOUT_MS));
    int status = control_socket_dial(ctl, servers, &wire, &i);
    wire_close(&wire);
    if (status != CTL_OK)
        return status;
    *name = servers->conf.servers[i].name;
    return servers_path(servers, servers->conf.run_dir, *name, ".sock", path) ? CTL_OK
                                                                              : CTL_FAILED;
}

int records_exchange(const struct ctl *ctl, const char *verb,
                     const struct records_order *order, char *server)
{
    struct servers servers;
    struct reading reading = {.order = order, .deadline = HERD_NEVER};
    char path[IO_PATH_MAX];
    if (control_socket_check_server(ctl, verb) != CTL_OK ||
        servers_open(&servers, ctl->conf_path) != CTL_OK)
        return CTL_USAGE;
    int status = find(ctl, &servers, path, &reading.server);
    if (status == CTL_OK) {
        reading.now = io_clock_mono();
        reading.timeout_ms = ctl_timeout_ms(ctl, order->stays ? 0 : CTL_RECORDS_TIMEOUT_MS);
        if (reading.timeout_ms > 0)
            reading.deadline = herd_mono_add_ms(reading.now, reading.timeout_ms);
        (void)snprintf(server, HERD_CONF_NAME_MAX + 1, "%s", reading.server);
        status = start(&reading, path);
    }
    servers_close(&servers);
    return status;
}
