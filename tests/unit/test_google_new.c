/* SPDX-License-Identifier: ISC */
#include "answer.h"
#include "check.h"
#include "cut.h"
#include "dice.h"

#include "herd/err.h"

#include <stdio.h>

static const struct herd_places_provider *new_api(void)
{
    return herd_places_provider_find(HERD_LIT("google-new"));
}

/* One place with everything, in the layout of the service. */
#define FULL                                                                               \
    "{\n  \"places\": [\n    {\n      \"id\": \"ChIJinvented1\",\n      \"types\": [\n"    \
    "        \"coffee_shop\",\n        \"cafe\",\n        \"food\"\n      ],\n"            \
    "      \"location\": {\n        \"latitude\": 34.068930000000009,\n"                   \
    "        \"longitude\": -118.44512699999999\n      },\n      \"viewport\": {\n"        \
    "        \"low\": {\n          \"latitude\": 34.06758,\n"                              \
    "          \"longitude\": -118.4464769\n        },\n        \"high\": {\n"             \
    "          \"latitude\": 34.07027997,\n          \"longitude\": -118.44377\n"          \
    "        }\n      },\n      \"rating\": 4.1,\n"                                        \
    "      \"iconMaskBaseUri\": \"https://places.example/icons/cafe_pinlet\",\n"           \
    "      \"iconBackgroundColor\": \"#FF9E67\",\n      \"displayName\": {\n"              \
    "        \"text\": \"Zo\xc3\xab's <Kettle> & \\\"Co\\\"\",\n"                          \
    "        \"languageCode\": \"en\"\n      },\n"                                         \
    "      \"businessStatus\": \"OPERATIONAL\",\n"                                         \
    "      \"priceLevel\": \"PRICE_LEVEL_MODERATE\",\n      \"userRatingCount\": 1264,\n"  \
    "      \"currentOpeningHours\": {\n        \"openNow\": true\n      },\n"              \
    "      \"regularOpeningHours\": {\n        \"openNow\": false\n      },\n"             \
    "      \"plusCode\": {\n        \"globalCode\": \"85632H9X+HW\",\n"                    \
    "        \"compoundCode\": \"2H9X+HW Westwind\"\n      },\n"                           \
    "      \"shortFormattedAddress\": \"19 Larkspur Steps, Westwind\",\n"                  \
    "      \"photos\": [\n        {\n"                                                     \
    "          \"name\": \"places/ChIJinvented1/photos/Inv3nted-Photo_1\",\n"              \
    "          \"widthPx\": 4032,\n          \"heightPx\": 3024,\n"                        \
    "          \"authorAttributions\": [\n            {\n"                                 \
    "              \"displayName\": \"A & B\",\n"                                          \
    "              \"uri\": \"//places.example/contrib/1?a=1&b=2\",\n"                     \
    "              \"photoUri\": \"//places.example/p\"\n            }\n          ]\n"     \
    "        },\n        {\n          \"name\": \"places/x/photos/second\"\n        }\n"   \
    "      ],\n      \"attributions\": [\n        {\n"                                     \
    "          \"provider\": \"Guide\",\n"                                                 \
    "          \"providerUri\": \"https://guide.example/westwind\"\n        }\n      ]\n " \
    "   }\n"                                                                               \
    "  ]\n}\n"

