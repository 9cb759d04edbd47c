/* SPDX-License-Identifier: ISC */
/* The ring of buckets by time of expiry (expiry.h). For stores whose records expire. */
#ifndef HERD_CORE_STORE_EXPIRE_H
#define HERD_CORE_STORE_EXPIRE_H

#ifndef HERD_IN_store
#error "private to src/core/store: include store/store.h"
#endif

#include "store.h"

/* A record was filled; its digest is in that of the store. */
void herd_expiry_add(struct herd_store *store, struct herd_stored *stored);

/* A record is about to be overwritten or freed: takes it out of its bucket. If it is over,
 * its digest becomes 0, since that is in no sum any more. */
void herd_expiry_remove(struct herd_store *store, struct herd_stored *stored);

/* Frees a record that is in no bucket of the table any more. */
void herd_store_free_record(struct herd_store *store, struct herd_stored *stored);

/* Which of two records has the longer life as of the store's clock: <0 when the one that is
 * held has expired and the other one has not, or is over and the other one is not; >0 the
 * other way round; 0: no difference. */
int herd_expiry_cmp(const struct herd_store *store, const struct herd_stored *stored,
                    const struct herd_record *record);

#endif
