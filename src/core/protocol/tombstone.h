/* SPDX-License-Identifier: ISC */
/* A tombstone: the record that says that a client was forgotten. It takes the place of the
 * record with the location, and is ordered and passed on like one; a later report replaces
 * it.
 *
 * A report that was received before the client was forgotten stays forgotten, wherever it
 * is still under way: the tombstone *covers* it. Its client's time may be later, though, as
 * the clock of the client was ahead, so by the order of records it would win. Then the
 * tombstone is raised: the same tombstone, written anew with a time by which it wins. All
 * servers that meet the two write the same text. */
#ifndef HERD_CORE_PROTOCOL_TOMBSTONE_H
#define HERD_CORE_PROTOCOL_TOMBSTONE_H

#include "record.h"

/* Bytes that the text of a tombstone takes at most. */
size_t herd_tombstone_bound(struct herd_slice server, struct herd_slice client);

/* Writes the tombstone of a client that was forgotten by `server` at `now`; `client` is a
 * client id (herd_client_id_check). `out` has herd_tombstone_bound bytes and must live as
 * long as *record, whose slices point into it. */
void herd_tombstone_make(struct herd_slice server, struct herd_slice client,
                         struct herd_wall now, char *out, struct herd_record *record);

/* Which of two different records about one client is to be kept, a function of their two
 * texts: the greater one (herd_record_cmp), unless it is covered by the other, a tombstone
 * that was received later, or of a report at the same time. Then that tombstone is raised:
 * it is written to `out`, which has HERD_RECORD_MAX bytes, and read into *raised. A raised
 * tombstone that would be longer than that is not written, and the greater record is kept.
 * Returns &a, &b or raised. */
const struct herd_record *herd_tombstone_choose(const struct herd_record *a,
                                                const struct herd_record *b, char *out,
                                                struct herd_record *raised);

#endif
