/* SPDX-License-Identifier: ISC */
/* fake-places as Google's Places API (New): strict about requests, true to field masks. */
#include "check.h"
#include "fake_ask.h"

#include <cjson/cJSON.h>
#include <stdio.h>

extern const struct check_test test_fake_google_new[];

#define TARGET "/v1/places:searchNearby"
#define TYPE   "Content-Type: application/json\r\n"
#define MASK   "X-Goog-FieldMask: *\r\n"
#define CIRCLE(lat, lng, radius)                                                           \
    "\"locationRestriction\":{\"circle\":{\"center\":{\"latitude\":" lat                   \
    ",\"longitude\":" lng "},\"radius\":" radius "}}"
#define UCLA CIRCLE("34.068930", "-118.445127", "10000")

static struct fake fake;
static struct wire wire;
static struct wire_reply reply;

static bool post(const char *lines, const char *body)
{
    return CHECK(ask_post(&wire, TARGET, lines, body, &reply));
}

/* That the error object says this; the reply is then taken away. */
static void check_error(int code, const char *status, const char *word)
{
    cJSON *tree = cJSON_ParseWithLength(reply.body.data, reply.body.len);
    const cJSON *error = cJSON_GetObjectItem(tree, "error");
    const cJSON *got_status = cJSON_GetObjectItem(error, "status");
    const cJSON *got_code = cJSON_GetObjectItem(error, "code");
    CHECK_INT(reply.status, code);
    CHECK(wire_has(&reply, "Content-Type: application/json; charset=UTF-8"));
    if (CHECK(cJSON_IsString(got_status)) && CHECK(cJSON_IsNumber(got_code))) {
        CHECK_STR(got_status->valuestring, status);
        CHECK_INT(got_code->valueint, code);
    }
    CHECK(ask_contains(reply.body, word));
    cJSON_Delete(tree);
    wire_drop(&wire, &reply);
}

static void serves_each_fixture_exactly(void)
{
    static const struct ask_expected cases[] = {
        {"0", "0", "default", 1, 200},
        {"34.068930", "-118.445127", "ucla-10km", 10, 200},
        {"3.406893e1", "-118.4451270", "ucla", 9, 200},
        {"10", "1", "twenty", 5, 200},
        {"10", "3", "large", 5, 200},
        {"10", "4", "sparse", 5, 200},
        {"10", "5", "tricky-strings", 5, 200},
        {"10", "6", "utf8", 5, 200},
        {"10", "8", "numbers", 5, 200},
        {"10", "9", "compact", 5, 200},
        {"20", "1", "zero-results", 5, 200},
        {"20", "2", "permission-denied", 5, 403},
        {"20", "3", "resource-exhausted", 5, 429},
        {"20", "4", "invalid-argument", 5, 400},
        {"20", "5", "internal", 5, 500},
        {"20", "6", "key-invalid", 5, 400},
        {"20", "7", "not-found", 5, 404},
        {"20", "8", "unavailable", 5, 503},
        {"20", "9", "error-in-array", 5, 400},
        {"20", "10", "error-tricky", 5, 403},
    };
    ask_check_fixtures(ASK_NEW, cases, sizeof cases / sizeof cases[0]);
}

static void refuses_other_requests(void)
{
    static const struct {
        const char *lines, *body, *word;
    } cases[] = {
        {TYPE, "{" UCLA "}", "FieldMask is a required parameter"},
        {MASK, "{" UCLA "}", "Content-Type"},
        {MASK "Content-Type: text/json\r\n", "{" UCLA "}", "Content-Type"},
        {MASK "Content-Type: application/jsonx\r\n", "{" UCLA "}", "Content-Type"},
        {TYPE MASK, "", "Invalid JSON"},
        {TYPE MASK, "[]", "Invalid JSON"},
        {TYPE MASK, "\"{\"", "Invalid JSON"},
        {TYPE MASK, "{" UCLA, "Invalid JSON"},
        {TYPE MASK, "{" UCLA ",}", "Invalid JSON"},
        {TYPE MASK, "{" UCLA "}}", "Invalid JSON"},
        {TYPE MASK, "{}", "location_restriction"},
        {TYPE MASK, "{\"locationRestriction\":{}}", "location_restriction"},
        {TYPE MASK, "{\"locationRestriction\":[]}", "locationRestriction"},
        {TYPE MASK, "{\"locationRestriction\":{\"circle\":{\"radius\":1}}}", "location_r"},
        {TYPE MASK, "{\"locationRestriction\":{\"circle\":{\"center\":1}}}", "center"},
        {TYPE MASK, "{\"locationBias\":{}}", "locationBias"},
        {TYPE MASK, "{" CIRCLE("91", "0", "1") "}", "latitude"},
        {TYPE MASK, "{" CIRCLE("0", "-180.1", "1") "}", "longitude"},
        {TYPE MASK, "{" CIRCLE("\"1\"", "0", "1") "}", "latitude"},
        {TYPE MASK, "{" CIRCLE("1", "0", "50000.1") "}", "radius"},
        {TYPE MASK, "{" CIRCLE("1", "0", "-1") "}", "radius"},
        {TYPE MASK, "{" CIRCLE("01", "0", "1") "}", "Invalid JSON"},
        {TYPE MASK, "{" UCLA ",\"maxResultCount\":21}", "maxResultCount"},
        {TYPE MASK, "{" UCLA ",\"maxResultCount\":0}", "maxResultCount"},
        {TYPE MASK, "{" UCLA ",\"maxResultCount\":2.5}", "maxResultCount"},
        {TYPE MASK, "{" UCLA ",\"rankPreference\":\"NEAR\"}", "rankPreference"},
        {TYPE MASK, "{" UCLA ",\"includedTypes\":[1]}", "includedTypes"},
        {TYPE MASK, "{" UCLA ",\"a\\\"<b\":1}",
         "a?"
         "?<b"},
        {TYPE "X-Goog-FieldMask: \r\n", "{" UCLA "}", "fields"},
        {TYPE "X-Goog-FieldMask: places.nosuch\r\n", "{" UCLA "}", "places.nosuch"},
        {TYPE "X-Goog-FieldMask: id\r\n", "{" UCLA "}", "path: id"},
        {TYPE "X-Goog-FieldMask: places.id, places.types\r\n", "{" UCLA "}", " places.ty"},
        {TYPE "X-Goog-FieldMask: places.id,\r\n", "{" UCLA "}", "fields"},
    };
    REQUIRE(ask_begin(&fake, &wire, NULL));
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        CHECK_LABEL("%s%s", cases[i].lines, cases[i].body);
        if (!post(cases[i].lines, cases[i].body))
            break;
        check_error(400, "INVALID_ARGUMENT", cases[i].word);
    }
    CHECK_LABEL("GET");
    CHECK(ask_get(&wire, TARGET, &reply));
    CHECK_INT(reply.status, 405);
    ask_end(&fake, &wire);
}

