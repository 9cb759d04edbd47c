/* SPDX-License-Identifier: ISC */
#include "answer.h"
#include "check.h"
#include "dice.h"
#include "osm_text.h"

#include "herd/err.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static const struct herd_places_provider *overpass(void)
{
    return herd_places_provider_find(HERD_LIT("overpass"));
}

/* A node near by, a way farther away that comes first, and one that has no name. */
#define FULL                                                                               \
    "{\n  \"version\": 0.6,\n  \"generator\": \"Overpass API 0.7.62.1\",\n"                \
    "  \"osm3s\": {\n    \"timestamp_osm_base\": \"2024-01-01T00:00:00Z\",\n"              \
    "    \"copyright\": \"The data is made available under ODbL.\"\n  },\n"                \
    "  \"elements\": [\n\n{\n  \"type\": \"way\",\n  \"id\": 77001,\n"                     \
    "  \"center\": {\n    \"lat\": 10.0020000,\n    \"lon\": 20.0010000\n  },\n"           \
    "  \"nodes\": [\n    1,\n    2\n  ],\n  \"tags\": {\n"                                 \
    "    \"leisure\": \"park\",\n    \"name\": \"Far <Park>\",\n"                          \
    "    \"tourism\": \"yes\"\n  }\n},\n{\n  \"type\": \"node\",\n"                        \
    "  \"id\": 9007199254740993,\n  \"lat\": 10.0001000,\n  \"lon\": 20.0000001,\n"        \
    "  \"tags\": {\n    \"addr:city\": \"Westwind\",\n"                                    \
    "    \"addr:housenumber\": \"19a\",\n    \"addr:street\": \"Larkspur Steps\",\n"       \
    "    \"amenity\": \"cafe\",\n    \"name\": \"Caf\xc3\xa9 \\\"Zo\\u00eb\\\"\",\n"       \
    "    \"shop\": \"coffee;tea\"\n  }\n},\n{\n  \"type\": \"node\",\n  \"id\": 5,\n"      \
    "  \"lat\": 10.0000000,\n  \"lon\": 20.0000000,\n  \"tags\": {\n"                      \
    "    \"amenity\": \"bench\"\n  }\n}\n\n  ]\n}\n"

/* clang-format off */
#define FULL_WANT \
    OSM_TEXT( \
        OSM_PLACE("10.0001000", "20.0000001", "Caf\xc3\xa9 \\\"Zo\xc3\xab\\\"", \
                  "node/9007199254740993", "\"cafe\", \"coffee;tea\", ", \
                  OSM_VICINITY("Larkspur Steps 19a, Westwind")) ",\n" \
        OSM_PLACE("10.0020000", "20.0010000", "Far \\u003cPark\\u003e", "way/77001", \
                  "\"tourism\", \"park\", ", ""))
/* clang-format on */

static void translates(void)
{
    static const struct answer_case cases[] = {
        {FULL, 200, HERD_PLACES_FOUND, HERD_OK, FULL_WANT},
        {"{\"elements\":[]}", 200, HERD_PLACES_FOUND, HERD_OK, OSM_TEXT_NONE},
        {"{\"elements\":[],\"remark\":\"runtime remark: slow\"}", 200, HERD_PLACES_FOUND,
         HERD_OK, OSM_TEXT_NONE},
        {"{\"elements\":[],\"remark\":1}", 200, HERD_PLACES_FOUND, HERD_OK, OSM_TEXT_NONE},
        {"{\"elements\":[{\"type\":\"node\"}],\"remark\":\"runtime error: Query timed out "
         "in "
         "\\\"query\\\" at line 1 after 11 seconds.\"}",
         200, HERD_PLACES_FAILED, HERD_OK,
         ANSWER_ERROR(ANSWER_MESSAGE("runtime error: Query timed out in \\\"query\\\" "
                                     "at line 1 after 11 seconds."),
                      "UNKNOWN_ERROR")},
        {"{\"remark\":\"runtime error\"}", 429, HERD_PLACES_LIMITED, HERD_OK, ANSWER_BUSY},
        {"<html>Too Many Requests</html>", 429, HERD_PLACES_LIMITED, HERD_OK, ANSWER_BUSY},
        {"<html>Gateway Timeout</html>", 504, HERD_PLACES_FAILED, HERD_EBAD, NULL},
        {"{\"elements\":[]}", 504, HERD_PLACES_FAILED, HERD_EBAD, NULL},
        {"<html>Bad Request</html>", 400, HERD_PLACES_FAILED, HERD_EBAD, NULL},
        {"{\"version\":0.6}", 200, HERD_PLACES_FAILED, HERD_EBAD, NULL},
    };
    answer_check(overpass(), cases, sizeof cases / sizeof cases[0]);
}

