/* SPDX-License-Identifier: ISC */
/* A pid file that cannot be out of date: the server holds a lock on it while it lives, and
 * other programs ask for the holder of the lock and do not read the number in the file. */
#ifndef IO_PIDFILE_H
#define IO_PIDFILE_H

#include "herd/err.h"

#include <sys/types.h>

/* Creates the file (mode 0644; io_file_open of file.h), locks it, and writes our process
 * id. Returns a descriptor that the caller keeps open, or -1 with `error`, which names the
 * holder if there is one.
 */
int io_pidfile_take(const char *path, struct herd_error_text *error);

/* Removes the file, closes the descriptor and so releases the lock. */
void io_pidfile_release(const char *path, int fd);

/* The process that holds the lock; 0: none, or there is no such file. */
pid_t io_pidfile_holder(const char *path);

#endif
