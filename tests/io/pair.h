/* SPDX-License-Identifier: ISC */
/* Descriptors for the tests of the adapters. */
#ifndef TESTS_IO_PAIR_H
#define TESTS_IO_PAIR_H

#include <stdbool.h>
#include <stddef.h>

/* Two connected non-blocking sockets: unix ones. */
bool pair_local(int fds[2]);

/* Two connected non-blocking TCP sockets: the one that dialled, the one accepted. */
bool pair_tcp(int fds[2]);

/* Descriptors that this process has open. */
int pair_open_count(void);

/* Lets the process open `spare` more descriptors than now; -1: as many as at first. */
void pair_spare(int spare);

/* Writes until the kernel accepts no more; returns the number of bytes. */
size_t pair_fill(int fd);

/* Waits at most five seconds until there is something to read. */
bool pair_readable(int fd);

/* Waits at most five seconds for poll() events; returns the result of poll(). */
int pair_wait(int fd, short events);

/* Checks that the descriptor is non-blocking and close-on-exec; `tcp`: has TCP_NODELAY. */
void pair_check_flags(int fd, bool tcp);

#endif