#define FULL_WANT                                                                          \
    "{\n   \"html_attributions\" : [\n"                                                    \
    "      \"\\u003ca "                                                                    \
    "href=\\\"https://guide.example/westwind\\\"\\u003eGuide\\u003c/a\\u003e\"\n"          \
    "   ],\n   \"results\" : [\n      {\n"                                                 \
    "         \"business_status\" : \"OPERATIONAL\",\n         \"geometry\" : {\n"         \
    "            \"location\" : {\n               \"lat\" : 34.068930000000009,\n"         \
    "               \"lng\" : -118.44512699999999\n            },\n"                       \
    "            \"viewport\" : {\n               \"northeast\" : {\n"                     \
    "                  \"lat\" : 34.07027997,\n                  \"lng\" : -118.44377\n"   \
    "               },\n               \"southwest\" : {\n"                                \
    "                  \"lat\" : 34.06758,\n                  \"lng\" : -118.4464769\n"    \
    "               }\n            }\n         },\n"                                       \
    "         \"icon\" : \"https://places.example/icons/cafe_pinlet.png\",\n"              \
    "         \"icon_background_color\" : \"#FF9E67\",\n"                                  \
    "         \"icon_mask_base_uri\" : \"https://places.example/icons/cafe_pinlet\",\n"    \
    "         \"name\" : \"Zo\xc3\xab's \\u003cKettle\\u003e & \\\"Co\\\"\",\n"            \
    "         \"opening_hours\" : {\n            \"open_now\" : true\n         },\n"       \
    "         \"photos\" : [\n            {\n               \"height\" : 3024,\n"          \
    "               \"html_attributions\" : [\n"                                           \
    "                  \"\\u003ca href=\\\"https://places.example/contrib/1?a=1&amp;b=2"   \
    "\\\"\\u003eA &amp; B\\u003c/a\\u003e\"\n               ],\n"                          \
    "               \"photo_reference\" : \"Inv3nted-Photo_1\",\n"                         \
    "               \"width\" : 4032\n            }\n         ],\n"                        \
    "         \"place_id\" : \"ChIJinvented1\",\n         \"plus_code\" : {\n"             \
    "            \"compound_code\" : \"2H9X+HW Westwind\",\n"                              \
    "            \"global_code\" : \"85632H9X+HW\"\n         },\n"                         \
    "         \"price_level\" : 2,\n         \"rating\" : 4.1,\n"                          \
    "         \"reference\" : \"ChIJinvented1\",\n         \"scope\" : \"GOOGLE\",\n"      \
    "         \"types\" : [ \"coffee_shop\", \"cafe\", \"food\" ],\n"                      \
    "         \"user_ratings_total\" : 1264,\n"                                            \
    "         \"vicinity\" : \"19 Larkspur Steps, Westwind\"\n      }\n   ],\n"            \
    "   \"status\" : \"OK\"\n}"

#define RESULTS(inner)                                                                     \
    "{\n   \"html_attributions\" : [],\n   \"results\" : [\n" inner                        \
    "   ],\n   \"status\" : \"OK\"\n}"
#define RESULT(before, after)                                                              \
    "      {\n" before "         \"scope\" : \"GOOGLE\"" after "\n      }"
#define ZERO                                                                               \
    "{\n   \"html_attributions\" : [],\n   \"results\" : [],\n"                            \
    "   \"status\" : \"ZERO_RESULTS\"\n}"

static void translates(void)
{
    static const struct answer_case cases[] = {
        {FULL, 200, HERD_PLACES_FOUND, HERD_OK, FULL_WANT},
        {"{}\n", 200, HERD_PLACES_FOUND, HERD_OK, ZERO},
        {"{\"places\":[]}", 200, HERD_PLACES_FOUND, HERD_OK, ZERO},
        {"{\"places\":[1,null,\"a\",[]]}", 200, HERD_PLACES_FOUND, HERD_OK, ZERO},
        {"{\"places\":[{},7,{\"id\":\"b\"}]}", 200, HERD_PLACES_FOUND, HERD_OK,
         RESULTS(RESULT("", "") ",\n" RESULT(
             "         \"place_id\" : \"b\",\n         \"reference\" : \"b\",\n",
             "") "\n")},
        {"{\"x\":1}", 200, HERD_PLACES_FAILED, HERD_EBAD, NULL},
        {"{}", 500, HERD_PLACES_FAILED, HERD_EBAD, NULL},
        {"{}", 204, HERD_PLACES_FAILED, HERD_EBAD, NULL},
        {"<html>", 429, HERD_PLACES_LIMITED, HERD_OK, ANSWER_BUSY},
    };
    answer_check(new_api(), cases, sizeof cases / sizeof cases[0]);
}

/* ---- one member at a time ---- */

struct member_case {
    const char *member;         /* of the one place */
    const char *before, *after; /* lines around that of the scope */
};

#define GEOMETRY(inner) "         \"geometry\" : {\n" inner "         },\n"
#define LOCATION                                                                           \
    "            \"location\" : {\n               \"lat\" : 1,\n               \"lng\" : " \
    "2e0\n            }"
#define PHOTO(credits)                                                                     \
    "         \"photos\" : [\n            {\n               \"html_attributions\" "        \
    ": " credits                                                                           \
    ",\n               \"photo_reference\" : \"c\"\n            }\n         ],\n"

