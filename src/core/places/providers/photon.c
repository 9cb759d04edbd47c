/* SPDX-License-Identifier: ISC */
/* OpenStreetMap by Photon: the nearest places, as GeoJSON. */
#include "json_scan.h"
#include "json_walk.h"
#include "osm.h"

#include "decimal.h"
#include "herd/err.h"

/* ---- the request ---- */

/* The radius is in kilometres: a metre for a radius of 0, as herd_provider_radius_m has it.
 * The types of places are those of Overpass: others include houses and streets. */
static size_t print(const struct herd_places_search *search, char *out)
{
    size_t len = herd_slice_put(HERD_LIT("lon="), out);
    len += herd_geo_print(search->point.lng, out + len);
    len += herd_slice_put(HERD_LIT("&lat="), out + len);
    len += herd_geo_print(search->point.lat, out + len);
    len += herd_slice_put(HERD_LIT("&radius="), out + len);
    if (search->radius_km == 0)
        len += herd_slice_put(HERD_LIT("0.001"), out + len);
    else
        len += herd_uint_print(search->radius_km, out + len);
    len += herd_slice_put(HERD_LIT("&limit="), out + len);
    len += herd_uint_print(HERD_PLACES_RESULTS_MAX, out + len);
    return len + herd_slice_put(HERD_LIT("&osm_tag=amenity&osm_tag=shop"
                                         "&osm_tag=tourism&osm_tag=leisure"),
                                out + len);
}

/* ---- the answer ---- */

static bool find_type(struct herd_slice value, enum osm_type *type)
{
    struct herd_slice word;
    herd_json_string(value, &word);
    if (word.len != 1)
        return false;
    *type = word.data[0] == 'N' ? OSM_NODE : word.data[0] == 'W' ? OSM_WAY : OSM_RELATION;
    return *type != OSM_RELATION || word.data[0] == 'R';
}

static bool read_properties(struct herd_slice properties, struct osm_place *place)
{
    enum { TYPE, ID, NAME, STREET, NUMBER, CITY, KEY, VALUE, MEMBERS };
    static const char *const names[] = {"osm_type",    "osm_id", "name",    "street",
                                        "housenumber", "city",   "osm_key", "osm_value"};
    struct herd_slice value[MEMBERS], key, kind;
    herd_json_pick(properties, names, MEMBERS, value);
    place->id = value[ID];
    herd_json_string(value[NAME], &place->name);
    herd_json_string(value[STREET], &place->street);
    herd_json_string(value[NUMBER], &place->number);
    herd_json_string(value[CITY], &place->city);
    herd_json_string(value[KEY], &key);
    herd_json_string(value[VALUE], &kind);
    herd_osm_add_kind(place, herd_legacy_part(key.len > 0 ? key : kind), kind);
    return find_type(value[TYPE], &place->type);
}

/* GeoJSON has the longitude first. */
static void read_location(struct herd_slice geometry, struct osm_place *place)
{
    struct json_walk walk;
    struct herd_slice key;
    herd_json_open(&walk, herd_json_get(geometry, "coordinates"));
    if (!walk.members && herd_json_next(&walk, &key, &place->lng))
        herd_json_next(&walk, &key, &place->lat);
}

static void add_feature(struct osm_list *list, struct herd_slice feature)
{
    enum { GEOMETRY, PROPERTIES, MEMBERS };
    static const char *const names[] = {"geometry", "properties"};
    struct herd_slice value[MEMBERS];
    struct osm_place place = {.kind_count = 0};
    herd_json_pick(feature, names, MEMBERS, value);
    read_location(value[GEOMETRY], &place);
    if (read_properties(value[PROPERTIES], &place))
        herd_osm_add(list, &place);
}

static void translate(const struct herd_places_answer *answer,
                      struct herd_places_result *result)
{
    enum { FEATURES, MESSAGE, MEMBERS };
    static const char *const names[] = {"features", "message"};
    struct herd_slice value[MEMBERS], message;
    int rc = herd_json_check(answer->body);
    if (rc != HERD_OK) {
        herd_provider_unusable(answer, rc, result);
        return;
    }
    herd_json_pick(herd_json_root(answer->body), names, MEMBERS, value);
    if (answer->http_status != 200 && herd_json_string(value[MESSAGE], &message))
        herd_provider_fail(herd_provider_status(answer->http_status),
                           herd_legacy_part(message), result);
    else
        herd_osm_translate(answer, value[FEATURES], add_feature, result);
}

const struct herd_places_provider herd_photon = {
    .name = "photon",
    .print = print,
    .translate = translate,
};
