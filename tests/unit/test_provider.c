/* SPDX-License-Identifier: ISC */
/* What every provider is asked. */
#include "herd/provider.h"
#include "check.h"
#include "dice.h"

#include "herd/err.h"
#include "places/provider.h"

#include <stdlib.h>

static void finds_by_name(void)
{
    static const char *const names[] = {"google-legacy", "google-new", "overpass",
                                        "photon"};
    for (size_t i = 0; i < 4; i++) {
        const struct herd_provider *provider = herd_provider_find(herd_slice_str(names[i]));
        REQUIRE(provider != NULL);
        CHECK_STR(provider->name, names[i]);
        CHECK(provider == herd_provider_at(i));
    }
    CHECK(herd_provider_at(4) == NULL);
    CHECK(herd_provider_at(SIZE_MAX) == NULL);
    CHECK(herd_provider_find(HERD_LIT("")) == NULL);
    CHECK(herd_provider_find(HERD_LIT("google")) == NULL);
    CHECK(herd_provider_find(HERD_LIT("Overpass")) == NULL);
    CHECK(herd_provider_find(HERD_LIT("photon ")) == NULL);
}

/* Nothing is missing that a caller would read. */
static void describes_each(void)
{
    for (size_t i = 0; herd_provider_at(i) != NULL; i++) {
        const struct herd_provider *p = herd_provider_at(i);
        CHECK_LABEL("%s", p->name);
        CHECK(p->url[0] == '\0' || strncmp(p->url, "https://", 8) == 0);
        CHECK(p->post == (p->content_type[0] != '\0'));
        CHECK((p->key_place == HERD_KEY_NONE) == (p->key_name[0] == '\0'));
        CHECK(p->cache_max_ms >= 0);
        CHECK((p->header_pro == NULL) == (p->header_enterprise == NULL));
        CHECK_STR(herd_places_provider_at(i)->name, p->name);
        CHECK(herd_places_provider_at(i)->print != NULL);
        CHECK(herd_places_provider_at(i)->translate != NULL);
    }
    CHECK_STR(herd_provider_at(0)->key_name, "key");
    CHECK_STR(herd_provider_at(1)->key_name, "X-Goog-Api-Key");
    CHECK_INT(herd_provider_at(0)->key_place, HERD_KEY_QUERY);
    CHECK_INT(herd_provider_at(1)->key_place, HERD_KEY_HEADER);
}

static void has_header(void)
{
    for (size_t i = 0; herd_provider_at(i) != NULL; i++)
        CHECK((herd_provider_at(i)->header_pro != NULL) == (i == 1));
    CHECK_STR(herd_provider_at(1)->header_pro,
              "X-Goog-FieldMask: places.id,places.displayName,places.location,"
              "places.viewport,places.types,places.shortFormattedAddress,"
              "places.businessStatus,places.iconMaskBaseUri,places.iconBackgroundColor,"
              "places.plusCode,places.photos,places.attributions");
    CHECK_STR(herd_provider_at(1)->header_enterprise,
              "X-Goog-FieldMask: places.id,places.displayName,places.location,"
              "places.viewport,places.types,places.shortFormattedAddress,"
              "places.businessStatus,places.iconMaskBaseUri,places.iconBackgroundColor,"
              "places.plusCode,places.photos,places.attributions,places.rating,"
              "places.userRatingCount,places.priceLevel,"
              "places.currentOpeningHours.openNow,places.regularOpeningHours.openNow");
}

/* ---- golden requests ---- */

#define UCLA                                                                               \
    {                                                                                      \
        {INT64_C(34068930000), INT64_C(-118445127000)}, 10, false, 10000                   \
    }
#define ORIGIN                                                                             \
    {                                                                                      \
        {0, 0}, 0, true, 0                                                                 \
    }
#define LONGEST                                                                            \
    {                                                                                      \
        {INT64_C(-89999999999), INT64_C(-179999999999)}, UINT32_MAX, true, INT64_MAX       \
    }

