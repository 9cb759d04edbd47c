/* SPDX-License-Identifier: ISC */
/* The records in a file of SQLite, and the position in the server's feed up to which they
 * are complete: both are written in one transaction, so no failure parts them.
 *
 * Calls that can fail return HERD_OK; HERD_ESYS: not now (the disk is full, a read or write
 * failed), close it and try again later; HERD_EBAD: the file is damaged, close it and set
 * it aside (aside.h); HERD_EUNKNOWN: see schema.h; store->error then says why. After a
 * failure nothing but store_close may be called. */
#ifndef SQLITE_STORE_H
#define SQLITE_STORE_H

#include "herd/err.h"
#include "herd/instant.h"
#include "follow/session.h"

#include <sqlite3.h>

struct store_setup {
    const char *path;   /* borrowed */
    const char *vfs;    /* below scrub.h; NULL: that of the system */
    int64_t history_ns; /* reports are kept for that long; 0: there is no history */
    int64_t expire_ns;  /* records are deleted this long after their time; 0: never */
};

enum store_statement {
    STORE_PUT,
    STORE_REPORT,
    STORE_POSITION,
    STORE_FORGET,
    STORE_ALL,
    STORE_BEGIN,
    STORE_COMMIT,
    STORE_STATEMENTS,
};

struct store {
    struct store_setup setup;
    sqlite3 *db; /* NULL: not open */
    sqlite3_stmt *statement[STORE_STATEMENTS];
    struct follow_position position; /* committed */
    struct follow_position next;     /* to be committed */
    bool in_transaction;
    /* In a full sync a record replaces an older one only: then the file may have newer
     * ones, which the server did not take. In the feed the server is right. */
    bool full_sync;
    bool erase_due; /* the WAL has bytes that were deleted */
    uint64_t puts;  /* records of this transaction */
    struct herd_error_text error;
};

/* Opens the file, or makes it, and checks all of it, so that what it gives is whole. */
int store_open(struct store *store, const struct store_setup *setup);

/* What is not committed is lost. Accepts one that is not open. */
void store_close(struct store *store);

/* Takes a record into the transaction, which it begins if there is none. */
int store_put(struct store *store, const struct herd_record *record);

/* Likewise the position; counts with the next store_commit. */
int store_put_position(struct store *store, const struct follow_position *position);

/* Commits, and waits until the system says that it is on the disk. Does nothing without a
 * transaction. */
int store_commit(struct store *store);

/* The text of the next record, borrowed until the next call; from the first one on again
 * after it has returned 0. 1: there is one; 0: no more; or an error. */
int store_next(struct store *store, struct herd_slice *text);

/* From the first one again. */
void store_rewind(struct store *store);

/* Empties the WAL if it has bytes that were deleted; while somebody reads it stays due. Not
 * inside a transaction. */
int store_erase(struct store *store);

/* Deletes some of what is too old, in a transaction of its own, and gives back free pages.
 * Returns 1 when there may be more, 0, or an error. */
int store_prune(struct store *store, struct herd_wall now);

/* Whether the file has been removed or replaced. */
bool store_is_moved(struct store *store);

#endif
