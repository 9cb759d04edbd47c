/* SPDX-License-Identifier: ISC */
#include "answer.h"
#include "check.h"
#include "osm_text.h"

#include "herd/err.h"

#include <stdio.h>

static const struct herd_places_provider *photon(void)
{
    return herd_places_provider_find(HERD_LIT("photon"));
}

#define FEATURE(lng, lat, properties)                                                      \
    "{\"geometry\":{\"coordinates\":[" lng "," lat "],\"type\":\"Point\"},"                \
    "\"type\":\"Feature\",\"properties\":{" properties "}}"
/* clang-format off */
#define FAR \
    FEATURE("20.002", "10.0", \
            "\"osm_type\":\"W\",\"osm_id\":38862723,\"extent\":[13.2,52.5,13.3,52.4]," \
            "\"country\":\"Nowhere\",\"osm_key\":\"leisure\",\"countrycode\":\"XX\"," \
            "\"osm_value\":\"stadium\",\"name\":\"Far Stadium\",\"type\":\"house\"")
#define FARTHEST \
    FEATURE("20.0000001", "5.0E-4", \
            "\"osm_type\":\"R\",\"osm_id\":7,\"osm_key\":\"shop\",\"osm_value\":\"yes\"," \
            "\"name\":\"At the equator\"")
#define NEAREST \
    FEATURE("20", "10.0001", \
            "\"osm_type\":\"N\",\"osm_id\":240109189,\"city\":\"Westwind\"," \
            "\"street\":\"Larkspur Steps\",\"housenumber\":\"19\",\"postcode\":\"1\"," \
            "\"osm_key\":\"amenity\",\"osm_value\":\"cafe\"," \
            "\"name\":\"Zo\\u00eb \xf0\x9f\xa6\x89\"")
#define FULL \
    "{\"features\":[" FAR "," FARTHEST "," NEAREST "],\"type\":\"FeatureCollection\"}"
#define FULL_WANT \
    OSM_TEXT( \
        OSM_PLACE("10.0001", "20", "Zo\xc3\xab \xf0\x9f\xa6\x89", "node/240109189", \
                  "\"cafe\", ", OSM_VICINITY("Larkspur Steps 19, Westwind")) ",\n" \
        OSM_PLACE("10.0", "20.002", "Far Stadium", "way/38862723", "\"stadium\", ", \
                  "") ",\n" \
        OSM_PLACE("5.0E-4", "20.0000001", "At the equator", "relation/7", "\"shop\", ", ""))
/* clang-format on */

#define MESSAGE ANSWER_MESSAGE("No 'lat'.")

static void translates(void)
{
    static const struct answer_case cases[] = {
        {FULL, 200, HERD_PLACES_FOUND, HERD_OK, FULL_WANT},
        {"{\"type\":\"FeatureCollection\",\"features\":[]}", 200, HERD_PLACES_FOUND,
         HERD_OK, OSM_TEXT_NONE},
        {"{\"features\":[],\"message\":\"a\"}", 200, HERD_PLACES_FOUND, HERD_OK,
         OSM_TEXT_NONE},
        {"{\"message\":\"No 'lat'.\"}", 400, HERD_PLACES_REFUSED, HERD_OK,
         ANSWER_ERROR(MESSAGE, "INVALID_REQUEST")},
        {"{\"message\":\"\"}", 400, HERD_PLACES_REFUSED, HERD_OK,
         ANSWER_ERROR("", "INVALID_REQUEST")},
        {"{\"message\":\"No 'lat'.\"}", 403, HERD_PLACES_REFUSED, HERD_OK,
         ANSWER_ERROR(MESSAGE, "REQUEST_DENIED")},
        {"{\"message\":\"No 'lat'.\",\"status\":429}", 429, HERD_PLACES_LIMITED, HERD_OK,
         ANSWER_ERROR(MESSAGE, "OVER_QUERY_LIMIT")},
        {"{\"message\":\"No 'lat'.\"}", 500, HERD_PLACES_FAILED, HERD_OK,
         ANSWER_ERROR(MESSAGE, "UNKNOWN_ERROR")},
        {"{\"message\":\"No 'lat'.\"}", 200, HERD_PLACES_FAILED, HERD_EBAD, NULL},
        {"{\"message\":1}", 400, HERD_PLACES_FAILED, HERD_EBAD, NULL},
        {"{\"features\":[]}", 502, HERD_PLACES_FAILED, HERD_EBAD, NULL},
        {"<html>", 429, HERD_PLACES_LIMITED, HERD_OK, ANSWER_BUSY},
    };
    answer_check(photon(), cases, sizeof cases / sizeof cases[0]);
}

/* ---- one feature at a time ---- */

#define NAMED(more)           "\"osm_type\":\"N\",\"osm_id\":1,\"name\":\"A\"" more
#define BARE(types, vicinity) OSM_PLACE("10", "20", "A", "node/1", types, vicinity)

