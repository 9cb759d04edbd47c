/* SPDX-License-Identifier: ISC */
#include "store_internal.h"

#include "geo.h"
#include "schema.h"
#include "scrub.h"

#include <string.h>

enum { BUSY_MS = 100 };

static const char *const sql[STORE_STATEMENTS] = {
    [STORE_PUT] =
        "INSERT INTO records VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)"
        " ON CONFLICT (client) DO UPDATE SET record = excluded.record,"
        " effective = excluded.effective, received = excluded.received,"
        " time = excluded.time, latitude = excluded.latitude,"
        " longitude = excluded.longitude, \"check\" = excluded.\"check\""
        " WHERE excluded.record <> records.record AND (?9 OR"
        " excluded.effective > records.effective OR"
        " (excluded.effective = records.effective AND excluded.record > records.record))",
    [STORE_REPORT] = "INSERT OR IGNORE INTO reports VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    [STORE_POSITION] = "UPDATE state SET feed = ?1, seq = ?2, \"check\" = ?3",
    [STORE_FORGET] = "DELETE FROM reports WHERE client = ?1",
    [STORE_ALL] = "SELECT record FROM records",
    [STORE_BEGIN] = "BEGIN IMMEDIATE",
    [STORE_COMMIT] = "COMMIT",
};

int store_fail(struct store *store, int rc)
{
    int outcome = schema_outcome(rc);
    if (outcome != HERD_OK)
        herd_error_set(&store->error, "%s", sqlite3_errmsg(store->db));
    return outcome;
}

int store_damaged(struct store *store, const char *why)
{
    herd_error_set(&store->error, "%s", why);
    return HERD_EBAD;
}

/* ---- open and close ---- */

static int prepare(struct store *store)
{
    int rc = SQLITE_OK;
    for (int i = 0; rc == SQLITE_OK && i < STORE_STATEMENTS; i++)
        rc = sqlite3_prepare_v3(store->db, sql[i], -1, SQLITE_PREPARE_PERSISTENT,
                                &store->statement[i], NULL);
    return store_fail(store, rc);
}

static int connect(struct store *store)
{
    const char *vfs = scrub_vfs(store->setup.vfs);
    int rc = sqlite3_open_v2(store->setup.path, &store->db,
                             SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, vfs);
    if (rc != SQLITE_OK) {
        herd_error_set(&store->error, "%s",
                       store->db != NULL ? sqlite3_errmsg(store->db) : sqlite3_errstr(rc));
        return schema_outcome(rc);
    }
    (void)sqlite3_extended_result_codes(store->db, 1);
    (void)sqlite3_busy_timeout(store->db, BUSY_MS);
    return HERD_OK;
}

int store_open(struct store *store, const struct store_setup *setup)
{
    *store = (struct store){.setup = *setup, .erase_due = true};
    int rc = connect(store);
    if (rc == HERD_OK)
        rc = schema_prepare(store->db, &store->error);
    if (rc == HERD_OK)
        rc = prepare(store);
    if (rc == HERD_OK)
        rc = store_verify(store);
    store->next = store->position;
    return rc;
}

void store_close(struct store *store)
{
    for (int i = 0; i < STORE_STATEMENTS; i++) {
        sqlite3_finalize(store->statement[i]);
        store->statement[i] = NULL;
    }
    (void)sqlite3_close_v2(store->db);
    store->db = NULL;
    store->in_transaction = false;
}

/* ---- statements ---- */

static int bind_text(sqlite3_stmt *statement, int n, struct herd_slice text)
{
    return sqlite3_bind_text(statement, n, text.data, (int)text.len, SQLITE_STATIC);
}

static int bind_position(sqlite3_stmt *statement, const struct follow_position *position)
{
    int rc = position->known ? sqlite3_bind_blob(statement, 1, position->feed, FOLLOW_FEED,
                                                 SQLITE_STATIC)
                             : sqlite3_bind_null(statement, 1);
    if (rc == SQLITE_OK)
        rc = sqlite3_bind_int64(statement, 2, (sqlite3_int64)position->seq);
    if (rc == SQLITE_OK)
        rc = sqlite3_bind_int64(statement, 3, store_check_position(position));
    return rc;
}

/* Of a statement whose values are bound (`rc`): a statement that has failed tells by
 * sqlite3_reset. */
static int run(struct store *store, enum store_statement which, int rc)
{
    sqlite3_stmt *statement = store->statement[which];
    if (rc == SQLITE_OK) {
        rc = sqlite3_step(statement);
        if (rc == SQLITE_DONE)
            rc = SQLITE_OK;
    }
    int outcome = store_fail(store, rc);
    (void)sqlite3_reset(statement);
    return outcome;
}

static int begin(struct store *store)
{
    if (store->in_transaction)
        return HERD_OK;
    int rc = run(store, STORE_BEGIN, SQLITE_OK);
    store->in_transaction = rc == HERD_OK;
    store->puts = 0;
    return rc;
}

