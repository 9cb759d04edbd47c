/* SPDX-License-Identifier: ISC */
/* The two halves of the Places API (New): google_new.c asks and judges, google_new_print.c
 * puts its places into the words of the old one. */
#ifndef HERD_CORE_PLACES_PROVIDERS_GOOGLE_NEW_H
#define HERD_CORE_PLACES_PROVIDERS_GOOGLE_NEW_H

#ifndef HERD_IN_places
#error "private to src/core/places: include places/places.h"
#endif

#include "places/legacy_print.h"
#include "places/result.h"

/* Writes the whole text of an answer to the result, of which `print` is the writer, and
 * notes where it may be cut. `places` is the array of JSON that was checked, or
 * empty. */
void herd_new_places_print(struct legacy *print, struct herd_slice places,
                           struct herd_places_result *result);

#endif
