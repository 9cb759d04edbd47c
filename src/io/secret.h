/* SPDX-License-Identifier: ISC */
/* Reading secrets from files, and protecting them in memory. */
#ifndef IO_SECRET_H
#define IO_SECRET_H

#include "herd/err.h"

#include <stddef.h>

enum { IO_SECRET_SPACE = 256 }; /* bytes of white space allowed after a secret */

/* The length of a secret: `least` to `most` bytes, without the white space at the end of
 * its file. `advice` (or NULL) tells people how to make one, for the error about a short
 * one. */
struct io_secret_rule {
    size_t least, most;
    const char *advice;
};

/* Reads a secret into `out` (rule->most + 1 bytes; a NUL is added), and its length into
 * *len. The file must be a regular one that only its owner may use. Temporary copies are
 * wiped. Errors: HERD_ESYS, HERD_ETOOLONG, HERD_EBAD (too short), HERD_ENOMEM,
 * with `error`, which names the file, never its content; `out` is wiped. */
int io_secret_read(const char *path, const struct io_secret_rule *rule, char *out,
                   size_t *len, struct herd_error_text *error);

/* Forbids core files of this process from now on. Errors: HERD_ESYS (errno is set). */
int io_secret_guard(void);

#endif
