#include "check.h"
#include "cut.h"

#include "herd/err.h"
#include "herd/geo.h"

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
    {"", HERD_EBAD, {0, 0}},
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
    {"+34-118/", HERD_EBAD, {0, 0}},
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

const struct check_test test_geo[] = {
    {"parses a point", parses_point},
    {"parses every prefix", parses_every_prefix},
    {"prints a coordinate", prints_coordinate},
    {NULL, NULL},
};