/* clang-format off */
static const struct member_case member_cases[] = {
    {"\"id\":1", "", ""},
    {"\"id\":\"\"", "         \"place_id\" : \"\",\n         \"reference\" : \"\",\n", ""},
    {"\"displayName\":\"a\"", "", ""},
    {"\"displayName\":{}", "", ""},
    {"\"displayName\":{\"text\":[]}", "", ""},
    {"\"displayName\":{\"text\":\"a\\u0000\\ud800\\n\"}",
     "         \"name\" : \"a\xef\xbf\xbd\xef\xbf\xbd\\n\",\n", ""},
    {"\"displayName\":{\"text\":\"a\",\"text\":\"b\"},\"displayName\":{\"text\":\"c\"}",
     "         \"name\" : \"a\",\n", ""},
    {"\"name\":\"places/a\"", "", ""},
    {"\"location\":{\"latitude\":1}", "", ""},
    {"\"location\":{\"longitude\":1}", "", ""},
    {"\"location\":{\"latitude\":\"1\",\"longitude\":2}", "", ""},
    {"\"location\":[1,2]", "", ""},
    {"\"location\":{\"longitude\":2e0,\"latitude\":1}", GEOMETRY(LOCATION "\n"), ""},
    {"\"location\":{\"longitude\":2e0,\"latitude\":1},\"viewport\":{\"low\":{}}",
     GEOMETRY(LOCATION "\n"), ""},
    {"\"viewport\":{\"low\":{\"latitude\":1,\"longitude\":2}}", "", ""},
    {"\"viewport\":{\"low\":{\"latitude\":1,\"longitude\":2},\"high\":{\"latitude\":3,"
     "\"longitude\":4}}",
     GEOMETRY("            \"viewport\" : {\n               \"northeast\" : {\n"
              "                  \"lat\" : 3,\n                  \"lng\" : 4\n"
              "               },\n               \"southwest\" : {\n"
              "                  \"lat\" : 1,\n                  \"lng\" : 2\n"
              "               }\n            }\n"), ""},
    {"\"types\":[]", "", ",\n         \"types\" : []"},
    {"\"types\":[1,{},\"a\",null,[\"b\"]]", "", ",\n         \"types\" : [ \"a\" ]"},
    {"\"types\":\"a\"", "", ""},
    {"\"types\":{\"a\":\"b\"}", "", ""},
    {"\"shortFormattedAddress\":\"1 A St\"", "", ",\n         \"vicinity\" : \"1 A St\""},
    {"\"shortFormattedAddress\":true", "", ""},
    {"\"formattedAddress\":\"1 A St\"", "", ""},
    {"\"businessStatus\":\"CLOSED_TEMPORARILY\"",
     "         \"business_status\" : \"CLOSED_TEMPORARILY\",\n", ""},
    {"\"businessStatus\":\"BUSINESS_STATUS_UNSPECIFIED\"", "", ""},
    {"\"businessStatus\":7", "", ""},
    {"\"iconMaskBaseUri\":1,\"iconBackgroundColor\":2", "", ""},
    {"\"iconBackgroundColor\":\"#123456\"",
     "         \"icon_background_color\" : \"#123456\",\n", ""},
    {"\"iconMaskBaseUri\":\"a\"",
     "         \"icon\" : \"a.png\",\n         \"icon_mask_base_uri\" : \"a\",\n", ""},
    {"\"plusCode\":{}", "", ""},
    {"\"plusCode\":\"a\"", "", ""},
    {"\"plusCode\":{\"globalCode\":1,\"compoundCode\":\"a\"}",
     "         \"plus_code\" : {\n            \"compound_code\" : \"a\"\n"
     "         },\n", ""},
    {"\"plusCode\":{\"globalCode\":\"g\"}",
     "         \"plus_code\" : {\n            \"global_code\" : \"g\"\n         },\n", ""},
    {"\"rating\":5", "         \"rating\" : 5,\n", ""},
    {"\"rating\":\"5\"", "", ""},
    {"\"userRatingCount\":12345678901234567890", "",
     ",\n         \"user_ratings_total\" : 12345678901234567890"},
    {"\"userRatingCount\":\"3\"", "", ""},
    {"\"priceLevel\":\"PRICE_LEVEL_FREE\"", "         \"price_level\" : 0,\n", ""},
    {"\"priceLevel\":\"PRICE_LEVEL_INEXPENSIVE\"", "         \"price_level\" : 1,\n", ""},
    {"\"priceLevel\":\"PRICE_LEVEL_MODERATE\"", "         \"price_level\" : 2,\n", ""},
    {"\"priceLevel\":\"PRICE_LEVEL_EXPENSIVE\"", "         \"price_level\" : 3,\n", ""},
    {"\"priceLevel\":\"PRICE_LEVEL_VERY_EXPENSIVE\"",
     "         \"price_level\" : 4,\n", ""},
    {"\"priceLevel\":\"PRICE_LEVEL_UNSPECIFIED\"", "", ""},
    {"\"priceLevel\":2", "", ""},
    {"\"currentOpeningHours\":{}", "", ""},
    {"\"currentOpeningHours\":{\"openNow\":\"yes\"},"
     "\"regularOpeningHours\":{\"openNow\":0}",
     "", ""},
    {"\"regularOpeningHours\":{\"openNow\":false}",
     "         \"opening_hours\" : {\n            \"open_now\" : false\n         },\n", ""},
    {"\"currentOpeningHours\":{\"openNow\":null},"
     "\"regularOpeningHours\":{\"openNow\":true}",
     "         \"opening_hours\" : {\n            \"open_now\" : true\n         },\n", ""},
    {"\"photos\":[]", "", ""},
    {"\"photos\":{}", "", ""},
    {"\"photos\":{\"a\":{\"name\":\"b\"}}", "", ""},
    {"\"photos\":[1,{\"name\":\"a\"}]", "", ""},
    {"\"photos\":[{\"widthPx\":1}]", "", ""},
    {"\"photos\":[{\"name\":\"a/b/c\"}]", PHOTO("[]"), ""},
    {"\"photos\":[{\"name\":\"c\",\"widthPx\":\"1\",\"heightPx\":null}]", PHOTO("[]"), ""},
    {"\"photos\":[{\"name\":\"/c\",\"authorAttributions\":[{},1,{\"displayName\":\"A<\"},"
     "{\"displayName\":\"A<\"}]}]", PHOTO("[ \"A&lt;\" ]"), ""},
    {"\"photos\":[{\"name\":\"c\",\"authorAttributions\":[{\"displayName\":\"A\"},"
     "{\"displayName\":\"A\",\"uri\":\"//b\"}]}]",
     PHOTO("[ \"A\", \"\\u003ca href=\\\"https://b\\\"\\u003eA\\u003c/a\\u003e\" ]"), ""},
    {"\"photos\":[{\"name\":\"c\",\"authorAttributions\":[{\"displayName\":\"A\","
     "\"uri\":\"javascript:alert(1)\"}]}]", PHOTO("[ \"A\" ]"), ""},
    {"\"photos\":[{\"name\":\"c\",\"authorAttributions\":[{\"uri\":\"data:x\"}]}]",
     PHOTO("[]"), ""},
    {"\"photos\":[{\"name\":\"c\",\"authorAttributions\":[{\"uri\":\"http://a/\\\"'>\"}]}]",
     PHOTO("[\n                  \"\\u003ca href=\\\"http://a/&quot;&#39;&gt;\\\"\\u003e"
           "http://a/&quot;&#39;&gt;\\u003c/a\\u003e\"\n               ]"), ""},
    {"\"attributions\":1", "", ""},
    {"\"attributions\":[]", "", ""},
    {"\"attributions\":[1,{},{\"provider\":\"\"}]", "", ""},
};
/* clang-format on */