#define OVERPASS(timeout, radius, lat, lng)                                                \
    "data=%5Bout%3Ajson%5D%5Btimeout%3A" timeout "%5D%3Bnwr%28around%3A" radius "%2C" lat  \
    "%2C" lng "%29%5Bname%5D%5B~%22%5E%28amenity%7Cshop%7Ctourism%7Cleisure%29%24%22~"     \
    "%22.%22%5D%3Bout%20center%20500%3B"
#define PHOTON(lng, lat, radius)                                                           \
    "lon=" lng "&lat=" lat "&radius=" radius                                               \
    "&limit=20&osm_tag=amenity&osm_tag=shop&osm_tag=tourism&osm_tag=leisure"
#define NEW(lat, lng, radius)                                                              \
    "{\"locationRestriction\":{\"circle\":{\"center\":{\"latitude\":" lat                  \
    ",\"longitude\":" lng "},\"radius\":" radius "}},\"maxResultCount\":20}"

static void prints_request(void)
{
    static const struct {
        size_t provider;
        struct herd_places_search search;
        const char *want;
    } cases[] = {
        {0, UCLA, "location=34.06893,-118.445127&radius=10000"},
        {0, ORIGIN, "location=0,0&radius=1"},
        {0, LONGEST, "location=-89.999999999,-179.999999999&radius=4294967295000"},
        {1, UCLA, NEW("34.06893", "-118.445127", "10000")},
        {1, ORIGIN, NEW("0", "0", "1")},
        {1, LONGEST, NEW("-89.999999999", "-179.999999999", "4294967295000")},
        {2, UCLA, OVERPASS("10", "10000", "34.06893", "-118.445127")},
        {2, ORIGIN, OVERPASS("1", "1", "0", "0")},
        {2, LONGEST, OVERPASS("180", "4294967295000", "-89.999999999", "-179.999999999")},
        {2,
         {{1, -1}, 50, false, 1999},
         OVERPASS("1", "50000", "0.000000001", "-0.000000001")},
        {2, {{0, 0}, 1, false, INT64_MIN}, OVERPASS("1", "1000", "0", "0")},
        {3, UCLA, PHOTON("-118.445127", "34.06893", "10")},
        {3, ORIGIN, PHOTON("0", "0", "0.001")},
        {3, LONGEST, PHOTON("-179.999999999", "-89.999999999", "4294967295")},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char out[HERD_PROVIDER_REQUEST_MAX + 1];
        memset(out, '#', sizeof out);
        CHECK_LABEL("%s", cases[i].want);
        size_t len =
            herd_places_provider_at(cases[i].provider)->print(&cases[i].search, out);
        REQUIRE(len <= HERD_PROVIDER_REQUEST_MAX);
        CHECK_SLICE(herd_slice(out, len), herd_slice_str(cases[i].want));
        CHECK(out[len] == '#');
    }
}

/* ---- all other requests look like these ---- */

/* Reads a number as we print it, without superfluous zeros; returns its length or 0. */
static size_t match_number(struct herd_slice text, bool whole)
{
    size_t i = 0, start, digits;
    if (!whole && i < text.len && text.data[i] == '-')
        i++;
    for (start = i; i < text.len && text.data[i] >= '0' && text.data[i] <= '9'; i++)
        ;
    digits = i - start;
    if (digits == 0 || (digits > 1 && text.data[start] == '0'))
        return 0;
    if (whole || i == text.len || text.data[i] != '.')
        return i;
    for (start = ++i; i < text.len && text.data[i] >= '0' && text.data[i] <= '9'; i++)
        ;
    return i > start && i - start <= 9 && text.data[i - 1] != '0' ? i : 0;
}

/* In a pattern @ is a coordinate, # a whole number, and everything else itself. */
static bool match(struct herd_slice text, const char *pattern, double *numbers)
{
    for (; *pattern != '\0'; pattern++) {
        bool number = *pattern == '@' || *pattern == '#';
        size_t len = number ? match_number(text, *pattern == '#')
                            : text.len > 0 && text.data[0] == *pattern;
        if (len == 0)
            return false;
        if (number)
            *numbers++ = strtod(text.data, NULL);
        text = herd_slice_from(text, len);
    }
    return text.len == 0;
}

