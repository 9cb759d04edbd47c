/* SPDX-License-Identifier: ISC */
/* What goes from the file by itself: bytes of deleted records in the WAL, old reports,
 * expired records, free pages. */
#include "store_internal.h"

#include "schema.h"

enum { PRUNE_ROWS = 5000 };

int store_erase(struct store *store)
{
    if (!store->erase_due)
        return HERD_OK;
    int rc = sqlite3_wal_checkpoint_v2(store->db, "main", SQLITE_CHECKPOINT_TRUNCATE, NULL,
                                       NULL);
    if ((rc & 0xff) == SQLITE_BUSY)
        return HERD_OK; /* somebody reads: it stays due */
    store->erase_due = rc != SQLITE_OK;
    return store_fail(store, rc);
}

/* Of a statement with an instant and a number of rows; adds those that went to *rows. */
static int delete_before(struct store *store, const char *sql, int64_t ns, int *rows)
{
    sqlite3_stmt *statement = NULL;
    int rc = sqlite3_prepare_v2(store->db, sql, -1, &statement, NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_bind_int64(statement, 1, ns);
    if (rc == SQLITE_OK)
        rc = sqlite3_bind_int(statement, 2, PRUNE_ROWS);
    if (rc == SQLITE_OK)
        rc = sqlite3_step(statement);
    if (rc == SQLITE_DONE)
        *rows += sqlite3_changes(store->db);
    sqlite3_finalize(statement);
    return schema_outcome(rc);
}

/* Free pages are used again; they go back to the system when they are a quarter of the
 * file. */
static int give_back(struct store *store)
{
    sqlite3_int64 pages = 0, idle = 0;
    int rc = schema_number(store->db, "PRAGMA page_count", &pages);
    if (rc == HERD_OK)
        rc = schema_number(store->db, "PRAGMA freelist_count", &idle);
    if (rc == HERD_OK && idle > pages / 4)
        rc = schema_run(store->db, "PRAGMA incremental_vacuum(1000)");
    return rc;
}

int store_prune(struct store *store, struct herd_wall now)
{
    int rows = 0;
    int64_t history_ns = store->setup.history_ns, expire_ns = store->setup.expire_ns;
    int64_t oldest = history_ns > 0 ? now.ns - history_ns : INT64_MAX;
    int rc = store->in_transaction ? HERD_ESYS : schema_run(store->db, "BEGIN IMMEDIATE");
    if (rc == HERD_OK)
        rc = delete_before(store,
                           "DELETE FROM reports WHERE (received, client) IN (SELECT "
                           "received, client FROM reports WHERE received < ?1 "
                           "ORDER BY received LIMIT ?2)",
                           oldest, &rows);
    if (rc == HERD_OK && expire_ns > 0)
        rc = delete_before(store,
                           "DELETE FROM records WHERE client IN (SELECT client FROM "
                           "records WHERE effective < ?1 LIMIT ?2)",
                           now.ns - expire_ns, &rows);
    if (rc == HERD_OK)
        rc = give_back(store);
    if (rc == HERD_OK)
        rc = schema_run(store->db, "COMMIT");
    if (rc != HERD_OK) {
        herd_error_set(&store->error, "%s", sqlite3_errmsg(store->db));
        return rc;
    }
    store->erase_due = store->erase_due || rows > 0;
    return rows >= PRUNE_ROWS;
}
