/* A pid file that cannot lie: the server holds a lock on it for as long as it lives, and
 * whoever wants to know asks for the holder of the lock, not for the number in the file. */
#ifndef IO_PIDFILE_H
#define IO_PIDFILE_H

#include "herd/err.h"

#include <sys/types.h>

/* Creates the file (mode 0644), locks it, writes our pid. Returns a descriptor to keep
 * open, or -1 with `error`, which names the holder if there is one. */
int io_pidfile_take(const char *path, struct herd_error_text *error);

/* Removes the file and gives up the lock. */
void io_pidfile_release(const char *path, int fd);

/* The process that holds the lock; 0: nobody does. */
pid_t io_pidfile_holder(const char *path);

#endif