static void translates_members(void)
{
    for (size_t i = 0; i < sizeof member_cases / sizeof member_cases[0]; i++) {
        const struct member_case *m = &member_cases[i];
        char body[512], want[1024];
        snprintf(body, sizeof body, "{\"places\":[{%s}]}", m->member);
        snprintf(want, sizeof want, RESULTS(RESULT("%s", "%s") "\n"), m->before, m->after);
        struct answer_case one = {body, 200, HERD_PLACES_FOUND, HERD_OK, want};
        answer_check(new_api(), &one, 1);
    }
}

/* ---- failures ---- */

#define MESSAGE ANSWER_MESSAGE("No \\u003cway\\u003e.")
#define API_ERROR(status, more)                                                            \
    "{\n  \"error\": {\n    \"code\": 400,\n    \"message\": \"No <way>.\",\n    "         \
    "\"status\": \"" status "\"" more "\n  }\n}\n"
#define DETAILS(reason)                                                                    \
    ", \"details\": [1, {}, {\"@type\": \"x\", \"reason\": \"" reason "\"}]"

static void translates_errors(void)
{
    static const struct answer_case cases[] = {
        {API_ERROR("INVALID_ARGUMENT", ""), 400, HERD_PLACES_REFUSED, HERD_OK,
         ANSWER_ERROR(MESSAGE, "INVALID_REQUEST")},
        {API_ERROR("INVALID_ARGUMENT", DETAILS("API_KEY_INVALID")), 400,
         HERD_PLACES_REFUSED, HERD_OK, ANSWER_ERROR(MESSAGE, "REQUEST_DENIED")},
        {API_ERROR("INVALID_ARGUMENT", DETAILS("OTHER")), 400, HERD_PLACES_REFUSED, HERD_OK,
         ANSWER_ERROR(MESSAGE, "INVALID_REQUEST")},
        {API_ERROR("PERMISSION_DENIED", DETAILS("SERVICE_DISABLED")), 403,
         HERD_PLACES_REFUSED, HERD_OK, ANSWER_ERROR(MESSAGE, "REQUEST_DENIED")},
        {API_ERROR("UNAUTHENTICATED", ""), 401, HERD_PLACES_REFUSED, HERD_OK,
         ANSWER_ERROR(MESSAGE, "REQUEST_DENIED")},
        {API_ERROR("RESOURCE_EXHAUSTED", ""), 429, HERD_PLACES_LIMITED, HERD_OK,
         ANSWER_ERROR(MESSAGE, "OVER_QUERY_LIMIT")},
        {API_ERROR("NOT_FOUND", ""), 404, HERD_PLACES_FAILED, HERD_OK,
         ANSWER_ERROR(MESSAGE, "UNKNOWN_ERROR")},
        {API_ERROR("INTERNAL", ""), 500, HERD_PLACES_FAILED, HERD_OK,
         ANSWER_ERROR(MESSAGE, "UNKNOWN_ERROR")},
        {API_ERROR("UNAVAILABLE", ""), 200, HERD_PLACES_FAILED, HERD_OK,
         ANSWER_ERROR(MESSAGE, "UNKNOWN_ERROR")},
        {"[" API_ERROR("PERMISSION_DENIED", "") "]", 403, HERD_PLACES_REFUSED, HERD_OK,
         ANSWER_ERROR(MESSAGE, "REQUEST_DENIED")},
        {"{\"error\":{}}", 400, HERD_PLACES_REFUSED, HERD_OK,
         ANSWER_ERROR("", "INVALID_REQUEST")},
        {"{\"error\":{}}", 403, HERD_PLACES_REFUSED, HERD_OK,
         ANSWER_ERROR("", "REQUEST_DENIED")},
        {"{\"error\":{\"status\":5,\"message\":6,\"details\":7}}", 429, HERD_PLACES_LIMITED,
         HERD_OK, ANSWER_ERROR("", "OVER_QUERY_LIMIT")},
        {"{\"error\":{}}", 200, HERD_PLACES_FAILED, HERD_OK,
         ANSWER_ERROR("", "UNKNOWN_ERROR")},
        {"{\"error\":\"invalid\"}", 401, HERD_PLACES_FAILED, HERD_EBAD, NULL},
        {"[]", 400, HERD_PLACES_FAILED, HERD_EBAD, NULL},
    };
    answer_check(new_api(), cases, sizeof cases / sizeof cases[0]);
}

