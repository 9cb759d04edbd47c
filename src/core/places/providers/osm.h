/* SPDX-License-Identifier: ISC */
/* Places of OpenStreetMap, for all providers that have them: the nearest, in order, and
 * their text. */
#ifndef HERD_CORE_PLACES_PROVIDERS_OSM_H
#define HERD_CORE_PLACES_PROVIDERS_OSM_H

#ifndef HERD_IN_places
#error "private to src/core/places: include places/places.h"
#endif

#include "places/provider.h"

enum { OSM_TYPES = 4 };

enum osm_type { OSM_NODE, OSM_RELATION, OSM_WAY }; /* in the order of their names */

/* All that is shown of a place. Slices of the answer: strings are what stands between
 * quotes, empty when they are missing; numbers and the id are JSON values. */
struct osm_place {
    enum osm_type type;
    struct herd_slice id;
    struct herd_slice lat, lng;
    struct herd_slice name;
    struct herd_slice street, number, city;
    struct legacy_part kinds[OSM_TYPES]; /* its types: "cafe" */
    size_t kind_count;
    uint64_t away; /* filled in by herd_osm_add */
};

struct osm_list {
    struct herd_point from;
    struct osm_place place[HERD_PLACES_RESULTS_MAX];
    size_t count;
};

/* Adds the place if it is among the nearest; ties go by type ("node", "relation",
 * "way"), then by id. One without a name, without a location or with an id that is not an
 * integer is skipped, and so is one that is in the list already. */
void herd_osm_add(struct osm_list *list, const struct osm_place *place);

/* Notes what the place is, OSM_TYPES times at most: `key`=`value`. When the value
 * is "yes", the type is the key. */
void herd_osm_add_kind(struct osm_place *place, struct legacy_part key,
                       struct herd_slice value);

/* Reads one place of an answer, and adds it. */
typedef void (*herd_osm_read_fn)(struct osm_list *list, struct herd_slice element);

/* All of a `translate` whose places are the elements of `array`; anything but an array, and
 * any HTTP status but 200, is unusable. */
void herd_osm_translate(const struct herd_places_answer *answer, struct herd_slice array,
                        herd_osm_read_fn read, struct herd_places_result *result);

#endif
