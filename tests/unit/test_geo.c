/* SPDX-License-Identifier: ISC */
#include "check.h"
#include "cut.h"
#include "dice.h"

#include "herd/err.h"
#include "protocol/geo.h"

#include <math.h>

#define DEGREES(n) ((n)*HERD_GEO_UNIT)

struct point_case {
    const char *text;
    int rc;
    struct herd_point want;
};

static const struct point_case point_cases[] = {
    {"+34.068930-118.445127", HERD_OK, {INT64_C(34068930000), INT64_C(-118445127000)}},
    {"+0+0", HERD_OK, {0, 0}},
    {"-0-0", HERD_OK, {0, 0}},
    {"-0.000000001+0.000000001", HERD_OK, {-1, 1}},
    {"+0.0000000019-0.0000000019", HERD_OK, {1, -1}},
    {"+90+180", HERD_OK, {DEGREES(90), DEGREES(180)}},
    {"-90-180", HERD_OK, {DEGREES(-90), DEGREES(-180)}},
    {"+90.000-180.0000000000000", HERD_OK, {DEGREES(90), DEGREES(-180)}},
    {"+089.999999999999-0179.999999999999",
     HERD_OK,
     {INT64_C(89999999999), INT64_C(-179999999999)}},
    {"+0000000000000000000000000000000090+00000000000000000000000000001",
     HERD_OK,
     {DEGREES(90), DEGREES(1)}},
    {"+90.0000000001+0", HERD_ERANGE, {0, 0}},
    {"+90.000000001+0", HERD_ERANGE, {0, 0}},
    {"-90.1+0", HERD_ERANGE, {0, 0}},
    {"+91+0", HERD_ERANGE, {0, 0}},
    {"+0-180.0000000000000000000001", HERD_ERANGE, {0, 0}},
    {"+0+180.5", HERD_ERANGE, {0, 0}},
    {"+0+181", HERD_ERANGE, {0, 0}},
    {"+118.445127-34.06", HERD_ERANGE, {0, 0}},
    {"+18446744073709551616+0", HERD_ERANGE, {0, 0}},
    {"+0-18446744073709551706", HERD_ERANGE, {0, 0}},
    {"+34.068930-118.445127/", HERD_OK, {INT64_C(34068930000), INT64_C(-118445127000)}},
    {"+90-180.000/", HERD_OK, {DEGREES(90), DEGREES(-180)}},
    {"+0-180.0000000000000000000001/", HERD_ERANGE, {0, 0}},
    {"", HERD_EBAD, {0, 0}},
    {"/", HERD_EBAD, {0, 0}},
    {"+34/", HERD_EBAD, {0, 0}},
    {"+34/-118", HERD_EBAD, {0, 0}},
    {"+34-118//", HERD_EBAD, {0, 0}},
    {"+34-118./", HERD_EBAD, {0, 0}},
    {"+34-118/ ", HERD_EBAD, {0, 0}},
    {"+34-118/+12", HERD_EBAD, {0, 0}},
    {"+34-118+12/", HERD_EBAD, {0, 0}},
    {"+34-118CRSWGS_84/", HERD_EBAD, {0, 0}},
    {"+", HERD_EBAD, {0, 0}},
    {"+34", HERD_EBAD, {0, 0}},
    {"+34.0", HERD_EBAD, {0, 0}},
    {"+34.068930-", HERD_EBAD, {0, 0}},
    {"+34.-118.", HERD_EBAD, {0, 0}},
    {"+34.-118", HERD_EBAD, {0, 0}},
    {"+34-118.", HERD_EBAD, {0, 0}},
    {"+.5-118", HERD_EBAD, {0, 0}},
    {"+34-.5", HERD_EBAD, {0, 0}},
    {"34.068930-118.445127", HERD_EBAD, {0, 0}},
    {"+34.068930118.445127", HERD_EBAD, {0, 0}},
    {"+34.068930 118.445127", HERD_EBAD, {0, 0}},
    {"+34.068930,-118.445127", HERD_EBAD, {0, 0}},
    {"++34-118", HERD_EBAD, {0, 0}},
    {"+34--118", HERD_EBAD, {0, 0}},
    {"+34-118+12", HERD_EBAD, {0, 0}},
    {"+34e1-118", HERD_EBAD, {0, 0}},
    {"+0x22-118", HERD_EBAD, {0, 0}},
    {"+inf-118", HERD_EBAD, {0, 0}},
    {"+999-118x", HERD_EBAD, {0, 0}},
};

