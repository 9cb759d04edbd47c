/* SPDX-License-Identifier: ISC */
/* The tables in the file, their version, and the way from an older version to this one. */
#ifndef SQLITE_SCHEMA_H
#define SQLITE_SCHEMA_H

#include "herd/err.h"

#include <sqlite3.h>

enum {
    SCHEMA_APPLICATION = 0x68657264, /* "herd", in the header of the file */
    SCHEMA_VERSION = 2,
};

/* What a result of SQLite means: HERD_OK; HERD_EBAD: the file is damaged; HERD_ESYS: it
 * may be better later (the disk is full, say). */
int schema_outcome(int rc);

/* Runs statements that return no rows. The same results. */
int schema_run(sqlite3 *db, const char *sql);

/* The number in the first column of the first row; 0 if there is none. The same results. */
int schema_number(sqlite3 *db, const char *sql, sqlite3_int64 *value);

/* Prepares a file that was opened: looks whether it is ours, before anything is changed,
 * sets how it is written, and makes the tables or migrates them. Errors, with `error`:
 * HERD_EUNKNOWN: it is a database of another program, or of a newer version, and is left as
 * it is; HERD_EBAD; HERD_ESYS. */
int schema_prepare(sqlite3 *db, struct herd_error_text *error);

#endif
