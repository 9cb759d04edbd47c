/* SPDX-License-Identifier: ISC */
/* Reading whole files, and making folders. */
#ifndef IO_FILE_H
#define IO_FILE_H

#include "herd/buf.h"
#include "herd/err.h"

#include <stdbool.h>

/* Appends the file's bytes to `out`, up to its limit. `secret`: refuses a file that is not
 * a regular one, or that the group or others may use. Errors: HERD_ESYS, HERD_EFULL,
 * HERD_ENOMEM, with `error`, which names the file; `out` may then hold a part of the file.
 */
int io_file_read(const char *path, bool secret, struct herd_buf *out,
                 struct herd_error_text *error);

/* Creates the folder (mode 0700) unless it exists. Errors: HERD_ESYS, with `error`, which
 * names it. */
int io_file_make_dir(const char *path, struct herd_error_text *error);

#endif