static bool same(double got, double want)
{
    return got > want - 1e-7 && got < want + 1e-7;
}

static void prints_nothing_else(void)
{
    static const struct {
        const char *pattern;
        size_t lat, lng, radius; /* which of the numbers these are */
        double metres;
    } shapes[] = {
        {"location=@,@&radius=#", 0, 1, 2, 1000},
        {NEW("@", "@", "#"), 0, 1, 2, 1000},
        {OVERPASS("#", "#", "@", "@"), 2, 3, 1, 1000},
        {PHOTON("@", "@", "#"), 1, 0, 2, 1},
    };
    struct dice dice = {7};
    for (int i = 0; i < 40000; i++) {
        size_t which = (size_t)i % 4;
        uint32_t coarse = dice_roll(&dice, 4) == 0 ? 1000000000 : 1;
        double numbers[8];
        char out[HERD_PROVIDER_REQUEST_MAX + 1];
        struct herd_places_search search = {
            .point = {(int64_t)(dice_next(&dice) % UINT64_C(180000000001)) / coarse *
                              coarse -
                          90 * HERD_GEO_UNIT,
                      (int64_t)(dice_next(&dice) % UINT64_C(360000000001)) / coarse *
                              coarse -
                          180 * HERD_GEO_UNIT},
            .radius_km = 1 + dice_roll(&dice, 50),
            .enterprise = dice_roll(&dice, 2) == 1,
            .timeout_ms = (int64_t)dice_roll(&dice, 600000),
        };
        size_t len = herd_places_provider_at(which)->print(&search, out);
        REQUIRE(len <= HERD_PROVIDER_REQUEST_MAX);
        out[len] = '\0';
        CHECK_LABEL("%s", out);
        if (CHECK(match(herd_slice(out, len), shapes[which].pattern, numbers))) {
            CHECK(same(numbers[shapes[which].lat], (double)search.point.lat / 1e9));
            CHECK(same(numbers[shapes[which].lng], (double)search.point.lng / 1e9));
            CHECK(same(numbers[shapes[which].radius],
                       search.radius_km * shapes[which].metres));
        }
    }
}

/* ---- public servers ---- */

static void public_servers_get_few_at_once(void)
{
    static const struct {
        const char *provider, *url;
        uint32_t most, want;
    } cases[] = {
        {"overpass", "", 64, 2},
        {"overpass", "", 1, 1},
        {"overpass", "https://overpass-api.de/api/interpreter", 64, 2},
        {"overpass", "http://overpass-api.de", 64, 2},
        {"overpass", "HTTPS://Overpass-API.de:443/api/interpreter", 64, 2},
        {"overpass", "https://lz4.overpass-api.de?x", 64, 2},
        {"overpass", "https://overpass-api.de.example.org/api/interpreter", 64, 64},
        {"overpass", "https://myoverpass-api.de/api/interpreter", 64, 64},
        {"overpass", "https://example.org/overpass-api.de", 64, 64},
        {"overpass", "http://127.0.0.1:8080/api/interpreter", 64, 64},
        {"overpass", "http://[::1]:8080/api/interpreter", 64, 64},
        {"overpass", "x", 64, 64},
        {"google-legacy", "", 64, 64},
        {"google-new", "", 64, 64},
        {"photon", "https://overpass-api.de/reverse", 64, 64},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        CHECK_LABEL("%s %s", cases[i].provider, cases[i].url);
        CHECK_INT(herd_provider_running_max(
                      herd_places_provider_find(herd_slice_str(cases[i].provider)),
                      herd_slice_str(cases[i].url), cases[i].most),
                  cases[i].want);
    }
    CHECK_LABEL("%s", "");
}

const struct check_test test_provider[] = {
    {"finds a provider by its name", finds_by_name},
    {"describes each provider", describes_each},
    {"has a header line", has_header},
    {"prints a request", prints_request},
    {"prints nothing else", prints_nothing_else},
    {"public servers get few at once", public_servers_get_few_at_once},
    {NULL, NULL},
};
