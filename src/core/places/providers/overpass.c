/* SPDX-License-Identifier: ISC */
/* OpenStreetMap by Overpass: all named places of a circle, unsorted, of which the nearest
 * are used. */
#include "json_scan.h"
#include "json_walk.h"
#include "osm.h"

#include "decimal.h"
#include "herd/err.h"

enum {
    ELEMENTS = 500,  /* that an answer has at most; about 250 kB */
    QUERY = 224,     /* bytes that a query fits in, before it is encoded */
    TIMEOUT_S = 180, /* the default of Overpass, and the maximum here */
};

static const char *const kinds[OSM_TYPES] = {"amenity", "shop", "tourism", "leisure"};

/* ---- the request ---- */

/* The timeout of this server: Overpass need not work on a query any longer. */
static size_t put_timeout(int64_t timeout_ms, char *out)
{
    int64_t s = timeout_ms / 1000;
    return herd_uint_print(s < 1 ? 1 : s > TIMEOUT_S ? TIMEOUT_S : (uint64_t)s, out);
}

static size_t put_query(const struct herd_places_search *search, char *out)
{
    size_t len = herd_slice_put(HERD_LIT("[out:json][timeout:"), out);
    len += put_timeout(search->timeout_ms, out + len);
    len += herd_slice_put(HERD_LIT("];nwr(around:"), out + len);
    len += herd_uint_print(herd_provider_radius_m(search), out + len);
    len += herd_slice_put(HERD_LIT(","), out + len);
    len += herd_geo_print(search->point.lat, out + len);
    len += herd_slice_put(HERD_LIT(","), out + len);
    len += herd_geo_print(search->point.lng, out + len);
    len += herd_slice_put(
        HERD_LIT(")[name][~\"^(amenity|shop|tourism|leisure)$\"~\".\"];out center "),
        out + len);
    len += herd_uint_print(ELEMENTS, out + len);
    return len + herd_slice_put(HERD_LIT(";"), out + len);
}

/* The characters of a query that need no encoding. */
static bool is_plain(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
           c == '~';
}

/* Encodes for application/x-www-form-urlencoded. */
static size_t put_encoded(struct herd_slice text, char *out)
{
    static const char hex[] = "0123456789ABCDEF";
    size_t len = 0;
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.data[i];
        if (is_plain(text.data[i])) {
            out[len++] = text.data[i];
        } else {
            out[len++] = '%';
            out[len++] = hex[c >> 4];
            out[len++] = hex[c & 15];
        }
    }
    return len;
}

static size_t print(const struct herd_places_search *search, char *out)
{
    char query[QUERY];
    size_t query_len = put_query(search, query);
    size_t len = herd_slice_put(HERD_LIT("data="), out);
    return len + put_encoded(herd_slice(query, query_len), out + len);
}

/* ---- the answer ---- */

static bool find_type(struct herd_slice value, enum osm_type *type)
{
    struct herd_slice word;
    herd_json_string(value, &word);
    *type = herd_slice_eq(word, HERD_LIT("node"))  ? OSM_NODE
            : herd_slice_eq(word, HERD_LIT("way")) ? OSM_WAY
                                                   : OSM_RELATION;
    return *type != OSM_RELATION || herd_slice_eq(word, HERD_LIT("relation"));
}

static void read_tags(struct herd_slice tags, struct osm_place *place)
{
    enum { NAME, STREET, NUMBER, CITY, KINDS };
    static const char *const names[] = {"name",      "addr:street", "addr:housenumber",
                                        "addr:city", "amenity",     "shop",
                                        "tourism",   "leisure"};
    struct herd_slice value[KINDS + OSM_TYPES], kind;
    herd_json_pick(tags, names, KINDS + OSM_TYPES, value);
    herd_json_string(value[NAME], &place->name);
    herd_json_string(value[STREET], &place->street);
    herd_json_string(value[NUMBER], &place->number);
    herd_json_string(value[CITY], &place->city);
    for (size_t i = 0; i < OSM_TYPES; i++) {
        herd_json_string(value[KINDS + i], &kind);
        herd_osm_add_kind(place, herd_legacy_part(herd_slice_str(kinds[i])), kind);
    }
}

/* A node has a location of its own, a way or relation has a center. */
static void add_element(struct osm_list *list, struct herd_slice element)
{
    enum { TYPE, ID, LAT, LON, CENTER, TAGS, MEMBERS };
    static const char *const names[] = {"type", "id", "lat", "lon", "center", "tags"};
    struct herd_slice value[MEMBERS];
    struct osm_place place = {.kind_count = 0};
    herd_json_pick(element, names, MEMBERS, value);
    if (!find_type(value[TYPE], &place.type))
        return;
    if (value[LAT].len == 0 && value[LON].len == 0)
        herd_json_pick(value[CENTER], &names[LAT], 2, &value[LAT]);
    place.id = value[ID];
    place.lat = value[LAT];
    place.lng = value[LON];
    read_tags(value[TAGS], &place);
    herd_osm_add(list, &place);
}

/* The remark of an incomplete answer: Overpass ran out of time or memory. */
static bool is_failure(struct herd_slice remark)
{
    struct herd_slice word = HERD_LIT("runtime error");
    return remark.len >= word.len && memcmp(remark.data, word.data, word.len) == 0;
}

static void translate(const struct herd_places_answer *answer,
                      struct herd_places_result *result)
{
    enum { ELEMENTS_OF, REMARK, MEMBERS };
    static const char *const names[] = {"elements", "remark"};
    struct herd_slice value[MEMBERS], remark;
    int rc = herd_json_check(answer->body);
    if (rc != HERD_OK) {
        herd_provider_unusable(answer, rc, result);
        return;
    }
    herd_json_pick(herd_json_root(answer->body), names, MEMBERS, value);
    herd_json_string(value[REMARK], &remark);
    if (is_failure(remark) && answer->http_status != 429)
        herd_provider_fail(HERD_LIT("UNKNOWN_ERROR"), herd_legacy_part(remark), result);
    else
        herd_osm_translate(answer, value[ELEMENTS_OF], add_element, result);
}

/* The public servers give each address two slots, and 429 for a third request. */
const struct herd_places_provider herd_overpass = {
    .name = "overpass",
    .public_host = "overpass-api.de",
    .public_running_max = 2,
    .print = print,
    .translate = translate,
};