/* Depth 32 is a name that nobody knows, 33 is no JSON; and no stack ends at 60000. */
static void survives_deep_nesting(void)
{
    static const int depths[] = {31, 32, 60000};
    static char body[130000];
    REQUIRE(ask_begin(&fake, &wire, NULL));
    for (size_t i = 0; i < 3; i++) {
        size_t depth = (size_t)depths[i];
        size_t closing = depth < 1000 ? depth : 0;
        CHECK_LABEL("%d", depths[i]);
        memcpy(body, "{\"deep\":", 8);
        memset(body + 8, '[', depth);
        memset(body + 8 + depth, ']', closing);
        memcpy(body + 8 + depth + closing, "}", 2);
        if (!post(TYPE MASK, body))
            break;
        check_error(400, "INVALID_ARGUMENT",
                    depth < 32 ? "invalid value: deep" : "JSON payload received.\"");
    }
    ask_end(&fake, &wire);
}

static void takes_all_that_is_allowed(void)
{
    static const char body[] = " \n{ " CIRCLE(
        "3.406893E+1", "-118.445127",
        "1e4") ", \"maxResultCount\": 20,"
               "\"rankPreference\":\"DISTANCE\",\"includedTypes\":[\"cafe\",\"bar\"],"
               "\"excludedTypes\":[],\"languageCode\":\"en\",\"regionCode\":\"US\"} ";
    REQUIRE(ask_begin(&fake, &wire, NULL));
    CHECK(post("content-TYPE:application/JSON; charset=utf-8\r\n" MASK, body));
    CHECK_SLICE(reply.body, ask_fixture("google-new/ucla-10km"));
    wire_drop(&wire, &reply);
    CHECK(ask_post(&wire, TARGET "?fields=*", TYPE, body, &reply));
    CHECK_INT(reply.status, 200);
    wire_drop(&wire, &reply);
    CHECK(ask_post(&wire, TARGET "?$fields=places.id", TYPE, body, &reply));
    CHECK_INT(reply.status, 200);
    ask_end(&fake, &wire);
}

static void wants_the_right_key(void)
{
    static const char *const arguments[] = {"--key", "open sesame", NULL};
    static const struct {
        const char *target, *line;
        bool right;
    } cases[] = {
        {TARGET, "X-Goog-Api-Key: open sesame\r\n", true},
        {TARGET "?key=open+sesame", "", true},
        {TARGET, "", false},
        {TARGET, "X-Goog-Api-Key: open\r\n", false},
        {TARGET, "X-Goog-Api-Key: open sesame2\r\n", false},
        {TARGET "?key=open+sesame", "X-Goog-Api-Key: other\r\n", false},
    };
    REQUIRE(ask_begin(&fake, &wire, arguments));
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char lines[200];
        CHECK_LABEL("%s %s", cases[i].target, cases[i].line);
        snprintf(lines, sizeof lines, TYPE MASK "%s", cases[i].line);
        if (!CHECK(ask_post(&wire, cases[i].target, lines, "{" UCLA "}", &reply)))
            break;
        CHECK_INT(ask_contains(reply.body, "sesame"), 0);
        if (!cases[i].right) {
            check_error(400, "INVALID_ARGUMENT", "\"reason\": \"API_KEY_INVALID\"");
            continue;
        }
        CHECK_INT(reply.status, 200);
        wire_drop(&wire, &reply);
    }
    ask_end(&fake, &wire);
}

