/* SPDX-License-Identifier: ISC */
/* Reading secrets from files, making one that processes share, and protecting them in
 * memory. */
#ifndef IO_SECRET_H
#define IO_SECRET_H

#include "herd/err.h"
#include "herd/slice.h"

#include <stdbool.h>
#include <stddef.h>

enum {
    IO_SECRET_SPACE = 256, /* bytes of white space allowed after a secret */
    IO_SECRET_SHARED = 32  /* random bytes of one that io_secret_share makes */
};

/* What a secret may be: `least` to `most` bytes, without the white space at the end of its
 * file, and no byte order mark before them. `advice` (or NULL) tells people how to make
 * one, for the error about a short one. */
struct io_secret_rule {
    size_t least, most;
    const char *advice;
    bool word; /* it is one word of visible ASCII characters; else it has any bytes */
};

/* Copies a secret from `text`, as io_secret_read does. `source` names where it is from in
 * `error`. Errors: HERD_ETOOLONG, HERD_EBAD. */
int io_secret_take(const char *source, const struct io_secret_rule *rule,
                   struct herd_slice text, char *out, size_t *len,
                   struct herd_error_text *error);

/* Reads a secret into `out` (rule->most + 1 bytes; a NUL is added), and its length into
 * *len. The file must be as IO_FILE_SECRET in file.h says. Temporary copies are wiped.
 * Errors: HERD_ESYS, HERD_ETOOLONG, HERD_EBAD (too short, against the rule, or open to
 * others), HERD_ENOMEM, with `error`, which names the file, never its content; `out` is
 * wiped. */
int io_secret_read(const char *path, const struct io_secret_rule *rule, char *out,
                   size_t *len, struct herd_error_text *error);

/* Unless there is something at `path`, creates a file there with a secret: random bytes, as
 * two hexadecimal digits each, and LF. Processes that do this at once all find the same one
 * then (io_file_create). Errors: HERD_ESYS, HERD_ETOOLONG (of the file), HERD_EBAD
 * (there are no random bytes), with `error`. */
int io_secret_share(const char *path, struct herd_error_text *error);

/* Forbids core files of this process from now on. Errors: HERD_ESYS (errno is set). */
int io_secret_guard(void);

#endif
