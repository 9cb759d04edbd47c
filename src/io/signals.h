/* SPDX-License-Identifier: ISC */
/* Signals as input of the loop: the handler writes the signal's number into a pipe, and the
 * loop reads it there. One instance per process. */
#ifndef IO_SIGNALS_H
#define IO_SIGNALS_H

#include "loop.h"

/* Called from the loop; `number` is SIGTERM, SIGINT, SIGHUP or SIGUSR1. */
typedef void (*io_signal_fn)(void *arg, int number);

/* Catches SIGTERM, SIGINT, SIGHUP and SIGUSR1, and ignores SIGPIPE, until io_signals_stop.
 * `loop` is borrowed until then. Errors: HERD_ESYS (errno is set), HERD_ENOMEM. */
int io_signals_start(struct io_loop *loop, io_signal_fn caught, void *arg);

/* Restores the signal actions from before io_signals_start. */
void io_signals_stop(struct io_loop *loop);

#endif
