/* SPDX-License-Identifier: ISC */
/* The configuration as a file: where it is, reading it, and the paths named in it. */
#ifndef IO_CONF_FILE_H
#define IO_CONF_FILE_H

#include "herd/conf.h"

#include <stddef.h>

enum { IO_PATH_MAX = 1024 }; /* bytes of a path, NUL included */

/* The path of the configuration: `given`, or without one (NULL) herd.conf in the current
 * folder if it exists, else the one in the system's folder for configurations. NULL, and a
 * message was printed, if there is neither, which names both; and for root if it is the
 * former and others may write the current folder. Lives for ever, or as long as `given`. */
const char *io_conf_file_find(const char *program, const char *given);

/* Reads and checks the file at `path`, which must be as IO_FILE_TRUSTED in file.h says.
 * Each error goes to standard error as "program: path:line: text". herd_conf_free frees
 * *conf afterwards; `mem` is borrowed and outlives it. Errors: HERD_EBAD, HERD_EFULL,
 * HERD_ESYS, HERD_ENOMEM; a message was printed. */
int io_conf_file_read(struct herd_conf *conf, const struct herd_mem *mem,
                      const char *program, const char *path);

/* Resolves a path of the configuration: a relative one starts at the folder of the
 * configuration file. `folder` is joined with the file name of `name` and `suffix` (both
 * NULL: the folder itself). `out` has IO_PATH_MAX bytes. Errors: HERD_ETOOLONG. */
int io_conf_file_path(char *out, const char *conf_path, const char *folder,
                      const char *name, const char *suffix);

#endif
