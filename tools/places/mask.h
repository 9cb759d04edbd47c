/* SPDX-License-Identifier: ISC */
/* Field masks of Google's Places API (New): "places.id,places.location", "*". */
#ifndef PLACES_MASK_H
#define PLACES_MASK_H

#include "bytes.h"

#include <stdbool.h>

/* Does every path of it exist? If not, *wrong is the first that does not. Blanks are not
 * allowed, and it must not be empty. */
bool mask_check(struct herd_slice mask, struct herd_slice *wrong);

/* Appends the fields that the mask selects of a whole reply, which is valid JSON and not
 * nested deeper than JSON_DEPTH, in the layout that the API has: 2 blanks a level. Of the
 * places, the first `most`. */
void mask_apply(struct herd_slice mask, struct herd_slice text, size_t most,
                struct bytes *out);

#endif
