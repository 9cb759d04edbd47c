/* SPDX-License-Identifier: ISC */
/* The file of a log: opened, rotated when it is full, opened again. For log.c only.
 *
 * NAME.log becomes NAME.log.1, that becomes NAME.log.2, and so on; the file with the number
 * `keep` - 1 is removed. So there are at most `keep` files, of at most `max_size` bytes
 * each. Rotating takes a few renames. A crash in between leaves a number out, and the next
 * rotation fills it; no file is lost by that.
 *
 * Removing a large file takes long on many systems. Therefore the oldest one is shortened
 * step by step while the second half of the present one is written. One with a second hard
 * link is left whole.
 *
 * Others may rename or remove the file. A renamed one is written until it is full or
 * io_log_file_reopen; a removed one until io_log_file_check. Pipes and devices are never
 * rotated. */
#ifndef IO_LOG_FILE_H
#define IO_LOG_FILE_H

#include "herd/mem.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { IO_LOG_MODE = 0640 }; /* of a new file: the group may read it */

struct io_log_file {
    const struct herd_mem *mem;
    char *path; /* NULL: no file */
    size_t path_size;
    int fd;           /* -1: no file */
    bool regular;     /* not a pipe or a device */
    int64_t max_size; /* bytes; 0: no limit */
    int keep;         /* files, 2 or more */
    int64_t size;     /* bytes, at the last check and what was written since */
    int64_t trim_at;  /* the size at which the oldest file is shortened next */
};

/* Opens the file at `path`, which is copied; NULL: no file. No limit until one is set.
 * Errors: HERD_ENOMEM, HERD_ESYS (errno is set); nothing is open. */
int io_log_file_open(struct io_log_file *file, const struct herd_mem *mem,
                     const char *path);
void io_log_file_close(struct io_log_file *file);

void io_log_file_limit(struct io_log_file *file, int64_t max_size, int keep);

/* Opens the file at its path again. Errors: HERD_ESYS (errno is set): the old file stays
 * open. */
int io_log_file_reopen(struct io_log_file *file);

/* Notices what others have done: opens a removed file again, and learns the size. */
void io_log_file_check(struct io_log_file *file);

/* Whether `len` more bytes stay within the limit. */
bool io_log_file_has_room(const struct io_log_file *file, size_t len);

/* Rotates, or opens the path again if others have moved the file. Errors: HERD_ESYS (errno
 * is set): the old file stays open. */
int io_log_file_rotate(struct io_log_file *file);

/* Whether nothing is in the file; of a pipe nothing is known, and it counts as empty. */
bool io_log_file_is_empty(const struct io_log_file *file);

/* Writes the bytes that the file accepts now and returns their number. Sets *failed when a
 * later attempt at the rest cannot succeed. */
size_t io_log_file_write(struct io_log_file *file, const char *bytes, size_t len,
                         bool *failed);

/* The same without counting: for any descriptor. */
size_t io_log_file_write_fd(int fd, const char *bytes, size_t len, bool *failed);

#endif
