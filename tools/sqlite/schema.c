/* SPDX-License-Identifier: ISC */
#include "schema.h"

#include <stdio.h>
#include <string.h>

/* Step i makes version i + 1 of version i. Times are in nanoseconds since 1970, UTC; those
 * of the views are for people. Of a tombstone latitude and longitude are NULL. "check" is
 * for store.c. The columns of the file are documented in herd-sqlite(8). */
static const char *const steps[SCHEMA_VERSION] = {
    "CREATE TABLE records (client TEXT PRIMARY KEY, record TEXT NOT NULL,"
    " effective INTEGER NOT NULL, received INTEGER NOT NULL, time INTEGER NOT NULL,"
    " latitude REAL, longitude REAL, \"check\" INTEGER NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE state (id INTEGER PRIMARY KEY CHECK (id = 1), schema INTEGER NOT NULL,"
    " feed BLOB, seq INTEGER NOT NULL, \"check\" INTEGER NOT NULL);"
    "INSERT INTO state VALUES (1, 1, NULL, 0, 0);"
    "CREATE VIEW locations AS SELECT client, latitude, longitude,"
    " strftime('%Y-%m-%d %H:%M:%S', time / 1000000000, 'unixepoch') AS time,"
    " strftime('%Y-%m-%d %H:%M:%S', received / 1000000000, 'unixepoch') AS received,"
    " substr(record, 4, instr(substr(record, 4), ' ') - 1) AS server"
    " FROM records WHERE latitude IS NOT NULL;",
    "CREATE TABLE reports (received INTEGER NOT NULL, client TEXT NOT NULL,"
    " time INTEGER NOT NULL, latitude REAL NOT NULL, longitude REAL NOT NULL,"
    " server TEXT NOT NULL, PRIMARY KEY (received, client)) WITHOUT ROWID;"
    "CREATE INDEX reports_client ON reports (client, received);"
    "CREATE VIEW history AS SELECT client, latitude, longitude,"
    " strftime('%Y-%m-%d %H:%M:%S', time / 1000000000, 'unixepoch') AS time,"
    " strftime('%Y-%m-%d %H:%M:%S', received / 1000000000, 'unixepoch') AS received,"
    " server FROM reports;",
};

int schema_outcome(int rc)
{
    switch (rc & 0xff) {
    case SQLITE_OK:
    case SQLITE_ROW:
    case SQLITE_DONE: return HERD_OK;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_FORMAT:
    case SQLITE_CONSTRAINT: /* no value of ours breaks one */
    case SQLITE_MISMATCH:
    case SQLITE_ERROR: /* in statements that never change: a table is not as it was made */
        return HERD_EBAD;
    default: return HERD_ESYS;
    }
}

int schema_run(sqlite3 *db, const char *sql)
{
    return schema_outcome(sqlite3_exec(db, sql, NULL, NULL, NULL));
}

int schema_number(sqlite3 *db, const char *sql, sqlite3_int64 *value)
{
    sqlite3_stmt *statement = NULL;
    *value = 0;
    int rc = sqlite3_prepare_v2(db, sql, -1, &statement, NULL);
    if (rc == SQLITE_OK) {
        rc = sqlite3_step(statement);
        if (rc == SQLITE_ROW)
            *value = sqlite3_column_int64(statement, 0);
    }
    int outcome = schema_outcome(rc);
    sqlite3_finalize(statement);
    return outcome;
}

/* ---- whose file it is ---- */

struct mark {
    sqlite3_int64 objects, application, version;
};

static int read_mark(sqlite3 *db, struct mark *mark)
{
    int rc = schema_number(db, "SELECT count(*) FROM sqlite_master", &mark->objects);
    if (rc == HERD_OK)
        rc = schema_number(db, "PRAGMA application_id", &mark->application);
    if (rc == HERD_OK)
        rc = schema_number(db, "PRAGMA user_version", &mark->version);
    return rc;
}

/* The version is in the table as well, so that a damaged header is told from a file of a
 * newer program. */
static int check_mark(sqlite3 *db, const struct mark *mark, struct herd_error_text *error)
{
    sqlite3_int64 version = 0;
    if (mark->objects == 0 || (mark->application == SCHEMA_APPLICATION &&
                               mark->version >= 1 && mark->version <= SCHEMA_VERSION))
        return HERD_OK;
    int rc = schema_number(db, "SELECT schema FROM state", &version);
    if (rc == HERD_OK && version >= 1 && version <= SCHEMA_VERSION) {
        herd_error_set(error, "the header does not fit the tables");
        return HERD_EBAD;
    }
    if (rc == HERD_ESYS) {
        herd_error_set(error, "%s", sqlite3_errmsg(db));
        return rc;
    }
    if (mark->application != SCHEMA_APPLICATION)
        herd_error_set(error,
                       "is a database of another program; give another file with -f");
    else
        herd_error_set(error,
                       "has schema version %lld, and this program knows up to %d; use the "
                       "newer herd-sqlite, or another file",
                       mark->version, SCHEMA_VERSION);
    return HERD_EUNKNOWN;
}

/* ---- how it is written ---- */

/* page_size and auto_vacuum count for a new file only. */
static const char settings[] = "PRAGMA page_size = 4096;"
                               "PRAGMA auto_vacuum = INCREMENTAL;"
                               "PRAGMA journal_mode = WAL;"
                               "PRAGMA synchronous = FULL;"
                               "PRAGMA fullfsync = ON;"
                               "PRAGMA checkpoint_fullfsync = ON;"
                               "PRAGMA secure_delete = ON;"
                               "PRAGMA cell_size_check = ON;"
                               "PRAGMA trusted_schema = OFF;"
                               "PRAGMA temp_store = MEMORY;"
                               "PRAGMA cache_size = -32768;"
                               "PRAGMA wal_autocheckpoint = 8192;"
                               "PRAGMA journal_size_limit = 67108864;";

static int migrate(sqlite3 *db, sqlite3_int64 from)
{
    int rc = schema_run(db, "BEGIN IMMEDIATE");
    for (sqlite3_int64 i = from; rc == HERD_OK && i < SCHEMA_VERSION; i++) {
        char sql[160];
        rc = schema_run(db, steps[i]);
        (void)snprintf(sql, sizeof sql,
                       "PRAGMA application_id = %d; PRAGMA user_version = %lld;"
                       "UPDATE state SET schema = %lld;",
                       SCHEMA_APPLICATION, i + 1, i + 1);
        if (rc == HERD_OK)
            rc = schema_run(db, sql);
    }
    if (rc == HERD_OK)
        rc = schema_run(db, "COMMIT");
    return rc;
}

int schema_prepare(sqlite3 *db, struct herd_error_text *error)
{
    struct mark mark = {0};
    int rc = read_mark(db, &mark);
    if (rc == HERD_OK) {
        int checked = check_mark(db, &mark, error);
        if (checked != HERD_OK)
            return checked;
        rc = schema_run(db, settings);
    }
    sqlite3_int64 from = mark.objects == 0 ? 0 : mark.version;
    if (rc == HERD_OK && from < SCHEMA_VERSION)
        rc = migrate(db, from);
    if (rc != HERD_OK) {
        herd_error_set(error, "%s", sqlite3_errmsg(db));
        (void)sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
    }
    return rc;
}