static void parses_point(void)
{
    for (size_t i = 0; i < sizeof point_cases / sizeof point_cases[0]; i++) {
        const struct point_case *c = &point_cases[i];
        struct herd_point got = {0, 0};
        CHECK_LABEL("%s", c->text);
        CHECK_INT(herd_point_parse(cut_guarded(herd_slice_str(c->text)), &got), c->rc);
        CHECK_INT(got.lat, c->want.lat);
        CHECK_INT(got.lng, c->want.lng);
    }
}

struct prefixes {
    int calls;
    int good;
};

static void parse_prefix(void *ctx, struct herd_slice piece)
{
    struct prefixes *seen = ctx;
    struct herd_point point;
    seen->calls++;
    seen->good += herd_point_parse(piece, &point) == HERD_OK;
}

static void parses_every_prefix(void)
{
    struct prefixes seen = {0, 0};
    cut_prefixes(HERD_LIT("+34.5-118.25"), parse_prefix, &seen);
    CHECK_INT(seen.calls, 13);
    CHECK_INT(seen.good, 5); /* -1 -11 -118 -118.2 -118.25 */
}

static void prints_coordinate(void)
{
    static const struct {
        int64_t value;
        const char *want;
    } cases[] = {
        {0, "0"},
        {1, "0.000000001"},
        {-1, "-0.000000001"},
        {INT64_C(34068930000), "34.06893"},
        {INT64_C(-118445127000), "-118.445127"},
        {INT64_C(10000000000), "10"},
        {INT64_C(100500000000), "100.5"},
        {INT64_C(100050000000), "100.05"},
        {DEGREES(-90), "-90"},
        {DEGREES(180), "180"},
        {DEGREES(-180), "-180"},
        {INT64_C(-179999999999), "-179.999999999"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char out[HERD_GEO_TEXT];
        CHECK_LABEL("%s", cases[i].want);
        size_t len = herd_geo_print(cases[i].value, out);
        CHECK_SLICE(herd_slice(out, len), herd_slice_str(cases[i].want));
    }
}

/* ---- distance ---- */

static const double radius_m = 6371008.8, unit_m = 6371008.8 / 2147483648.0;
static const double error_m = 0.006;

static double radians(int64_t nano)
{
    return (double)nano * (3.14159265358979323846 / 180e9);
}

/* The straight line, by the haversine formula. The differences are exact before they
 * become doubles, so near points lose nothing. */
static double line_m(struct herd_point a, struct herd_point b)
{
    double lat = sin(radians(b.lat - a.lat) / 2), lng = sin(radians(b.lng - a.lng) / 2);
    double h = lat * lat + cos(radians(a.lat)) * cos(radians(b.lat)) * lng * lng;
    return 2 * radius_m * sqrt(h);
}

static double chord_m(struct herd_point a, struct herd_point b)
{
    return sqrt((double)herd_geo_chord2(a, b)) * unit_m;
}

static int64_t roll(struct dice *dice, int64_t most)
{
    return (int64_t)(dice_next(dice) % (2 * (uint64_t)most + 1)) - most;
}

static int64_t clamp(int64_t value, int64_t most)
{
    return value < -most ? -most : value > most ? most : value;
}

/* A point at most that many metres to the north or south and to the east or west. */
static struct herd_point near(struct dice *dice, struct herd_point from, double most_m)
{
    double degrees = most_m / radius_m * (180 / 3.14159265358979323846);
    double cosine = cos(radians(from.lat));
    int64_t lat = (int64_t)(degrees * 1e9);
    int64_t lng = cosine > 0.01 ? (int64_t)(degrees / cosine * 1e9) : DEGREES(180);
    return (struct herd_point){clamp(from.lat + roll(dice, lat), DEGREES(90)),
                               clamp(from.lng + roll(dice, lng), DEGREES(180))};
}

static void measures_distance(void)
{
    static const double most_m[] = {0.5, 10, 500, 5000, 35000, 50000, 1e6};
    struct dice dice = {1};
    double worst = 0;
    for (int i = 0; i < 70000; i++) {
        struct herd_point a = {roll(&dice, DEGREES(90)), roll(&dice, DEGREES(180))};
        struct herd_point b = near(&dice, a, most_m[i % 7]);
        double wrong = fabs(chord_m(a, b) - line_m(a, b));
        worst = wrong > worst ? wrong : worst;
        CHECK(herd_geo_chord2(a, b) == herd_geo_chord2(b, a));
        CHECK(herd_geo_chord2(a, a) == 0);
    }
    for (int i = 0; i < 30000; i++) {
        struct herd_point a = {roll(&dice, DEGREES(90)), roll(&dice, DEGREES(180))};
        struct herd_point b = {roll(&dice, DEGREES(90)), roll(&dice, DEGREES(180))};
        double wrong = fabs(chord_m(a, b) - line_m(a, b));
        worst = wrong > worst ? wrong : worst;
    }
    CHECK_LABEL("%.6f m", worst);
    CHECK(worst <= error_m);
    CHECK(worst > error_m / 4); /* the bound is not idle talk */
}

/* Where signs and halves of the sine change. */
static void measures_at_edges(void)
{
    static const int64_t lat[] = {-90, -89, -45, -44, -1, 0, 1, 44, 45, 46, 89, 90};
    static const int64_t lng[] = {-180, -179, -135, -91, -90, -45, -1,  0,
                                  1,    45,   89,   90,  91,  135, 179, 180};
    static const int64_t step[] = {0, 1, -1, 5000, -5000};
    struct herd_point last = {0, 0};
    for (size_t i = 0; i < 12 * 16 * 5; i++) {
        struct herd_point point = {
            clamp(DEGREES(lat[i % 12]) + step[i / 192], DEGREES(90)),
            clamp(DEGREES(lng[i / 12 % 16]) + step[i / 192], DEGREES(180)),
        };
        CHECK_LABEL("%lld %lld", (long long)point.lat, (long long)point.lng);
        CHECK(fabs(chord_m(point, last) - line_m(point, last)) <= error_m);
        struct herd_point beside = {point.lat,
                                    point.lng > 0 ? point.lng - 1 : point.lng + 1};
        CHECK(chord_m(point, beside) <= error_m);
        last = point;
    }
}

static void measures_whole_turns(void)
{
    static const struct {
        struct herd_point a, b;
        uint64_t want;
    } cases[] = {
        {{0, DEGREES(180)}, {0, DEGREES(-180)}, 0},
        {{DEGREES(90), 0}, {DEGREES(90), DEGREES(77)}, 0},
        {{DEGREES(-90), DEGREES(-180)}, {DEGREES(-90), DEGREES(90)}, 0},
        {{DEGREES(90), 0}, {DEGREES(-90), 0}, UINT64_MAX},
        {{0, 0}, {0, DEGREES(180)}, UINT64_MAX},
        {{0, DEGREES(90)}, {0, DEGREES(-90)}, UINT64_MAX},
        {{0, 0}, {DEGREES(90), 0}, UINT64_C(1) << 63},
        {{0, 0}, {0, DEGREES(90)}, UINT64_C(1) << 63},
        {{0, 0}, {0, DEGREES(60)}, UINT64_C(1) << 62},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint64_t got = herd_geo_chord2(cases[i].a, cases[i].b);
        uint64_t more = got > cases[i].want ? got - cases[i].want : cases[i].want - got;
        CHECK_LABEL("%zu", i);
        CHECK(more <= UINT64_C(1) << 33);
        CHECK((cases[i].want != 0 && cases[i].want != UINT64_MAX) || more == 0);
    }
}

/* Going away in steps of 12 mm, every step counts. */
static void orders_by_distance(void)
{
    struct herd_point from = {INT64_C(34068930000), INT64_C(-118445127000)};
    uint64_t last = 0;
    for (int64_t i = 1; i < 20000; i++) {
        struct herd_point at = {from.lat + i * 120, from.lng};
        uint64_t away = herd_geo_chord2(from, at);
        CHECK(away > last);
        last = away;
    }
}

const struct check_test test_geo[] = {
    {"parses a point", parses_point},
    {"parses every prefix", parses_every_prefix},
    {"prints a coordinate", prints_coordinate},
    {"measures a distance", measures_distance},
    {"measures at the edges", measures_at_edges},
    {"measures half and whole turns", measures_whole_turns},
    {"orders by distance", orders_by_distance},
    {NULL, NULL},
};
