/* SPDX-License-Identifier: ISC */
/* The dialler with a loop of its own, for programs that wait for it. */
#include "dial.h"

#include "clock.h"
#include "mem.h"

struct wait {
    const struct io_dial_order *order;
    struct io_dial_result *result;
    struct herd_error_text *error;
    bool ended;
};

static int found(void *arg, struct io_addrs *addrs, struct herd_error_text *error)
{
    const struct io_dial_order *order = ((struct wait *)arg)->order;
    return order->found != NULL ? order->found(order->arg, addrs, error) : HERD_OK;
}

static void done(void *arg, const struct io_dial_result *result)
{
    struct wait *wait = arg;
    *wait->result = *result;
    herd_error_set(wait->error, "%s", result->error);
    wait->ended = true;
}

static enum io_dial_outcome run(struct io_loop *loop, struct io_dialler *dialler,
                                struct herd_mono until, bool (*stopped)(void),
                                const struct wait *wait)
{
    for (;;) {
        struct herd_mono now = io_clock_mono();
        io_dialler_tick(dialler, now);
        if (wait->ended)
            return wait->result->fd >= 0 ? IO_DIAL_OPEN : IO_DIAL_FAILED;
        if (stopped != NULL && stopped())
            return IO_DIAL_STOPPED;
        if (herd_mono_reached(now, until))
            return IO_DIAL_TIMED_OUT;
        if (io_loop_turn(loop, herd_mono_min(until, io_dialler_deadline(dialler))) < 0)
            return IO_DIAL_FAILED;
    }
}

enum io_dial_outcome io_dial_wait(const struct io_dial_order *order, int64_t timeout_ms,
                                  bool (*stopped)(void), struct io_dial_result *result,
                                  struct herd_error_text *error)
{
    struct wait wait = {order, result, error, false};
    struct io_dial_order own = *order;
    struct io_loop *loop = io_loop_new(&io_mem);
    struct io_dialler_setup setup = {
        .mem = &io_mem, .loop = loop, .connect_ms = timeout_ms > 0 ? timeout_ms : 1};
    struct io_dialler *dialler = loop != NULL ? io_dialler_new(&setup) : NULL;
    enum io_dial_outcome outcome = IO_DIAL_FAILED;
    *result = (struct io_dial_result){.fd = -1};
    herd_error_set(error, "%s", herd_strerror(HERD_ENOMEM));
    own.found = found;
    own.done = done;
    own.arg = &wait;
    if (dialler != NULL && io_dialler_dial(dialler, &own) == HERD_OK)
        outcome = run(loop, dialler, herd_mono_add_ms(io_clock_mono(), timeout_ms), stopped,
                      &wait);
    io_dialler_free(dialler);
    io_loop_free(loop);
    result->error = error->text;
    return outcome;
}
