/* SPDX-License-Identifier: ISC */
/* The system's random bytes. */
#ifndef IO_RANDOM_H
#define IO_RANDOM_H

#include "herd/err.h"

#include <stddef.h>

/* Fills `size` bytes from /dev/urandom. Errors: HERD_ESYS, with `error`, which names the
 * device and says what helps. */
int io_random(void *bytes, size_t size, struct herd_error_text *error);

/* The same from the device at `path`. What is no device is refused: a file in its place
 * would give the same bytes at each start. */
int io_random_from(const char *path, void *bytes, size_t size,
                   struct herd_error_text *error);

#endif