/* Asks for the eight places of ucla with this mask; the tree is the caller's. */
static cJSON *masked(const char *mask, int most)
{
    char lines[400], body[300];
    snprintf(lines, sizeof lines, TYPE "X-Goog-FieldMask: %s\r\n", mask);
    snprintf(body, sizeof body,
             "{" CIRCLE("34.068930", "-118.445127", "500") ",\"maxResultCount\":%d}", most);
    CHECK_LABEL("%s %d", mask, most);
    if (!post(lines, body))
        return NULL;
    CHECK_INT(reply.status, 200);
    cJSON *tree = cJSON_ParseWithLength(reply.body.data, reply.body.len);
    wire_drop(&wire, &reply);
    return tree;
}

static void filters_as_the_mask_says(void)
{
    struct herd_slice text = ask_fixture("google-new/ucla");
    cJSON *whole = cJSON_ParseWithLength(text.data, text.len);
    cJSON *all = cJSON_GetObjectItem(whole, "places");
    REQUIRE(ask_begin(&fake, &wire, NULL));
    for (int most = 1; most <= 9; most++) {
        cJSON *tree = masked("places.id,places.photos,places.displayName.text", most);
        cJSON *places = cJSON_GetObjectItem(tree, "places");
        CHECK_INT(cJSON_GetArraySize(places), most < 8 ? most : 8);
        for (int i = 0; i < cJSON_GetArraySize(places); i++) {
            cJSON *got = cJSON_GetArrayItem(places, i), *full = cJSON_GetArrayItem(all, i);
            cJSON *photos = cJSON_GetObjectItem(full, "photos");
            CHECK_INT(cJSON_GetArraySize(got), photos != NULL ? 3 : 2);
            CHECK(cJSON_Compare(cJSON_GetObjectItem(got, "id"),
                                cJSON_GetObjectItem(full, "id"), 1));
            CHECK(photos == NULL ||
                  cJSON_Compare(cJSON_GetObjectItem(got, "photos"), photos, 1));
            cJSON *name = cJSON_GetObjectItem(got, "displayName");
            CHECK_INT(cJSON_GetArraySize(name), 1);
            CHECK(cJSON_IsString(cJSON_GetObjectItem(name, "text")));
        }
        cJSON_Delete(tree);
    }
    static const char *const wholes[] = {"places", "*", "places.types,places"};
    for (size_t i = 0; i < 3; i++) {
        cJSON *tree = masked(wholes[i], 20);
        CHECK(cJSON_Compare(tree, whole, 1));
        cJSON_Delete(tree);
    }
    cJSON *tree = masked("places.photos.authorAttributions.uri", 20);
    cJSON *first = cJSON_GetArrayItem(cJSON_GetObjectItem(tree, "places"), 0);
    cJSON *photo = cJSON_GetArrayItem(cJSON_GetObjectItem(first, "photos"), 0);
    cJSON *author = cJSON_GetArrayItem(cJSON_GetObjectItem(photo, "authorAttributions"), 0);
    CHECK_INT(cJSON_GetArraySize(first), 1);
    CHECK_INT(cJSON_GetArraySize(photo), 1);
    CHECK_INT(cJSON_GetArraySize(author), 1);
    cJSON_Delete(tree);
    cJSON_Delete(whole);
    ask_end(&fake, &wire);
}

/* Numbers keep their text, and the layout is that of the API. */
static void filters_text_verbatim(void)
{
    static const char want[] =
        "{\n  \"places\": [\n    {\n      \"location\": {\n"
        "        \"latitude\": 81.63495279999999,\n"
        "        \"longitude\": -73.95857599999999\n      }\n    },\n"
        "    {\n      \"location\": {\n"
        "        \"latitude\": 40.64131109999999,\n"
        "        \"longitude\": -0.0000001\n      }\n    }\n  ]\n}\n";
    REQUIRE(ask_begin(&fake, &wire, NULL));
    CHECK(post(TYPE "X-Goog-FieldMask: places.location\r\n",
               "{" CIRCLE("10", "8", "1000") ",\"maxResultCount\":2}"));
    CHECK_SLICE(reply.body, herd_slice_str(want));
    wire_drop(&wire, &reply);
    CHECK(post(TYPE "X-Goog-FieldMask: places.id\r\n", "{" CIRCLE("20", "1", "1000") "}"));
    CHECK_SLICE(reply.body, HERD_LIT("{}\n"));
    ask_end(&fake, &wire);
}

const struct check_test test_fake_google_new[] = {
    {"serves each fixture exactly", serves_each_fixture_exactly},
    {"refuses other requests", refuses_other_requests},
    {"survives deep nesting", survives_deep_nesting},
    {"takes all that is allowed", takes_all_that_is_allowed},
    {"wants the right key", wants_the_right_key},
    {"filters as the mask says", filters_as_the_mask_says},
    {"filters text verbatim", filters_text_verbatim},
    {NULL, NULL},
};
