/* SPDX-License-Identifier: ISC */
/* Reading whole files, and opening and making those that a server writes, without trust in
 * names that somebody else may have put there. Every error text names the file or folder,
 * and what helps.
 *
 * Trusted is what belongs to this user or to root, and what neither the group nor others
 * may write. Of the folders on the way there only those are looked at that are made here.
 */
#ifndef IO_FILE_H
#define IO_FILE_H

#include "herd/buf.h"
#include "herd/err.h"

#include <sys/types.h>

enum io_file_kind {
    IO_FILE_TRUSTED, /* see above */
    IO_FILE_SECRET,  /* likewise; a regular file, not through a symbolic link, and neither
                        the group nor others may read it. Of root's files the group may read
                        any (0640), and all may read those that nobody may write (0444),
                        since containers are given secrets like that */
};

/* Appends the file's bytes to `out`, up to its limit. Errors: HERD_ESYS, HERD_EBAD (it is
 * not what `kind` says), HERD_EFULL, HERD_ENOMEM, with `error`; `out` may then hold a part
 * of the file. */
int io_file_read(const char *path, enum io_file_kind kind, struct herd_buf *out,
                 struct herd_error_text *error);

/* Opens a file for writing, and creates it with exactly `mode` unless it exists. One that
 * exists must be trusted, and a regular file or a pipe, not behind a symbolic link. `flags`
 * are O_WRONLY or O_RDWR, and O_APPEND. Returns a descriptor that is close-on-exec and
 * non-blocking; -1: errno is set, and `error`. */
int io_file_open(const char *path, int flags, mode_t mode, struct herd_error_text *error);

/* Creates a file of these bytes, which only this user may use, unless there is something at
 * `path`. It appears whole or not at all: of several processes that do this at once one
 * wins, and all find its file then. Errors: HERD_ESYS, HERD_ETOOLONG, with `error`. */
int io_file_create(const char *path, struct herd_slice bytes,
                   struct herd_error_text *error);

/* Creates the folder (mode 0700) unless it exists. One that exists must be trusted; and so
 * must be the symbolic link, if it is one. A folder that all may write, such as /tmp, is
 * not, sticky or not. Errors: HERD_ESYS, with `error`. */
int io_file_make_dir(const char *path, struct herd_error_text *error);

#endif
