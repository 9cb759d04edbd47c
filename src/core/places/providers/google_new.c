/* SPDX-License-Identifier: ISC */
/* Google Places API (New): its requests have a body, and its answers other keys than the
 * legacy API. */
#include "google_new.h"

#include "json_scan.h"
#include "json_walk.h"
#include "places/provider.h"

#include "decimal.h"
#include "herd/err.h"

/* ---- the request ---- */

static size_t print(const struct herd_places_search *search, char *out)
{
    size_t len = herd_slice_put(
        HERD_LIT("{\"locationRestriction\":{\"circle\":{\"center\":{\"latitude\":"), out);
    len += herd_geo_print(search->point.lat, out + len);
    len += herd_slice_put(HERD_LIT(",\"longitude\":"), out + len);
    len += herd_geo_print(search->point.lng, out + len);
    len += herd_slice_put(HERD_LIT("},\"radius\":"), out + len);
    len += herd_uint_print(herd_provider_radius_m(search), out + len);
    len += herd_slice_put(HERD_LIT("}},\"maxResultCount\":"), out + len);
    len += herd_uint_print(HERD_PLACES_RESULTS_MAX, out + len);
    return len + herd_slice_put(HERD_LIT("}"), out + len);
}

/* ---- failures ---- */

/* An error comes alone, or as the only element of an array. */
static struct herd_slice find_error(struct herd_slice root)
{
    struct json_walk walk;
    struct herd_slice key;
    if (herd_json_kind(root) == JSON_ARRAY) {
        herd_json_open(&walk, root);
        herd_json_next(&walk, &key, &root);
    }
    return herd_json_get(root, "error");
}

/* A key that is wrong is an invalid argument to the new API; only the details tell. */
static bool is_about_key(struct herd_slice details)
{
    struct json_walk walk;
    struct herd_slice key, detail, reason;
    herd_json_open(&walk, details);
    while (herd_json_next(&walk, &key, &detail)) {
        herd_json_string(herd_json_get(detail, "reason"), &reason);
        if (herd_slice_eq(reason, HERD_LIT("API_KEY_INVALID")))
            return true;
    }
    return false;
}

/* The legacy status for a failure; from the HTTP status when the new one is missing. */
static struct herd_slice old_status(struct herd_slice status, int http_status)
{
    static const struct {
        const char *new_word, *old_word;
    } rows[] = {
        {"INVALID_ARGUMENT", "INVALID_REQUEST"},
        {"PERMISSION_DENIED", "REQUEST_DENIED"},
        {"UNAUTHENTICATED", "REQUEST_DENIED"},
        {"RESOURCE_EXHAUSTED", "OVER_QUERY_LIMIT"},
    };
    if (status.len == 0)
        return herd_provider_status(http_status);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (herd_slice_eq(status, herd_slice_str(rows[i].new_word)))
            return herd_slice_str(rows[i].old_word);
    }
    return HERD_LIT("UNKNOWN_ERROR");
}

static void fail(struct herd_slice error, int http_status,
                 struct herd_places_result *result)
{
    enum { MESSAGE, STATUS, DETAILS, MEMBERS };
    static const char *const names[] = {"message", "status", "details"};
    struct herd_slice value[MEMBERS], message, status;
    herd_json_pick(error, names, MEMBERS, value);
    herd_json_string(value[MESSAGE], &message);
    herd_json_string(value[STATUS], &status);
    status = is_about_key(value[DETAILS]) ? HERD_LIT("REQUEST_DENIED")
                                          : old_status(status, http_status);
    herd_provider_fail(status, herd_legacy_part(message), result);
}

/* ---- the answer ---- */

/* An empty object means that nothing was found, and so does null in place of the array. One
 * with other members is not from Places. */
static bool is_answer(struct herd_slice root, struct herd_slice places)
{
    struct json_walk walk;
    struct herd_slice key, value;
    if (herd_json_kind(root) != JSON_OBJECT)
        return false;
    herd_json_open(&walk, root);
    return herd_json_kind(places) == JSON_ARRAY || herd_json_kind(places) == JSON_NULL ||
           !herd_json_next(&walk, &key, &value);
}

static void translate(const struct herd_places_answer *answer,
                      struct herd_places_result *result)
{
    struct legacy print_to;
    int rc = herd_json_check(answer->body);
    if (rc != HERD_OK) {
        herd_provider_unusable(answer, rc, result);
        return;
    }
    struct herd_slice root = herd_json_root(answer->body);
    struct herd_slice error = find_error(root);
    struct herd_slice places = herd_json_get(root, "places");
    if (herd_json_kind(error) == JSON_OBJECT) {
        fail(error, answer->http_status, result);
    } else if (answer->http_status != 200 || !is_answer(root, places)) {
        herd_provider_unusable(answer, HERD_EBAD, result);
    } else {
        herd_legacy_start(&print_to, &result->text);
        herd_new_places_print(&print_to, places, result);
        herd_provider_finish(&print_to, HERD_PLACES_FOUND, result);
    }
}

const struct herd_places_provider herd_google_new = {
    .name = "google-new",
    .print = print,
    .translate = translate,
};
