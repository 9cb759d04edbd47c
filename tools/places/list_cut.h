/* SPDX-License-Identifier: ISC */
/* Shortens a list inside of a reply, and leaves all other bytes as they are. */
#ifndef PLACES_LIST_CUT_H
#define PLACES_LIST_CUT_H

#include "bytes.h"

/* `text` with only the first `most` elements of the array `name` of its outermost object;
 * the text is JSON that herd_json_check has accepted. Uses `scratch`, empty before, only
 * when it must cut; the result lives as long as both. */
struct herd_slice list_cut(struct herd_slice text, const char *name, size_t most,
                           struct bytes *scratch);

#endif
