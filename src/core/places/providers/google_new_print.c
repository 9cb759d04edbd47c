/* SPDX-License-Identifier: ISC */
#include "google_new.h"

#include "json_walk.h"
#include "places/provider.h"

enum { TYPES_MAX = 64 }; /* of a place; real ones have a dozen */

/* ---- members of a place ---- */

static void print_string(struct legacy *print, const char *key, struct herd_slice value)
{
    struct herd_slice inner;
    if (herd_json_string(value, &inner))
        herd_legacy_json(print, key, inner);
}

/* Left out when it says nothing about the place. */
static void print_status(struct legacy *print, struct herd_slice value)
{
    if (!herd_slice_eq(value, HERD_LIT("\"BUSINESS_STATUS_UNSPECIFIED\"")))
        print_string(print, "business_status", value);
}

static void print_number(struct legacy *print, const char *key, struct herd_slice value)
{
    if (herd_json_kind(value) == JSON_NUMBER)
        herd_legacy_word(print, key, value);
}

/* A corner or center; nothing when it is not whole. */
static bool has_point(struct herd_slice object, struct herd_slice *value)
{
    static const char *const names[] = {"latitude", "longitude"};
    herd_json_pick(object, names, 2, value);
    return herd_json_kind(value[0]) == JSON_NUMBER &&
           herd_json_kind(value[1]) == JSON_NUMBER;
}

static void print_point(struct legacy *print, const char *key,
                        const struct herd_slice *value)
{
    herd_legacy_open(print, key, '{');
    herd_legacy_word(print, "lat", value[0]);
    herd_legacy_word(print, "lng", value[1]);
    herd_legacy_close(print, '}');
}

static void print_geometry(struct legacy *print, struct herd_slice location,
                           struct herd_slice viewport)
{
    static const char *const names[] = {"low", "high"};
    struct herd_slice corner[2], point[2], low[2], high[2];
    bool has_location = has_point(location, point);
    herd_json_pick(viewport, names, 2, corner);
    bool has_viewport = has_point(corner[0], low) && has_point(corner[1], high);
    if (!has_location && !has_viewport)
        return;
    herd_legacy_open(print, "geometry", '{');
    if (has_location)
        print_point(print, "location", point);
    if (has_viewport) {
        herd_legacy_open(print, "viewport", '{');
        print_point(print, "northeast", high);
        print_point(print, "southwest", low);
        herd_legacy_close(print, '}');
    }
    herd_legacy_close(print, '}');
}

/* The mask is the URL of a white icon; the service has the picture under it with this
 * suffix. */
static void print_icons(struct legacy *print, struct herd_slice mask,
                        struct herd_slice color)
{
    struct herd_slice inner;
    bool has_mask = herd_json_string(mask, &inner);
    struct legacy_string icon = {{herd_legacy_part(inner), LEGACY_LIT(".png")}};
    if (has_mask)
        herd_legacy_string(print, "icon", &icon);
    print_string(print, "icon_background_color", color);
    if (has_mask)
        herd_legacy_json(print, "icon_mask_base_uri", inner);
}

/* Whether it is open now: today's hours know of holidays. */
static void print_hours(struct legacy *print, struct herd_slice current,
                        struct herd_slice regular)
{
    struct herd_slice open = herd_json_get(current, "openNow");
    if (herd_json_kind(open) != JSON_TRUE && herd_json_kind(open) != JSON_FALSE)
        open = herd_json_get(regular, "openNow");
    if (herd_json_kind(open) != JSON_TRUE && herd_json_kind(open) != JSON_FALSE)
        return;
    herd_legacy_open(print, "opening_hours", '{');
    herd_legacy_word(print, "open_now", open);
    herd_legacy_close(print, '}');
}

/* The last part of the photo's path. */
static struct herd_slice last_part(struct herd_slice name)
{
    for (size_t i = name.len; i > 0; i--) {
        if (name.data[i - 1] == '/')
            return herd_slice_from(name, i);
    }
    return name;
}

/* The first one: the old API gave no more. */
static void print_photo(struct legacy *print, struct herd_slice photos)
{
    enum { NAME, WIDTH, HEIGHT, AUTHORS, MEMBERS };
    static const char *const names[] = {"name", "widthPx", "heightPx",
                                        "authorAttributions"};
    struct json_walk walk;
    struct herd_slice key, photo, name, value[MEMBERS];
    struct herd_new_credits credits = {.count = 0};
    herd_json_open(&walk, photos);
    if (walk.members || !herd_json_next(&walk, &key, &photo))
        return;
    herd_json_pick(photo, names, MEMBERS, value);
    if (!herd_json_string(value[NAME], &name))
        return;
    herd_new_credits_add(&credits, value[AUTHORS], "displayName", "uri");
    herd_legacy_open(print, "photos", '[');
    herd_legacy_open(print, "", '{');
    print_number(print, "height", value[HEIGHT]);
    herd_new_credits_print(print, &credits);
    herd_legacy_json(print, "photo_reference", last_part(name));
    print_number(print, "width", value[WIDTH]);
    herd_legacy_close(print, '}');
    herd_legacy_close(print, ']');
}

static void print_plus_code(struct legacy *print, struct herd_slice plus_code)
{
    static const char *const names[] = {"compoundCode", "globalCode"};
    struct herd_slice value[2];
    herd_json_pick(plus_code, names, 2, value);
    if (herd_json_kind(value[0]) != JSON_STRING && herd_json_kind(value[1]) != JSON_STRING)
        return;
    herd_legacy_open(print, "plus_code", '{');
    print_string(print, "compound_code", value[0]);
    print_string(print, "global_code", value[1]);
    herd_legacy_close(print, '}');
}

