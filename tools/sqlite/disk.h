/* SPDX-License-Identifier: ISC */
/* herd-sqlite: follows a server, and keeps its records in a file.
 *
 * Whatever fails, it goes on: a file that cannot be written is closed, and opened again
 * after a pause; a damaged one is set aside, and a new one is filled with what the server
 * has. Only what the disk has taken is acknowledged. */
#ifndef SQLITE_DISK_H
#define SQLITE_DISK_H

#include "herd/mem.h"
#include "store.h"

#include <stdbool.h>

struct disk_setup {
    const struct herd_mem *mem; /* borrowed, as all of this */
    const char *socket;         /* the control socket of the server */
    const char *name;           /* of the follower */
    struct store_setup store;
    bool at_once;     /* commits when nothing more is to be read, for report-ack */
    bool until_eof;   /* ends when standard input ends: its parent is gone */
    int64_t retry_ms; /* the pause after the first failure of the file */
};

/* Runs until SIGTERM or SIGINT, or the end of standard input. Returns an exit status: 0, or
 * DISK_FAILED. */
enum { DISK_OK, DISK_FAILED, DISK_USAGE, DISK_IN_USE };
int disk_run(const struct disk_setup *setup);

#endif