/* ---- one element at a time ---- */

#define NODE(members, tags)                                                                \
    "\"type\":\"node\",\"id\":1,\"lat\":10,\"lon\":20," members                            \
    "\"tags\":{\"name\":\"A\"" tags "}"
#define BARE(types, vicinity) OSM_PLACE("10", "20", "A", "node/1", types, vicinity)

/* clang-format off */
static const struct {
    const char *element, *want; /* "": nothing */
} element_cases[] = {
    {NODE("", ""), BARE("", "")},
    {"\"tags\":{\"name\":\"A\"},\"lon\":20.00,\"lat\":1.0e1,\"id\":1,\"type\":\"relation\"",
     OSM_PLACE("1.0e1", "20.00", "A", "relation/1", "", "")},
    {"\"type\":\"node\",\"id\":1,\"lat\":10,\"lon\":20", ""},
    {"\"type\":\"node\",\"id\":1,\"lat\":10,\"lon\":20,\"tags\":{\"name\":\"\"}", ""},
    {"\"type\":\"node\",\"id\":1,\"lat\":10,\"lon\":20,\"tags\":{\"name\":1}", ""},
    {"\"type\":\"node\",\"id\":1,\"lat\":10,\"lon\":20,\"tags\":[\"name\",\"A\"]", ""},
    {"\"type\":\"node\",\"id\":1,\"lat\":10,\"lon\":20,\"name\":\"A\"", ""},
    {"\"type\":\"area\",\"id\":1,\"lat\":10,\"lon\":20,\"tags\":{\"name\":\"A\"}", ""},
    {"\"type\":1,\"id\":1,\"lat\":10,\"lon\":20,\"tags\":{\"name\":\"A\"}", ""},
    {"\"id\":1,\"lat\":10,\"lon\":20,\"tags\":{\"name\":\"A\"}", ""},
    {"\"type\":\"node\",\"lat\":10,\"lon\":20,\"tags\":{\"name\":\"A\"}", ""},
    {"\"type\":\"node\",\"id\":\"1\",\"lat\":10,\"lon\":20,\"tags\":{\"name\":\"A\"}", ""},
    {"\"type\":\"node\",\"id\":-1,\"lat\":10,\"lon\":20,\"tags\":{\"name\":\"A\"}", ""},
    {"\"type\":\"node\",\"id\":1.0,\"lat\":10,\"lon\":20,\"tags\":{\"name\":\"A\"}", ""},
    {"\"type\":\"node\",\"id\":12345678901234567890,\"lat\":10,\"lon\":20,"
     "\"tags\":{\"name\":\"A\"}", ""},
    {"\"type\":\"node\",\"id\":1,\"lon\":20,\"tags\":{\"name\":\"A\"}", ""},
    {"\"type\":\"node\",\"id\":1,\"lat\":10,\"tags\":{\"name\":\"A\"}", ""},
    {"\"type\":\"node\",\"id\":1,\"lat\":90.1,\"lon\":20,\"tags\":{\"name\":\"A\"}", ""},
    {"\"type\":\"node\",\"id\":1,\"lat\":10,\"lon\":-180.1,\"tags\":{\"name\":\"A\"}", ""},
    {"\"type\":\"node\",\"id\":1,\"lat\":\"10\",\"lon\":20,\"tags\":{\"name\":\"A\"}", ""},
    {"\"type\":\"way\",\"id\":1,\"center\":[10,20],\"tags\":{\"name\":\"A\"}", ""},
    {"\"type\":\"way\",\"id\":1,\"center\":{\"lat\":10,\"lon\":20},"
     "\"tags\":{\"name\":\"A\"}",
     OSM_PLACE("10", "20", "A", "way/1", "", "")},
    {"\"type\":\"node\",\"id\":1,\"lat\":-90,\"lon\":180,\"tags\":{\"name\":\"A\"}",
     OSM_PLACE("-90", "180", "A", "node/1", "", "")},
    {NODE("\"center\":{\"lat\":1,\"lon\":2},", ""), BARE("", "")},
    {NODE("\"id\":2,\"lat\":11,", ",\"name\":\"B\""), BARE("", "")},
    {NODE("", ",\"leisure\":\"d\",\"tourism\":\"c\",\"shop\":\"b\",\"amenity\":\"a\""),
     BARE("\"a\", \"b\", \"c\", \"d\", ", "")},
    {NODE("", ",\"shop\":\"yes\",\"amenity\":1,\"tourism\":\"\""), BARE("\"shop\", ", "")},
    {NODE("", ",\"addr:street\":\"S\""), BARE("", OSM_VICINITY("S"))},
    {NODE("", ",\"addr:city\":\"C\""), BARE("", OSM_VICINITY("C"))},
    {NODE("", ",\"addr:housenumber\":\"1\""), BARE("", "")},
    {NODE("", ",\"addr:housenumber\":\"1\",\"addr:city\":\"C\""),
     BARE("", OSM_VICINITY("C"))},
    {NODE("", ",\"addr:housenumber\":\"1\",\"addr:street\":\"S\""),
     BARE("", OSM_VICINITY("S 1"))},
    {NODE("", ",\"addr:city\":\"C\",\"addr:street\":\"S\""),
     BARE("", OSM_VICINITY("S, C"))},
    {NODE("", ",\"addr:city\":[],\"addr:street\":{}"), BARE("", "")},
};
/* clang-format on */

