/* SPDX-License-Identifier: ISC */
/* One batch of records to a partner. Nothing else sends records. */
#ifndef HERD_CORE_LINK_BATCH_H
#define HERD_CORE_LINK_BATCH_H

#ifndef HERD_IN_link
#error "private to src/core/link: include link/links.h"
#endif

#include "links.h"

#include <stdbool.h>

/* Sends the next records in the order of the mode, FULL_SYNC or FEED: one batch at most,
 * and none when all of them are echoes. Returns true when there are no more. Without memory
 * the session ends, and it returns false. */
bool herd_send_batch(struct herd_links *links, struct herd_partner *partner);

#endif