/* ---- many places ---- */

static void add(char *body, size_t *len, const char *text)
{
    memcpy(body + *len, text, strlen(text));
    *len += strlen(text);
}

/* Places with and without names, and what is no place. */
static size_t make_places(uint64_t seed, char *body)
{
    static const char *const pieces[][2] = {
        {"{\"displayName\":{\"text\":\"n", " \\u00e9\\\"<\"},\"types\":[\"a\"]}"},
        {"{\"id\":\"i\",\"displayName\":{\"text\":\"\xf0\x9f\x98\x80", "\"}}"},
        {"{\"id\":\"only ", "\"}"},
        {"1", ""},
        {"{\"displayName\":{\"languageCode\":\"en\",\"text\":\"", "\"},\"photos\":[{}]}"},
    };
    struct dice dice = {seed};
    size_t len = 0;
    add(body, &len, "{\"places\":[");
    for (uint32_t i = 0, n = dice_roll(&dice, 30); i < n; i++) {
        char piece[128];
        uint32_t which = dice_roll(&dice, 5);
        snprintf(piece, sizeof piece, "%s%s%u%s", i > 0 ? ", " : "", pieces[which][0], i,
                 pieces[which][1]);
        add(body, &len, piece);
    }
    add(body, &len, "]}");
    return len;
}