static void translates_elements(void)
{
    for (size_t i = 0; i < sizeof element_cases / sizeof element_cases[0]; i++) {
        char body[512], want[2048];
        bool found = element_cases[i].want[0] != '\0';
        snprintf(body, sizeof body, "{\"elements\":[1,null,{%s},[]]}",
                 element_cases[i].element);
        snprintf(want, sizeof want, found ? OSM_TEXT("%s") : OSM_TEXT_NONE,
                 element_cases[i].want);
        struct answer_case one = {body, 200, HERD_PLACES_FOUND, HERD_OK, want};
        answer_check(overpass(), &one, 1);
    }
}

/* ---- order ---- */

#define AT(type, id, lat, lon)                                                             \
    "{\"type\":\"" type "\",\"id\":" id ",\"lat\":" lat ",\"lon\":" lon                    \
    ",\"tags\":{\"name\":\"A\"}}"

/* The place_ids of the text, with a blank after each. */
static void list_ids(const cJSON *tree, char *out)
{
    const cJSON *results = cJSON_GetObjectItemCaseSensitive(tree, "results");
    size_t len = 0;
    out[0] = '\0';
    for (const cJSON *one = results->child; one != NULL; one = one->next)
        len += (size_t)snprintf(
            out + len, 1024 - len, "%s ",
            cJSON_GetObjectItemCaseSensitive(one, "place_id")->valuestring + 4);
}

/* clang-format off */
static void breaks_ties(void)
{
    static const struct {
        const char *elements, *want;
    } cases[] = {
        {AT("way", "1", "10", "20") "," AT("relation", "1", "10", "20") ","
         AT("node", "10", "10", "20") "," AT("node", "9", "10", "20") ","
         AT("node", "11", "10.0", "2e1") "," AT("relation", "2", "10", "20") ","
         AT("node", "100", "10", "20") "," AT("node", "8", "10", "20"),
         "node/8 node/9 node/10 node/11 node/100 relation/1 relation/2 way/1 "},
        {AT("node", "3", "10", "20") "," AT("node", "3", "10", "20.0"),
         "node/3 "},
        {AT("node", "1", "10", "20.001") "," AT("way", "9", "10", "20"),
         "way/9 node/1 "},
        {AT("node", "2", "-10", "-160") "," AT("node", "1", "-10", "-160"),
         "node/1 node/2 "},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char body[1024], got[1024];
        int len = snprintf(body, sizeof body, "{\"elements\":[%s]}", cases[i].elements);
        CHECK_LABEL("%s", body);
        cJSON *tree = answer_read(overpass(), 200, herd_slice(body, (size_t)len));
        REQUIRE(tree != NULL);
        list_ids(tree, got);
        CHECK_STR(got, cases[i].want);
        cJSON_Delete(tree);
    }
}

