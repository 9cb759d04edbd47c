/* Signals as bytes: the handler writes the signal's number into a pipe, and the loop
 * reads it there like any other input. SIGPIPE is ignored. One instance per process. */
#ifndef IO_SIGNALS_H
#define IO_SIGNALS_H

#include "loop.h"

typedef void (*io_signal_fn)(void *arg, int number);

/* Catches SIGTERM, SIGINT, SIGHUP and SIGUSR1. Errors: HERD_ESYS (errno is set),
 * HERD_ENOMEM. */
int io_signals_start(struct io_loop *loop, io_signal_fn caught, void *arg);

/* Restores what was before. */
void io_signals_stop(struct io_loop *loop);

#endif
