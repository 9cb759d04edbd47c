/* SPDX-License-Identifier: ISC */
/* The table of providers: how to reach each of them. The requests and answers of the
 * provider in a row are the work of the one of the same name in src/core/places/providers.
 */
#include "herd/provider.h"

enum {
    /* Google's terms allow no caching of names and addresses. This is no longer than a
     * client that asks again. */
    GOOGLE_CACHE_MS = 30000,

    /* The licence of OpenStreetMap does not limit caching; but places change. */
    OSM_CACHE_MS = 7 * 24 * 3600 * 1000,
};

/* What src/core/places/providers/google_new_print.c reads. The most expensive field of the
 * mask decides the price of a request. */
#define PRO_FIELDS                                                                         \
    "X-Goog-FieldMask: places.id,places.displayName,places.location,places.viewport,"      \
    "places.types,places.shortFormattedAddress,places.businessStatus,"                     \
    "places.iconMaskBaseUri,places.iconBackgroundColor,places.plusCode,places.photos,"     \
    "places.attributions"

#define ENTERPRISE_FIELDS                                                                  \
    PRO_FIELDS ",places.rating,places.userRatingCount,places.priceLevel,"                  \
               "places.currentOpeningHours.openNow,places.regularOpeningHours.openNow"

static const struct herd_provider providers[] = {
    {
        .name = "google-legacy",
        .url = "https://maps.googleapis.com/maps/api/place/nearbysearch/json",
        .content_type = "",
        .key_place = HERD_KEY_QUERY,
        .key_name = "key",
        .cache_max_ms = GOOGLE_CACHE_MS,
    },
    {
        .name = "google-new",
        .url = "https://places.googleapis.com/v1/places:searchNearby",
        .post = true,
        .content_type = "application/json",
        .key_place = HERD_KEY_HEADER,
        .key_name = "X-Goog-Api-Key",
        .header_pro = PRO_FIELDS,
        .header_enterprise = ENTERPRISE_FIELDS,
        .cache_max_ms = GOOGLE_CACHE_MS,
    },
    {
        .name = "overpass",
        .url = "https://overpass-api.de/api/interpreter",
        .post = true,
        .content_type = "application/x-www-form-urlencoded",
        .key_place = HERD_KEY_NONE,
        .key_name = "",
        .cache_max_ms = OSM_CACHE_MS,
    },
    {
        .name = "photon",
        .url = "",
        .content_type = "",
        .key_place = HERD_KEY_NONE,
        .key_name = "",
        .cache_max_ms = OSM_CACHE_MS,
    },
};

enum { PROVIDERS = sizeof providers / sizeof providers[0] };

const struct herd_provider *herd_provider_at(size_t i)
{
    return i < PROVIDERS ? &providers[i] : NULL;
}

const struct herd_provider *herd_provider_find(struct herd_slice name)
{
    for (size_t i = 0; i < PROVIDERS; i++) {
        if (herd_slice_eq(name, herd_slice_str(providers[i].name)))
            return &providers[i];
    }
    return NULL;
}
