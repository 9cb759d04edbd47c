/* Whole files, capped. */
#ifndef IO_FILE_H
#define IO_FILE_H

#include "herd/buf.h"

#include <stdbool.h>

enum { IO_FILE_WHY = 256 };

/* Appends the file's bytes to `out`, whose cap bounds them. `secret`: refuses a file that
 * is not a regular one, or that the group or others can read. Errors: HERD_ESYS,
 * HERD_EFULL, HERD_ENOMEM, with `why` (IO_FILE_WHY bytes; names the file); `out` may then
 * hold a part of the file. */
int io_file_read(const char *path, bool secret, struct herd_buf *out, char *why);

/* Creates the folder (mode 0700) unless it is there. Errors: HERD_ESYS with `why`. */
int io_file_make_dir(const char *path, char *why);

#endif
