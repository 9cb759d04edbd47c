/* SPDX-License-Identifier: ISC */
/* fake-places as Overpass and as Photon: what each takes, refuses and answers. */
#include "check.h"
#include "fake_ask.h"

#include <cjson/cJSON.h>
#include <stdio.h>

extern const struct check_test test_fake_osm[];

#define FORM "Content-Type: application/x-www-form-urlencoded\r\n"
#define SET  "[out:json][timeout:10];"

static struct fake fake;
static struct wire wire;
static struct wire_reply reply;

static void overpass_serves_each_fixture_exactly(void)
{
    static const struct ask_expected cases[] = {
        {"0", "0", "default", 1, 200},
        {"34.068930", "-118.445127", "ucla-10km", 10, 200},
        {"34.06893", "-118.4451270", "ucla", 9, 200},
        {"10", "1", "twenty", 5, 200},
        {"10", "3", "many", 5, 200},
        {"10", "4", "sparse", 5, 200},
        {"10", "5", "tricky-strings", 5, 200},
        {"10", "6", "utf8", 5, 200},
        {"10", "8", "numbers", 5, 200},
        {"10", "9", "compact", 5, 200},
        {"20", "1", "zero-results", 5, 200},
        {"20", "3", "rate-limited", 5, 429},
        {"20", "4", "parse-error", 5, 400},
        {"20", "5", "too-busy", 5, 504},
        {"20", "7", "remark-empty", 5, 200},
        {"20", "8", "remark-partial", 5, 200},
        {"20", "9", "remark-harmless", 5, 200},
    };
    ask_check_fixtures(ASK_OVERPASS, cases, sizeof cases / sizeof cases[0]);
}

static void photon_serves_each_fixture_exactly(void)
{
    static const struct ask_expected cases[] = {
        {"0", "0", "default", 1, 200},
        {"34.068930", "-118.445127", "ucla-10km", 10, 200},
        {"34.06893", "-118.4451270", "ucla", 9, 200},
        {"10", "1", "twenty", 5, 200},
        {"10", "4", "sparse", 5, 200},
        {"10", "5", "tricky-strings", 5, 200},
        {"10", "6", "utf8", 5, 200},
        {"10", "8", "numbers", 5, 200},
        {"10", "9", "spaced", 5, 200},
        {"20", "1", "zero-results", 5, 200},
        {"20", "3", "too-many", 5, 429},
        {"20", "4", "bad-request", 5, 400},
        {"20", "5", "internal", 5, 500},
        {"20", "6", "forbidden", 5, 403},
        {"20", "7", "not-found", 5, 404},
    };
    ask_check_fixtures(ASK_PHOTON, cases, sizeof cases / sizeof cases[0]);
}

/* Everything percent-encoded, which is the hardest form to read. */
static bool post_query(const char *query)
{
    char body[4000] = "data=";
    size_t len = 5;
    for (; *query != '\0' && len + 4 < sizeof body; query++)
        len += (size_t)snprintf(body + len, 4, "%%%02X", (unsigned)(unsigned char)*query);
    return CHECK(ask_post(&wire, "/api/interpreter", FORM, body, &reply));
}

static void overpass_takes_its_language(void)
{
    static const char *const queries[] = {
        SET "nwr(around:10000,34.06893,-118.445127)[name][amenity];out center 500;",
        " [out:json] ;\n nwr [name] (around: 10000.0 , 34.06893, -118.4451270) ;\n"
        "out tags center qt 20 ;\n",
        "[timeout:25][out:json][maxsize:1048576];(nwr(around:10000,34.06893,-118.445127)"
        "[\"name\"][~\"^(amenity|shop)$\"~\".\"];node(around:10000,34.06893,-118.445127)"
        "['a;b)'];);out center;",
    };
    REQUIRE(ask_begin(&fake, &wire, NULL));
    for (size_t i = 0; i < sizeof queries / sizeof queries[0]; i++) {
        CHECK_LABEL("%s", queries[i]);
        if (!post_query(queries[i]))
            break;
        CHECK_INT(reply.status, 200);
        CHECK_SLICE(reply.body, ask_fixture("overpass/ucla-10km"));
        wire_drop(&wire, &reply);
    }
    ask_end(&fake, &wire);
}

