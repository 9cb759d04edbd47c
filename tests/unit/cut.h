/* SPDX-License-Identifier: ISC */
/* Feeds the same bytes in different cuttings, each ending at an unreadable page, so that
 * a parser that reads one byte too many crashes. */
#ifndef TESTS_UNIT_CUT_H
#define TESTS_UNIT_CUT_H

#include "herd/slice.h"

/* Gets one piece; it may be empty and lives until the call returns. */
typedef void cut_feed(void *ctx, struct herd_slice piece);

/* A copy of `text` whose last byte is the last one before an unreadable page. It lives
 * until the next call of this file. */
struct herd_slice cut_guarded(struct herd_slice text);

/* One call with everything. */
void cut_whole(struct herd_slice text, cut_feed *feed, void *ctx);

/* One call for each byte. */
void cut_bytes(struct herd_slice text, cut_feed *feed, void *ctx);

/* Two calls: the bytes before `at`, and the others. */
void cut_at(struct herd_slice text, size_t at, cut_feed *feed, void *ctx);

/* One call for each prefix, from the empty one to the whole text. */
void cut_prefixes(struct herd_slice text, cut_feed *feed, void *ctx);

#endif
