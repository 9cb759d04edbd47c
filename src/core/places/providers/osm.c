/* SPDX-License-Identifier: ISC */
#include "osm.h"

#include "json_walk.h"

#include "herd/err.h"

#include <assert.h>

static const char *const type_names[] = {
    [OSM_NODE] = "node",
    [OSM_RELATION] = "relation",
    [OSM_WAY] = "way",
};

enum { ID_DIGITS = 19, LAT_MAX = 90, LNG_MAX = 180 };

void herd_osm_add_kind(struct osm_place *place, struct legacy_part key,
                       struct herd_slice value)
{
    if (value.len == 0)
        return;
    assert(place->kind_count < OSM_TYPES);
    place->kinds[place->kind_count++] =
        herd_slice_eq(value, HERD_LIT("yes")) ? key : herd_legacy_part(value);
}

/* ---- the nearest ---- */

static bool is_id(struct herd_slice id)
{
    for (size_t i = 0; i < id.len; i++) {
        if (id.data[i] < '0' || id.data[i] > '9')
            return false;
    }
    return id.len > 0 && id.len <= ID_DIGITS;
}

static bool in_range(int64_t value, int64_t degrees)
{
    return value >= -degrees * HERD_GEO_UNIT && value <= degrees * HERD_GEO_UNIT;
}

static bool find_point(const struct osm_place *place, struct herd_point *point)
{
    return herd_json_nano(place->lat, &point->lat) &&
           herd_json_nano(place->lng, &point->lng) && in_range(point->lat, LAT_MAX) &&
           in_range(point->lng, LNG_MAX);
}

/* Ids have no leading zeros: the longer is the greater. */
static int compare(const struct osm_place *a, const struct osm_place *b)
{
    if (a->away != b->away)
        return a->away < b->away ? -1 : 1;
    if (a->type != b->type)
        return a->type < b->type ? -1 : 1;
    if (a->id.len != b->id.len)
        return a->id.len < b->id.len ? -1 : 1;
    return herd_slice_cmp(a->id, b->id);
}

/* The list is sorted; the one that is dropped at its end is the farthest. */
static void insert(struct osm_list *list, const struct osm_place *place)
{
    size_t at = list->count;
    while (at > 0 && compare(place, &list->place[at - 1]) < 0)
        at--;
    if (at == HERD_PLACES_RESULTS_MAX)
        return;
    if (at > 0 && compare(place, &list->place[at - 1]) == 0)
        return;
    if (list->count < HERD_PLACES_RESULTS_MAX)
        list->count++;
    memmove(&list->place[at + 1], &list->place[at],
            (list->count - 1 - at) * sizeof list->place[0]);
    list->place[at] = *place;
}

void herd_osm_add(struct osm_list *list, const struct osm_place *place)
{
    struct herd_point point;
    if (place->name.len == 0 || !is_id(place->id) || !find_point(place, &point))
        return;
    struct osm_place found = *place;
    found.away = herd_geo_chord2(list->from, point);
    insert(list, &found);
}

/* ---- their text ---- */

static void print_id(struct legacy *print, const struct osm_place *place)
{
    struct legacy_string id = {{
        LEGACY_LIT("osm:"),
        {herd_slice_str(type_names[place->type]), LEGACY_PLAIN},
        LEGACY_LIT("/"),
        {place->id, LEGACY_PLAIN},
    }};
    herd_legacy_string(print, "place_id", &id);
}

static void print_types(struct legacy *print, const struct osm_place *place)
{
    struct legacy_string types[OSM_TYPES + 1];
    for (size_t i = 0; i < place->kind_count; i++)
        types[i] = (struct legacy_string){{place->kinds[i]}};
    types[place->kind_count] = (struct legacy_string){{LEGACY_LIT("point_of_interest")}};
    herd_legacy_strings(print, "types", types, place->kind_count + 1);
}

/* Street and number, then the city. A number without a street is left out. */
static void print_vicinity(struct legacy *print, const struct osm_place *place)
{
    bool street = place->street.len > 0, city = place->city.len > 0;
    bool number = street && place->number.len > 0;
    struct legacy_part none = {HERD_LIT(""), LEGACY_PLAIN};
    struct legacy_string vicinity = {{
        herd_legacy_part(place->street),
        number ? LEGACY_LIT(" ") : none,
        number ? herd_legacy_part(place->number) : none,
        street && city ? LEGACY_LIT(", ") : none,
        herd_legacy_part(place->city),
    }};
    if (street || city)
        herd_legacy_string(print, "vicinity", &vicinity);
}

static void print_place(struct legacy *print, const struct osm_place *place)
{
    herd_legacy_open(print, "", '{');
    herd_legacy_open(print, "geometry", '{');
    herd_legacy_open(print, "location", '{');
    herd_legacy_word(print, "lat", place->lat);
    herd_legacy_word(print, "lng", place->lng);
    herd_legacy_close(print, '}');
    herd_legacy_close(print, '}');
    herd_legacy_json(print, "name", place->name);
    print_id(print, place);
    herd_legacy_json(print, "scope", HERD_LIT("OSM"));
    print_types(print, place);
    print_vicinity(print, place);
    herd_legacy_close(print, '}');
}

static void print_list(struct legacy *print, const struct osm_list *list,
                       struct herd_places_result *result)
{
    struct legacy_string credit = {
        {LEGACY_LIT("<a href=\"https://www.openstreetmap.org/copyright\">"
                    "\xc2\xa9 OpenStreetMap contributors</a>")}};
    herd_legacy_open(print, "", '{');
    herd_legacy_strings(print, "html_attributions", &credit, 1);
    herd_legacy_open(print, "results", '[');
    herd_places_result_opened(result);
    for (size_t i = 0; i < list->count; i++) {
        print_place(print, &list->place[i]);
        herd_places_result_added(result);
    }
    herd_legacy_close(print, ']');
    herd_places_result_closed(result);
    herd_legacy_json(print, "status",
                     list->count > 0 ? HERD_LIT("OK") : HERD_LIT("ZERO_RESULTS"));
    herd_legacy_close(print, '}');
}

void herd_osm_translate(const struct herd_places_answer *answer, struct herd_slice array,
                        herd_osm_read_fn read, struct herd_places_result *result)
{
    struct osm_list list = {.from = answer->search.point, .count = 0};
    struct json_walk walk;
    struct herd_slice key, element;
    struct legacy print;
    if (answer->http_status != 200 || herd_json_kind(array) != JSON_ARRAY) {
        herd_provider_unusable(answer, HERD_EBAD, result);
        return;
    }
    herd_json_open(&walk, array);
    while (herd_json_next(&walk, &key, &element))
        read(&list, element);
    herd_legacy_start(&print, &result->text);
    print_list(&print, &list, result);
    herd_provider_finish(&print, HERD_PLACES_FOUND, result);
}
