/* SPDX-License-Identifier: ISC */
/* The system's random bytes. */
#ifndef IO_RANDOM_H
#define IO_RANDOM_H

#include <stddef.h>

/* Fills `size` bytes from /dev/urandom. Errors: HERD_ESYS (errno is set). */
int io_random(void *bytes, size_t size);

#endif