/* clang-format off */
static const struct {
    const char *feature, *want; /* "": nothing */
} feature_cases[] = {
    {FEATURE("20", "10", NAMED("")), BARE("", "")},
    {FEATURE("20", "10", NAMED("") ",\"name\":\"B\""), BARE("", "")},
    {FEATURE("20", "10", NAMED(",\"osm_key\":\"amenity\",\"osm_value\":\"bar\"")),
     BARE("\"bar\", ", "")},
    {FEATURE("20", "10", NAMED(",\"osm_key\":\"shop\",\"osm_value\":\"yes\"")),
     BARE("\"shop\", ", "")},
    {FEATURE("20", "10", NAMED(",\"osm_value\":\"yes\"")), BARE("\"yes\", ", "")},
    {FEATURE("20", "10", NAMED(",\"osm_key\":\"shop\",\"osm_value\":1")), BARE("", "")},
    {FEATURE("20", "10", NAMED(",\"street\":\"S\",\"housenumber\":\"1\"")),
     BARE("", OSM_VICINITY("S 1"))},
    {FEATURE("20", "10", NAMED(",\"city\":\"C\",\"housenumber\":\"1\"")),
     BARE("", OSM_VICINITY("C"))},
    {FEATURE("20", "10", NAMED(",\"city\":1,\"housenumber\":2,\"street\":3")),
     BARE("", "")},
    {FEATURE("20", "10", "\"osm_type\":\"N\",\"osm_id\":1"), ""},
    {FEATURE("20", "10", "\"osm_type\":\"X\",\"osm_id\":1,\"name\":\"A\""), ""},
    {FEATURE("20", "10", "\"osm_type\":\"NN\",\"osm_id\":1,\"name\":\"A\""), ""},
    {FEATURE("20", "10", "\"osm_type\":78,\"osm_id\":1,\"name\":\"A\""), ""},
    {FEATURE("20", "10", "\"osm_type\":\"N\",\"osm_id\":\"1\",\"name\":\"A\""), ""},
    {FEATURE("20", "10", "\"osm_type\":\"N\",\"osm_id\":-1,\"name\":\"A\""), ""},
    {FEATURE("200", "10", NAMED("")), ""},
    {FEATURE("20", "100", NAMED("")), ""},
    {FEATURE("\"20\"", "10", NAMED("")), ""},
    {FEATURE("[20,10]", "10", NAMED("")), ""},
    {FEATURE("20", "10,5", NAMED("")), BARE("", "")},
    {"{\"geometry\":{\"coordinates\":[20]},\"properties\":{" NAMED("") "}}", ""},
    {"{\"geometry\":{\"coordinates\":[]},\"properties\":{" NAMED("") "}}", ""},
    {"{\"geometry\":{\"coordinates\":{\"a\":20,\"b\":10}},\"properties\":{" NAMED("") "}}",
     ""},
    {"{\"geometry\":[20,10],\"properties\":{" NAMED("") "}}", ""},
    {"{\"geometry\":{\"coordinates\":[20,10]},\"properties\":[]}", ""},
    {"{\"geometry\":{\"coordinates\":[20,10]}}", ""},
    {"[]", ""},
    {"null", ""},
};
/* clang-format on */

static void translates_features(void)
{
    for (size_t i = 0; i < sizeof feature_cases / sizeof feature_cases[0]; i++) {
        char body[512], want[2048];
        bool found = feature_cases[i].want[0] != '\0';
        snprintf(body, sizeof body, "{\"features\":[%s]}", feature_cases[i].feature);
        snprintf(want, sizeof want, found ? OSM_TEXT("%s") : OSM_TEXT_NONE,
                 feature_cases[i].want);
        struct answer_case one = {body, 200, HERD_PLACES_FOUND, HERD_OK, want};
        answer_check(photon(), &one, 1);
    }
}

/* Twenty is all there is room for, whatever comes. */
static void keeps_the_nearest(void)
{
    static char body[16384];
    size_t len = (size_t)snprintf(body, sizeof body, "{\"features\":[");
    for (int i = 1; i <= 50; i++)
        len += (size_t)snprintf(
            body + len, sizeof body - len,
            "%s" FEATURE("20", "%d.%02d",
                         "\"osm_type\":\"N\",\"osm_id\":%d,\"name\":\"%d\""),
            i > 1 ? "," : "", i % 2 ? 10 : 9, i % 2 ? i : 100 - i, i, i);
    len += (size_t)snprintf(body + len, sizeof body - len, "]}");
    cJSON *tree = answer_read(photon(), 200, herd_slice(body, len));
    REQUIRE(tree != NULL);
    const cJSON *results = cJSON_GetObjectItemCaseSensitive(tree, "results");
    CHECK_INT(cJSON_GetArraySize(results), HERD_PLACES_RESULTS_MAX);
    for (int i = 0; i < HERD_PLACES_RESULTS_MAX; i++) {
        char name[16];
        snprintf(name, sizeof name, "%d", i + 1);
        CHECK_STR(cJSON_GetObjectItemCaseSensitive(cJSON_GetArrayItem(results, i), "name")
                      ->valuestring,
                  name);
    }
    cJSON_Delete(tree);
}

static void survives_hostile_bodies(void)
{
    struct herd_slice body = HERD_LIT(FULL);
    CHECK(answer_mangle(photon(), body) > 2000);
    CHECK(answer_retype(photon(), body) > 200);
    answer_mangle(photon(), HERD_LIT("{\"message\":\"a\"}"));
    answer_starve(photon(), body);
    answer_abuse(photon());
}

const struct check_test test_photon[] = {
    {"translates an answer", translates},
    {"translates each feature", translates_features},
    {"keeps the nearest", keeps_the_nearest},
    {"survives hostile bodies", survives_hostile_bodies},
    {NULL, NULL},
};
