/* SPDX-License-Identifier: ISC */
/* The parts of the Places API (New): google_new.c has requests and verdicts,
 * google_new_print.c translates places to the legacy layout, google_new_credits.c their
 * authors. */
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

enum { HERD_NEW_CREDITS_MAX = 64 }; /* different ones of an answer, or authors of a photo */

struct herd_new_credit {
    struct herd_slice name, uri; /* inner texts of strings of the answer */
};

struct herd_new_credits {
    struct herd_new_credit credit[HERD_NEW_CREDITS_MAX];
    size_t count;
};

/* Adds the elements of `array`, of which the members with these two names are an author, as
 * far as there is room, and each author once. */
void herd_new_credits_add(struct herd_new_credits *credits, struct herd_slice array,
                          const char *name, const char *uri);

/* Writes them as the member "html_attributions". */
void herd_new_credits_print(struct legacy *print, const struct herd_new_credits *credits);

#endif
