/* SPDX-License-Identifier: ISC */
/* The rules for two records about one client, by an independent implementation that adds
 * decimal digits: which one is greater, which tombstone covers what, which one is kept. It
 * uses no code of the core.
 *
 *     AT server skew client location time
 *     FORGOT server skew client time */
#ifndef TESTS_SIM_TEXTBOOK_H
#define TESTS_SIM_TEXTBOOK_H

#include "herd/slice.h"

#include <stdbool.h>
#include <stddef.h>

/* A number of nanoseconds as decimal digits, the least first; while it is a sum they may be
 * any integers. */
enum { TEXTBOOK_DIGITS = 48, TEXTBOOK_TEXT = 192 };

struct digits {
    int digit[TEXTBOOK_DIGITS];
};

/* Adds `factor` times a number of seconds. */
void digits_add(struct digits *sum, struct herd_slice number, int factor);
void digits_add_ns(struct digits *sum, int ns);
int digits_cmp(struct digits a, struct digits b);

/* The n-th word, from 0. */
struct herd_slice textbook_word(struct herd_slice record, int n);

bool textbook_is_tombstone(struct herd_slice record);
struct herd_slice textbook_time(struct herd_slice record);
struct digits textbook_received(struct herd_slice record);
/* By which records are ordered. */
struct digits textbook_effective(struct herd_slice record);
/* Whether that is not the time in the record; false for no record. */
bool textbook_is_ahead(struct herd_slice record);

/* The order of two records about one client: <0, 0, >0; no record is less than any. */
int textbook_cmp(struct herd_slice a, struct herd_slice b);

/* Whether `tombstone` is one, and hides `other`. */
bool textbook_covers(struct herd_slice tombstone, struct herd_slice other);

/* The one that is kept; it may be written to `out`. */
struct herd_slice textbook_choose(struct herd_slice a, struct herd_slice b,
                                  char out[TEXTBOOK_TEXT]);

/* Whether the record has expired so many seconds after its receipt (0: never), or that long
 * ago. */
bool textbook_has_expired(struct herd_slice record, long long expire_s, long long ago_s,
                          struct herd_slice now);

/* The tombstone of a client that a server forgets at `now`, a number of seconds, when it
 * holds `before` (empty: nothing). */
struct herd_slice textbook_forget(struct herd_slice before, struct herd_slice server,
                                  struct herd_slice client, struct herd_slice now,
                                  char out[TEXTBOOK_TEXT]);

#endif
