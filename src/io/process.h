/* SPDX-License-Identifier: ISC */
/* What a process inherits from the program that started it, made the same for all programs
 * of this project. */
#ifndef IO_PROCESS_H
#define IO_PROCESS_H

#include <stddef.h>

/* To be called first in main(), before anything is opened. Cannot fail.
 *
 * - The standard descriptors 0 to 2 that are closed become /dev/null; where there is none,
 *   a descriptor that can neither be read nor written. Otherwise the next file or
 *   connection would get such a number, and the program's output would go there.
 * - No signal is blocked.
 * - Signals that end a program or that it waits for get their default action: SIGALRM,
 *   SIGCHLD, SIGPIPE, SIGTERM, SIGUSR1, SIGUSR2. SIGHUP, SIGINT and those of job control
 *   stay ignored if they were: nohup and shells ignore them on purpose. */
void io_process_prepare(void);

/* Gives these signals their default action, and blocks none. Calls only what is safe in a
 * signal handler, so it can be used between fork() and execv(). */
void io_process_reset_signals(const int *numbers, size_t count);

#endif
