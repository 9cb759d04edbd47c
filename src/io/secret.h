/* Secrets that are kept in files, and what protects them in memory. */
#ifndef IO_SECRET_H
#define IO_SECRET_H

#include "herd/err.h"

#include <stddef.h>

enum { IO_SECRET_SPACE = 256 }; /* bytes */

/* What a secret may be: `least` to `most` bytes, without the white space at the end of its
 * file, of which IO_SECRET_SPACE bytes do no harm. `advice` (or NULL) tells people how to
 * make one, when the file has less. */
struct io_secret_rule {
    size_t least, most;
    const char *advice;
};

/* Reads a secret into `out` (rule->most + 1 bytes; a NUL is added), and its length into
 * *len. The file must be a regular one that only its owner can read. Copies made on the
 * way are wiped. Errors: HERD_ESYS, HERD_ETOOLONG, HERD_EBAD (too short), HERD_ENOMEM,
 * with `error`, which names the file, never its content; `out` is wiped. */
int io_secret_read(const char *path, const struct io_secret_rule *rule, char *out,
                   size_t *len, struct herd_error_text *error);

/* Lets the system write no core file of this process from now on. Errors: HERD_ESYS (errno
 * is set). */
int io_secret_guard(void);

#endif