static void overpass_refuses_the_rest(void)
{
    static const char *const queries[] = {
        "",
        "nwr(around:1,2,3);out center;",
        "[out:xml];nwr(around:1,2,3);out center;",
        "[out:json][timeout:];nwr(around:1,2,3);out center;",
        "[out:json][timeout:0];nwr(around:1,2,3);out center;",
        "[out:json]nwr(around:1,2,3);out center;",
        "[out:json;nwr(around:1,2,3);out center;",
        SET "nwr(around:1,2,3);out center",
        SET "nwr(around:1,2,3);out;",
        SET "nwr(around:1,2,3);out center 0;",
        SET "nwr(around:1,2,3);out center all;",
        SET "nwr(around:1,2,3);",
        SET "nwr(around:1,2);out center;",
        SET "nwr(around:0,2,3);out center;",
        SET "nwr(around:1,91,3);out center;",
        SET "nwr(around:1,2,nan);out center;",
        SET "nwr(around:1,2,0x3);out center;",
        SET "nwr(around:1,2,3;out center;",
        SET "nwr(around:1,2,3))[name];out center;",
        SET "nwr(around:1,2,3)[name;out center;",
        SET "nwr(around:1,2,3)[\"name];out center;",
        SET "nwr(around:1,2,3);node(around:1,2,4);out center;",
        SET "nwr[name];out center;",
    };
    static const struct {
        const char *lines, *body;
    } forms[] = {
        {"", "data=x"},     {"Content-Type: application/json\r\n", "data=x"},
        {FORM, ""},         {FORM, "query=x"},
        {FORM, "data=%zz"}, {FORM, "data=%00"},
    };
    REQUIRE(ask_begin(&fake, &wire, NULL));
    for (size_t i = 0; i < sizeof queries / sizeof queries[0]; i++) {
        CHECK_LABEL("%s", queries[i]);
        if (!post_query(queries[i]))
            break;
        CHECK_INT(reply.status, 400);
        CHECK(wire_has(&reply, "Content-Type: text/html; charset=utf-8"));
        CHECK(ask_contains(reply.body, "<strong style=\"color:#FF0000\">Error</strong>"));
        wire_drop(&wire, &reply);
    }
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        CHECK_LABEL("%s%s", forms[i].lines, forms[i].body);
        if (!CHECK(
                ask_post(&wire, "/api/interpreter", forms[i].lines, forms[i].body, &reply)))
            break;
        CHECK_INT(reply.status, 400);
        wire_drop(&wire, &reply);
    }
    CHECK_LABEL("GET");
    CHECK(ask_get(&wire, "/api/interpreter?data=x", &reply));
    CHECK_INT(reply.status, 405);
    ask_end(&fake, &wire);
}

/* The first `most` of the list, and all of the rest is there. */
static void check_cut(const char *file, const char *list, int most)
{
    struct herd_slice text = ask_fixture(file);
    cJSON *whole = cJSON_ParseWithLength(text.data, text.len);
    cJSON *part = cJSON_ParseWithLength(reply.body.data, reply.body.len);
    cJSON *elements = cJSON_GetObjectItem(whole, list);
    while (cJSON_GetArraySize(elements) > most)
        cJSON_DeleteItemFromArray(elements, cJSON_GetArraySize(elements) - 1);
    CHECK(cJSON_Compare(whole, part, 1));
    CHECK_INT(reply.status, 200);
    cJSON_Delete(whole);
    cJSON_Delete(part);
}

static void both_keep_to_the_limit(void)
{
    static const int limits[] = {1, 2, 19, 20, 21, 50};
    REQUIRE(ask_begin(&fake, &wire, NULL));
    for (size_t i = 0; i < sizeof limits / sizeof limits[0]; i++) {
        char text[200];
        CHECK_LABEL("%d", limits[i]);
        snprintf(text, sizeof text, SET "nwr(around:7,10,3);out center %d;", limits[i]);
        if (!post_query(text))
            break;
        check_cut("overpass/many", "elements", limits[i]);
        wire_drop(&wire, &reply);
        snprintf(text, sizeof text, "/reverse?lat=10&lon=1&radius=2.5&limit=%d", limits[i]);
        if (!CHECK(ask_get(&wire, text, &reply)))
            break;
        check_cut("photon/twenty", "features", limits[i]);
        wire_drop(&wire, &reply);
    }
    ask_end(&fake, &wire);
}

static void photon_refuses_the_rest(void)
{
    static const char *const queries[] = {
        "",
        "?lat=1",
        "?lon=1",
        "?lat=1&lon=x",
        "?lat=91&lon=1",
        "?lat=1&lon=180.5",
        "?lat=1&lon=1e0",
        "?lat=1&lon=1&radius=0",
        "?lat=1&lon=1&radius=-1",
        "?lat=1&lon=1&radius=5001",
        "?lat=1&lon=1&radius=1km",
        "?lat=1&lon=1&limit=0",
        "?lat=1&lon=1&limit=2.5",
        "?lat=1&lon=1&limit=51",
        "?lat=1&lon=1&key=k",
        "?lat=1&lon=1&Limit=2",
        "?lat=1&lon=1&",
        "?lat=1&lon=1&&limit=1",
    };
    REQUIRE(ask_begin(&fake, &wire, NULL));
    for (size_t i = 0; i < sizeof queries / sizeof queries[0]; i++) {
        char target[100];
        CHECK_LABEL("%s", queries[i]);
        snprintf(target, sizeof target, "/reverse%s", queries[i]);
        if (!CHECK(ask_get(&wire, target, &reply)))
            break;
        /* An empty parameter at the very end is none. */
        bool fine = queries[i][0] != '\0' && target[strlen(target) - 1] == '&';
        CHECK_INT(reply.status, fine ? 200 : 400);
        CHECK(fine || ask_contains(reply.body, "{\"message\":\""));
        wire_drop(&wire, &reply);
    }
    CHECK_LABEL("POST");
    CHECK(ask_post(&wire, "/reverse", FORM, "lat=1&lon=1", &reply));
    CHECK_INT(reply.status, 405);
    ask_end(&fake, &wire);
}

const struct check_test test_fake_osm[] = {
    {"Overpass serves each fixture exactly", overpass_serves_each_fixture_exactly},
    {"Overpass takes its language", overpass_takes_its_language},
    {"Overpass refuses the rest", overpass_refuses_the_rest},
    {"Photon serves each fixture exactly", photon_serves_each_fixture_exactly},
    {"Photon refuses the rest", photon_refuses_the_rest},
    {"both keep to the limit", both_keep_to_the_limit},
    {NULL, NULL},
};