static bool is_same(const struct follow_position *a, const struct follow_position *b)
{
    return a->known == b->known && a->seq == b->seq &&
           memcmp(a->feed, b->feed, FOLLOW_FEED) == 0;
}

int store_commit(struct store *store)
{
    if (!store->in_transaction)
        return HERD_OK;
    int rc = HERD_OK;
    if (!is_same(&store->next, &store->position))
        rc = run(store, STORE_POSITION,
                 bind_position(store->statement[STORE_POSITION], &store->next));
    if (rc == HERD_OK)
        rc = run(store, STORE_COMMIT, SQLITE_OK);
    if (rc != HERD_OK)
        return rc;
    store->in_transaction = false;
    store->position = store->next;
    return HERD_OK;
}

int store_put_position(struct store *store, const struct follow_position *position)
{
    int rc = begin(store);
    store->next = *position;
    return rc;
}

/* ---- records ---- */

static int bind_point(sqlite3_stmt *statement, int n, const struct herd_record *record)
{
    struct herd_point point = herd_record_point(record->text);
    int rc = sqlite3_bind_double(statement, n, (double)point.lat / (double)HERD_GEO_UNIT);
    if (rc == SQLITE_OK)
        rc = sqlite3_bind_double(statement, n + 1,
                                 (double)point.lng / (double)HERD_GEO_UNIT);
    return rc;
}

static int put(struct store *store, const struct herd_record *record)
{
    sqlite3_stmt *statement = store->statement[STORE_PUT];
    int rc = bind_text(statement, 1, record->client);
    if (rc == SQLITE_OK)
        rc = bind_text(statement, 2, record->text);
    if (rc == SQLITE_OK)
        rc = sqlite3_bind_int64(statement, 3, record->effective.ns);
    if (rc == SQLITE_OK)
        rc = sqlite3_bind_int64(statement, 4, record->received.ns);
    if (rc == SQLITE_OK)
        rc = sqlite3_bind_int64(statement, 5, record->time.ns);
    if (rc == SQLITE_OK && !record->tombstone)
        rc = bind_point(statement, 6, record);
    if (rc == SQLITE_OK)
        rc = sqlite3_bind_int64(statement, 8, store_check(record->text));
    if (rc == SQLITE_OK)
        rc = sqlite3_bind_int(statement, 9, !store->full_sync);
    rc = run(store, STORE_PUT, rc);
    (void)sqlite3_clear_bindings(statement);
    return rc;
}

/* AT server ... */
static struct herd_slice server_of(const struct herd_record *record)
{
    struct herd_slice rest = herd_slice_from(record->text, sizeof "AT " - 1);
    const char *space = memchr(rest.data, ' ', rest.len);
    return herd_slice(rest.data, space != NULL ? (size_t)(space - rest.data) : rest.len);
}

static int put_report(struct store *store, const struct herd_record *record)
{
    sqlite3_stmt *statement = store->statement[STORE_REPORT];
    int rc = sqlite3_bind_int64(statement, 1, record->received.ns);
    if (rc == SQLITE_OK)
        rc = bind_text(statement, 2, record->client);
    if (rc == SQLITE_OK)
        rc = sqlite3_bind_int64(statement, 3, record->time.ns);
    if (rc == SQLITE_OK)
        rc = bind_point(statement, 4, record);
    if (rc == SQLITE_OK)
        rc = bind_text(statement, 6, server_of(record));
    return run(store, STORE_REPORT, rc);
}

/* The history of a client that is forgotten goes as well, whether or not one is kept now.
 */
int store_put(struct store *store, const struct herd_record *record)
{
    int rc = begin(store);
    if (rc == HERD_OK)
        rc = put(store, record);
    if (rc != HERD_OK)
        return rc;
    store->puts++;
    if (sqlite3_changes(store->db) == 0)
        return HERD_OK;
    if (!record->tombstone)
        return store->setup.history_ns > 0 ? put_report(store, record) : HERD_OK;
    store->erase_due = true;
    return run(store, STORE_FORGET,
               bind_text(store->statement[STORE_FORGET], 1, record->client));
}

int store_next(struct store *store, struct herd_slice *text)
{
    sqlite3_stmt *statement = store->statement[STORE_ALL];
    int rc = sqlite3_step(statement);
    if (rc == SQLITE_ROW) {
        *text = herd_slice((const char *)sqlite3_column_text(statement, 0),
                           (size_t)sqlite3_column_bytes(statement, 0));
        return 1;
    }
    rc = store_fail(store, rc);
    store_rewind(store);
    return rc;
}

void store_rewind(struct store *store)
{
    (void)sqlite3_reset(store->statement[STORE_ALL]);
}

bool store_is_moved(struct store *store)
{
    int moved = 0;
    return sqlite3_file_control(store->db, "main", SQLITE_FCNTL_HAS_MOVED, &moved) ==
               SQLITE_OK &&
           moved != 0;
}
