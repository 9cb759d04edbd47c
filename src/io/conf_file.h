/* The configuration as a file: where it is, reading it, and the paths named in it. */
#ifndef IO_CONF_FILE_H
#define IO_CONF_FILE_H

#include "herd/conf.h"

#include <stddef.h>

enum { IO_PATH_MAX = 1024 };

/* The file to use when none was named: herd.conf in the current folder if it is there,
 * else the one in the system's folder for configurations. Lives for ever. */
const char *io_conf_file_default(void);

/* Reads and checks the file. Every mistake goes to standard error as
 * "program: file:line: what". Errors: HERD_EBAD, HERD_ESYS, HERD_ENOMEM; a message has
 * been printed. */
int io_conf_file_read(struct herd_conf *conf, const struct herd_mem *mem,
                      const char *program, const char *path);

/* A path of the configuration: relative ones count from the folder of the configuration
 * file. `folder` may be joined with a file name made of `name` and `suffix` (both NULL:
 * the folder itself). `out` has IO_PATH_MAX bytes. Errors: HERD_ETOOLONG. */
int io_conf_file_path(char *out, const char *conf_path, const char *folder,
                      const char *name, const char *suffix);

#endif