static void print_price(struct legacy *print, struct herd_slice level)
{
    static const char *const levels[] = {
        "PRICE_LEVEL_FREE",      "PRICE_LEVEL_INEXPENSIVE",    "PRICE_LEVEL_MODERATE",
        "PRICE_LEVEL_EXPENSIVE", "PRICE_LEVEL_VERY_EXPENSIVE",
    };
    struct herd_slice word;
    herd_json_string(level, &word);
    for (size_t i = 0; i < sizeof levels / sizeof levels[0]; i++) {
        char digit = (char)('0' + i);
        if (herd_slice_eq(word, herd_slice_str(levels[i])))
            herd_legacy_word(print, "price_level", herd_slice(&digit, 1));
    }
}

static void print_types(struct legacy *print, struct herd_slice array)
{
    struct legacy_string types[TYPES_MAX];
    struct json_walk walk;
    struct herd_slice key, value, inner;
    size_t count = 0;
    if (herd_json_kind(array) != JSON_ARRAY)
        return;
    herd_json_open(&walk, array);
    while (count < TYPES_MAX && herd_json_next(&walk, &key, &value)) {
        if (herd_json_string(value, &inner))
            types[count++] = (struct legacy_string){{herd_legacy_part(inner)}};
    }
    herd_legacy_strings(print, "types", types, count);
}

/* ---- places ---- */

/* The members of a place that are used, by their keys in the new API. */
#define FIELDS(X)                                                                          \
    X(STATUS, "businessStatus")                                                            \
    X(CURRENT_HOURS, "currentOpeningHours")                                                \
    X(NAME, "displayName")                                                                 \
    X(ICON_COLOR, "iconBackgroundColor")                                                   \
    X(ICON_MASK, "iconMaskBaseUri")                                                        \
    X(ID, "id")                                                                            \
    X(LOCATION, "location")                                                                \
    X(PHOTOS, "photos")                                                                    \
    X(PLUS_CODE, "plusCode")                                                               \
    X(PRICE_LEVEL, "priceLevel")                                                           \
    X(RATING, "rating")                                                                    \
    X(REGULAR_HOURS, "regularOpeningHours")                                                \
    X(ADDRESS, "shortFormattedAddress")                                                    \
    X(TYPES, "types")                                                                      \
    X(RATINGS, "userRatingCount")                                                          \
    X(VIEWPORT, "viewport")

static void print_place(struct legacy *print, struct herd_slice place)
{
#define FIELD(field, name) field,
    enum { FIELDS(FIELD) COUNT };
#undef FIELD
#define NAME_OF(field, name) name,
    static const char *const names[] = {FIELDS(NAME_OF)};
#undef NAME_OF
    struct herd_slice value[COUNT];
    herd_json_pick(place, names, COUNT, value);
    herd_legacy_open(print, "", '{');
    print_status(print, value[STATUS]);
    print_geometry(print, value[LOCATION], value[VIEWPORT]);
    print_icons(print, value[ICON_MASK], value[ICON_COLOR]);
    print_string(print, "name", herd_json_get(value[NAME], "text"));
    print_hours(print, value[CURRENT_HOURS], value[REGULAR_HOURS]);
    print_photo(print, value[PHOTOS]);
    print_string(print, "place_id", value[ID]);
    print_plus_code(print, value[PLUS_CODE]);
    print_price(print, value[PRICE_LEVEL]);
    print_number(print, "rating", value[RATING]);
    print_string(print, "reference", value[ID]);
    herd_legacy_json(print, "scope", HERD_LIT("GOOGLE"));
    print_types(print, value[TYPES]);
    print_number(print, "user_ratings_total", value[RATINGS]);
    print_string(print, "vicinity", value[ADDRESS]);
    herd_legacy_close(print, '}');
}

/* The next place, or false after the last that is shown. */
static bool next_place(struct json_walk *walk, size_t *count, struct herd_slice *place)
{
    struct herd_slice key;
    while (*count < HERD_PLACES_RESULTS_MAX && herd_json_next(walk, &key, place)) {
        if (herd_json_kind(*place) == JSON_OBJECT) {
            ++*count;
            return true;
        }
    }
    return false;
}

void herd_new_places_print(struct legacy *print, struct herd_slice places,
                           struct herd_places_result *result)
{
    struct herd_new_credits credits = {.count = 0};
    struct json_walk walk;
    struct herd_slice place;
    size_t count = 0;
    herd_json_open(&walk, places);
    while (next_place(&walk, &count, &place))
        herd_new_credits_add(&credits, herd_json_get(place, "attributions"), "provider",
                             "providerUri");
    herd_legacy_open(print, "", '{');
    herd_new_credits_print(print, &credits);
    herd_legacy_open(print, "results", '[');
    herd_places_result_opened(result);
    count = 0;
    herd_json_open(&walk, places);
    while (next_place(&walk, &count, &place)) {
        print_place(print, place);
        herd_places_result_added(result);
    }
    herd_legacy_close(print, ']');
    herd_places_result_closed(result);
    herd_legacy_json(print, "status",
                     count > 0 ? HERD_LIT("OK") : HERD_LIT("ZERO_RESULTS"));
    herd_legacy_close(print, '}');
}