static const char *text_or_none(const cJSON *object, const char *name)
{
    const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, name));
    return text != NULL ? text : "none";
}

/* The names must come out in their order. cJSON reads both sides. */
static void keeps_order(void)
{
    static char body[16384];
    for (uint64_t seed = 1; seed <= 300; seed++) {
        CHECK_LABEL("seed %llu", (unsigned long long)seed);
        size_t len = make_places(seed, body);
        cJSON *from = cJSON_ParseWithLengthOpts(body, len, NULL, false);
        cJSON *to = answer_read(new_api(), 200, herd_slice(body, len));
        REQUIRE(from != NULL && to != NULL);
        const cJSON *got = cJSON_GetObjectItemCaseSensitive(to, "results")->child;
        int count = 0;
        for (const cJSON *place = from->child->child; place != NULL; place = place->next) {
            if (!cJSON_IsObject(place) || count == HERD_PLACES_RESULTS_MAX)
                continue;
            REQUIRE(got != NULL);
            CHECK_STR(text_or_none(got, "name"),
                      text_or_none(cJSON_GetObjectItemCaseSensitive(place, "displayName"),
                                   "text"));
            got = got->next;
            count++;
        }
        CHECK(got == NULL);
        cJSON_Delete(from);
        cJSON_Delete(to);
    }
}

/* The credits of all places come to the top, each once, and are bounded. */
static void bounds_credits(void)
{
    static char body[1 << 16];
    size_t len = 0;
    add(body, &len, "{\"places\":[{\"attributions\":[");
    for (int i = 0; i < 300; i++) {
        char piece[64];
        snprintf(piece, sizeof piece, "%s{\"provider\":\"p%d\"}", i > 0 ? "," : "", i / 2);
        add(body, &len, piece);
    }
    add(body, &len, "]},{\"attributions\":[{\"provider\":\"p0\"}]}]}");
    cJSON *tree = answer_read(new_api(), 200, herd_slice(body, len));
    REQUIRE(tree != NULL);
    const cJSON *credits = cJSON_GetObjectItemCaseSensitive(tree, "html_attributions");
    CHECK_INT(cJSON_GetArraySize(credits), 64);
    CHECK_STR(cJSON_GetArrayItem(credits, 0)->valuestring, "p0");
    CHECK_STR(cJSON_GetArrayItem(credits, 63)->valuestring, "p63");
    cJSON_Delete(tree);
}

static void bounds_types(void)
{
    static char body[4096];
    size_t len = 0;
    add(body, &len, "{\"places\":[{\"types\":[\"first\"");
    for (int i = 0; i < 100; i++)
        add(body, &len, ",\"more\"");
    add(body, &len, "]}]}");
    cJSON *tree = answer_read(new_api(), 200, herd_slice(body, len));
    REQUIRE(tree != NULL);
    const cJSON *place = cJSON_GetObjectItemCaseSensitive(tree, "results")->child;
    const cJSON *types = cJSON_GetObjectItemCaseSensitive(place, "types");
    CHECK_INT(cJSON_GetArraySize(types), 64);
    CHECK_STR(types->child->valuestring, "first");
    cJSON_Delete(tree);
}

static void survives_hostile_bodies(void)
{
    struct herd_slice body = HERD_LIT(FULL);
    /* Most bytes stand in strings, where others do as well. */
    CHECK(answer_mangle(new_api(), body) > 5000);
    CHECK(answer_retype(new_api(), body) > 300);
    answer_mangle(new_api(), HERD_LIT(API_ERROR("INVALID_ARGUMENT", DETAILS("A"))));
    answer_retype(new_api(), HERD_LIT(API_ERROR("INVALID_ARGUMENT", DETAILS("A"))));
    answer_starve(new_api(), body);
    answer_starve(new_api(), HERD_LIT(API_ERROR("INTERNAL", "")));
    answer_abuse(new_api());
}

const struct check_test test_google_new[] = {
    {"translates a whole place", translates},
    {"translates each member", translates_members},
    {"translates errors", translates_errors},
    {"keeps the order of places", keeps_order},
    {"bounds the credits", bounds_credits},
    {"bounds the types", bounds_types},
    {"survives hostile bodies", survives_hostile_bodies},
    {NULL, NULL},
};
