/* SPDX-License-Identifier: ISC */
/* Is the file whole? SQLite checks the structure, and each record its own sum. */
#include "store_internal.h"

#include "little_endian.h"
#include "geo.h"
#include "schema.h"
#include "siphash.h"

#include <string.h>

sqlite3_int64 store_check(struct herd_slice bytes)
{
    /* Against damage, not against people: whoever may write the file may write anything. */
    static const uint8_t key[HERD_SIPHASH_KEY] = {0};
    return (sqlite3_int64)herd_siphash(bytes, key);
}

sqlite3_int64 store_check_position(const struct follow_position *position)
{
    char bytes[STORE_POSITION_BYTES];
    if (!position->known)
        return 0;
    memcpy(bytes, position->feed, FOLLOW_FEED);
    for (unsigned i = 0; i < sizeof position->seq; i++)
        bytes[FOLLOW_FEED + i] = (char)(position->seq >> (8 * i));
    return store_check(herd_slice(bytes, sizeof bytes));
}

static int verify_position(struct store *store)
{
    sqlite3_stmt *statement = NULL;
    struct follow_position *position = &store->position;
    int rc = sqlite3_prepare_v2(store->db, "SELECT feed, seq, \"check\" FROM state", -1,
                                &statement, NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_step(statement);
    int outcome = store_fail(store, rc);
    if (rc == SQLITE_ROW) {
        position->known = sqlite3_column_type(statement, 0) != SQLITE_NULL;
        position->seq = (uint64_t)sqlite3_column_int64(statement, 1);
        if (sqlite3_column_bytes(statement, 0) == FOLLOW_FEED)
            memcpy(position->feed, sqlite3_column_blob(statement, 0), FOLLOW_FEED);
        if (sqlite3_column_int64(statement, 2) != store_check_position(position) ||
            (!position->known && position->seq != 0))
            outcome = store_damaged(store, "the position does not fit its check sum");
    } else if (outcome == HERD_OK) {
        outcome = store_damaged(store, "the position is missing");
    }
    sqlite3_finalize(statement);
    return outcome;
}

static struct herd_slice text_of(sqlite3_stmt *statement, int column)
{
    return herd_slice((const char *)sqlite3_column_text(statement, column),
                      (size_t)sqlite3_column_bytes(statement, column));
}

/* To the bit; of no number that is none. */
static bool is_same(double a, double b)
{
    return a <= b && a >= b;
}

static bool is_point(sqlite3_stmt *statement, const struct herd_record *record)
{
    if (record->tombstone)
        return sqlite3_column_type(statement, 5) == SQLITE_NULL &&
               sqlite3_column_type(statement, 6) == SQLITE_NULL;
    struct herd_point point = herd_record_point(record->text);
    double unit = (double)HERD_GEO_UNIT;
    return is_same(sqlite3_column_double(statement, 5), (double)point.lat / unit) &&
           is_same(sqlite3_column_double(statement, 6), (double)point.lng / unit);
}

static bool is_whole(sqlite3_stmt *statement)
{
    struct herd_record record;
    struct herd_slice text = text_of(statement, 1);
    return text.data != NULL && herd_record_parse(text, &record) == HERD_OK &&
           sqlite3_column_int64(statement, 7) == store_check(text) &&
           herd_slice_eq(text_of(statement, 0), record.client) &&
           sqlite3_column_int64(statement, 2) == record.effective.ns &&
           sqlite3_column_int64(statement, 3) == record.received.ns &&
           sqlite3_column_int64(statement, 4) == record.time.ns &&
           is_point(statement, &record);
}

static int verify_records(struct store *store)
{
    sqlite3_stmt *statement = NULL;
    bool whole = true;
    int rc = sqlite3_prepare_v2(store->db, "SELECT * FROM records", -1, &statement, NULL);
    while (rc == SQLITE_OK || (whole && rc == SQLITE_ROW)) {
        rc = sqlite3_step(statement);
        whole = rc != SQLITE_ROW || is_whole(statement);
    }
    int outcome = whole ? store_fail(store, rc)
                        : store_damaged(store, "a record does not fit its check sum");
    sqlite3_finalize(statement);
    return outcome;
}

/* The first finding of SQLite is enough. */
static int verify_structure(struct store *store)
{
    sqlite3_stmt *statement = NULL;
    int rc = sqlite3_prepare_v2(store->db, "PRAGMA quick_check(1)", -1, &statement, NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_step(statement);
    int outcome = store_fail(store, rc);
    if (rc == SQLITE_ROW && !herd_slice_eq(text_of(statement, 0), HERD_LIT("ok")))
        outcome = store_damaged(store, (const char *)sqlite3_column_text(statement, 0));
    sqlite3_finalize(statement);
    return outcome;
}

int store_verify(struct store *store)
{
    int rc = verify_structure(store);
    if (rc == HERD_OK)
        rc = verify_position(store);
    return rc == HERD_OK ? verify_records(store) : rc;
}
