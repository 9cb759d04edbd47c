/* The two halves of the Places API (New): google_new.c asks and judges, google_new_print.c
 * puts its places into the words of the old one. */
#ifndef HERD_CORE_PLACES_PROVIDERS_GOOGLE_NEW_H
#define HERD_CORE_PLACES_PROVIDERS_GOOGLE_NEW_H

#include "places/legacy_print.h"

/* Writes the whole text of an answer. `places` is the array of JSON that was checked, or
 * empty. */
void herd_new_places_print(struct legacy *print, struct herd_slice places);

#endif
