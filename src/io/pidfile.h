/* SPDX-License-Identifier: ISC */
/* A pid file that cannot be out of date: the server holds a lock on it while it lives, and
 * other programs ask for the holder of the lock and do not read the number in the file. */
#ifndef IO_PIDFILE_H
#define IO_PIDFILE_H

#include "herd/err.h"

#include <stdbool.h>
#include <sys/types.h>

/* ---- for the server ---- */

struct io_pidfile {
    const char *path; /* borrowed */
    int fd;           /* holds the lock; -1: not taken */
};

/* Creates the file (mode 0644; io_file_open of file.h), locks it, and writes our process
 * id. `path` is borrowed until io_pidfile_release. Errors: HERD_ESYS, with `error`, which
 * names the holder if there is one; then there is nothing to release. */
int io_pidfile_take(struct io_pidfile *file, const char *path,
                    struct herd_error_text *error);

/* Results of io_pidfile_keep besides a negative error. */
enum {
    IO_PIDFILE_KEPT = 0,    /* it is in its place */
    IO_PIDFILE_REMADE = 1,  /* it was not, and has been made anew */
    IO_PIDFILE_USURPED = 2, /* another process holds the one in its place: `error` says
                             * which; ours stays as it is */
};

/* Makes the file anew if somebody has removed or replaced it. Errors: HERD_ESYS, with
 * `error`; the next call tries again. */
int io_pidfile_keep(struct io_pidfile *file, struct herd_error_text *error);

/* Removes the file unless it is another process's, and releases the lock. */
void io_pidfile_release(struct io_pidfile *file);

/* ---- for everybody else ---- */

enum io_pidfile_state {
    IO_PIDFILE_LOCKED,  /* a process holds the lock */
    IO_PIDFILE_STALE,   /* no process holds it: the one that did was killed */
    IO_PIDFILE_MISSING, /* there is no such file */
    IO_PIDFILE_UNKNOWN  /* the system does not say, for the reason in `err` */
};

struct io_pidfile_view {
    enum io_pidfile_state state;
    pid_t pid; /* IO_PIDFILE_LOCKED: the holder; 0: it is not visible from here, since it is
                * in another pid namespace or on another machine */
    int err;   /* IO_PIDFILE_UNKNOWN: an errno value */
};

/* Looks at the file at `path`. */
struct io_pidfile_view io_pidfile_look(const char *path);

/* Opens the file to look at it later, when it may have another name or none. Returns a
 * descriptor that the caller closes, or -1. */
int io_pidfile_open(const char *path);
struct io_pidfile_view io_pidfile_look_at(int fd);

/* The process that holds the lock; 0: none that is known. */
pid_t io_pidfile_holder(const char *path);

#endif
