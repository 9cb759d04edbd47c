/* SPDX-License-Identifier: ISC */
/* What the files of the store share. */
#ifndef SQLITE_STORE_INTERNAL_H
#define SQLITE_STORE_INTERNAL_H

#include "store.h"

/* The value of the column "check": damage of what it covers does not fit it. */
sqlite3_int64 store_check(struct herd_slice bytes);

/* The bytes of the position that are checked; returns their number. */
enum { STORE_POSITION_BYTES = FOLLOW_FEED + 8 };
sqlite3_int64 store_check_position(const struct follow_position *position);

/* store->error, and what the result of SQLite means. */
int store_fail(struct store *store, int rc);
int store_damaged(struct store *store, const char *why);

/* Reads and checks everything; fills store->position. */
int store_verify(struct store *store);

#endif