/* clang-format on */

struct spot {
    double away_m;
    unsigned id;
};

static int by_distance(const void *a, const void *b)
{
    const struct spot *one = a, *other = b;
    return (one->away_m > other->away_m) - (one->away_m < other->away_m);
}

/* From 10,20, by the haversine formula. */
static double away_m(double lat, double lng)
{
    const double degree = 3.14159265358979323846 / 180;
    double north = sin((lat - 10) * degree / 2), east = sin((lng - 20) * degree / 2);
    double h = north * north + cos(lat * degree) * cos(10 * degree) * east * east;
    return 2 * 6371008.8 * asin(sqrt(h));
}

/* Many places in any order: the nearest come out, the nearest first. Distances are told
 * apart from 12 mm on, so that places of almost the same may change places. */
static void sorts_by_distance(void)
{
    static char body[65536];
    static struct spot spot[120];
    for (uint64_t seed = 1; seed <= 200; seed++) {
        struct dice dice = {seed};
        unsigned count = dice_roll(&dice, 120);
        size_t len = (size_t)snprintf(body, sizeof body, "{\"elements\":[");
        CHECK_LABEL("seed %llu", (unsigned long long)seed);
        for (unsigned i = 0; i < count; i++) {
            double lat = 10 + (dice_roll(&dice, 20001) - 10000.0) / 1e4 * 0.4;
            double lng = 20 + (dice_roll(&dice, 20001) - 10000.0) / 1e4 * 0.4;
            spot[i] = (struct spot){away_m(lat, lng), i};
            len +=
                (size_t)snprintf(body + len, sizeof body - len,
                                 "%s{\"type\":\"node\",\"id\":%u,\"lat\":%.7f,\"lon\":%.7f,"
                                 "\"tags\":{\"name\":\"n%u\"}}",
                                 i > 0 ? ",\n" : "", i, lat, lng, i);
        }
        len += (size_t)snprintf(body + len, sizeof body - len, "]}");
        qsort(spot, count, sizeof spot[0], by_distance);
        cJSON *tree = answer_read(overpass(), 200, herd_slice(body, len));
        REQUIRE(tree != NULL);
        const cJSON *results = cJSON_GetObjectItemCaseSensitive(tree, "results");
        unsigned kept = count < HERD_PLACES_RESULTS_MAX ? count : HERD_PLACES_RESULTS_MAX;
        CHECK_INT(cJSON_GetArraySize(results), kept);
        for (unsigned i = 0; i < kept; i++) {
            const char *name = cJSON_GetObjectItemCaseSensitive(
                                   cJSON_GetArrayItem(results, (int)i), "name")
                                   ->valuestring;
            unsigned id = (unsigned)strtoul(name + 1, NULL, 10), at = 0;
            while (at < count && spot[at].id != id)
                at++;
            REQUIRE(at < count);
            CHECK(at == i || fabs(spot[at].away_m - spot[i].away_m) < 0.012);
        }
        cJSON_Delete(tree);
    }
}

static void survives_hostile_bodies(void)
{
    struct herd_slice body = HERD_LIT(FULL);
    CHECK(answer_mangle(overpass(), body) > 3000);
    CHECK(answer_retype(overpass(), body) > 200);
    answer_mangle(overpass(), HERD_LIT("{\"remark\":\"runtime error: a\"}"));
    answer_starve(overpass(), body);
    answer_starve(overpass(), HERD_LIT("{\"remark\":\"runtime error: a\"}"));
    answer_abuse(overpass());
}

const struct check_test test_overpass[] = {
    {"translates an answer", translates},
    {"translates each element", translates_elements},
    {"breaks ties", breaks_ties},
    {"sorts by distance", sorts_by_distance},
    {"survives hostile bodies", survives_hostile_bodies},
    {NULL, NULL},
};
