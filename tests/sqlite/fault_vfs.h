/* SPDX-License-Identifier: ISC */
/* A VFS over that of the system which does not wait for the disk, fails on demand, and
 * writes down what is done to the files, so that a test can build the disk that a power cut
 * would have left. */
#ifndef TESTS_SQLITE_FAULT_VFS_H
#define TESTS_SQLITE_FAULT_VFS_H

#include <stdbool.h>
#include <stddef.h>

enum fault_kind {
    FAULT_NONE,
    FAULT_FULL,     /* a write: no room */
    FAULT_WRITE,    /* a write: EIO */
    FAULT_SHORT,    /* half of a write, then no room */
    FAULT_SYNC,     /* fsync: EIO; what was written since the last one may be lost */
    FAULT_READ,     /* EIO */
    FAULT_TRUNCATE, /* EIO */
    FAULT_KINDS,
};

/* Registers it; returns its name. */
const char *fault_vfs(void);

/* The n-th operation of that kind from now (1: the next) fails, and so do `more` after it.
 */
void fault_arm(enum fault_kind kind, size_t n, size_t more);

/* Operations that have failed since then. */
size_t fault_failed(void);

/* From now on files that are opened for writing are opened for reading. */
void fault_read_only(bool on);

/* ---- power cuts ---- */

/* Begins to write down; forgets what was written down before. */
void fault_log_start(void);
void fault_log_stop(void);
void fault_log_free(void);

/* Writes down that the test was promised this. */
void fault_log_promise(unsigned long long what);

/* Operations so far. */
size_t fault_log_len(void);

/* Builds the files of the database at `path`, as a power cut after `len` operations leaves
 * them: of what was not synced each write is there, or not, or in part (`seed` chooses).
 * Returns the last promise before the cut, 0 if there was none. */
unsigned long long fault_log_replay(const char *path, size_t len, unsigned seed);

#endif
