/* SPDX-License-Identifier: ISC */
/* Google Places API (New), searchNearby: POST with a JSON body, the key in a header field,
 * and a field mask without which there is no answer. */
#include "provider.h"

#include "herd/err.h"
#include "json_scan.h"
#include "json_walk.h"
#include "mask.h"

#include <stdlib.h>
#include <strings.h>

enum { RESULTS_MAX = 20, RADIUS_MAX = 50000 };

static const char json_type[] = "Content-Type: application/json; charset=UTF-8\r\n";

static const char wrong_key[] =
    "{\n"
    "  \"error\": {\n"
    "    \"code\": 400,\n"
    "    \"message\": \"API key not valid. Please pass a valid API key.\",\n"
    "    \"status\": \"INVALID_ARGUMENT\",\n"
    "    \"details\": [\n"
    "      {\n"
    "        \"@type\": \"type.googleapis.com/google.rpc.ErrorInfo\",\n"
    "        \"reason\": \"API_KEY_INVALID\",\n"
    "        \"domain\": \"googleapis.com\",\n"
    "        \"metadata\": {\n"
    "          \"service\": \"places.googleapis.com\"\n"
    "        }\n"
    "      }\n"
    "    ]\n"
    "  }\n"
    "}\n";

/* The search that a body requests. */
struct search {
    double latitude, longitude, metres;
    double most;
    unsigned found; /* bits of WANT_... */
};

enum { WANT_LATITUDE = 1, WANT_LONGITUDE = 2, WANT_RADIUS = 4, WANT_ALL = 7 };

static void add_plain(struct bytes *out, struct herd_slice text)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.data[i];
        bool plain = c >= 0x20 && c < 0x7f && c != '"' && c != '\\';
        bytes_add(out, plain ? herd_slice(text.data + i, 1) : HERD_LIT("?"));
    }
}

/* HTTP 400 INVALID_ARGUMENT; of `detail`, which may be hostile, only plain characters. */
static void refuse(const struct provider_call *call, struct answer *out,
                   const char *message, struct herd_slice detail)
{
    bytes_printf(call->scratch,
                 "{\n  \"error\": {\n    \"code\": 400,\n    \"message\": \"%s", message);
    add_plain(call->scratch, herd_slice(detail.data, detail.len < 80 ? detail.len : 80));
    bytes_printf(call->scratch, "\",\n    \"status\": \"INVALID_ARGUMENT\"\n  }\n}\n");
    provider_say(out, 400, json_type, bytes_slice(call->scratch));
}

static bool is_number_of(struct herd_slice value, double least, double most, double *out)
{
    char copy[64];
    if (herd_json_kind(value) != JSON_NUMBER || value.len >= sizeof copy)
        return false;
    memcpy(copy, value.data, value.len);
    copy[value.len] = '\0';
    *out = strtod(copy, NULL);
    return *out >= least && *out <= most;
}

static bool read_center(struct herd_slice value, struct search *w, struct herd_slice *wrong)
{
    struct json_walk walk;
    if (herd_json_kind(value) != JSON_OBJECT)
        return false;
    herd_json_open(&walk, value);
    while (herd_json_next(&walk, wrong, &value)) {
        if (herd_slice_eq(*wrong, HERD_LIT("latitude")) &&
            is_number_of(value, -90, 90, &w->latitude))
            w->found |= WANT_LATITUDE;
        else if (herd_slice_eq(*wrong, HERD_LIT("longitude")) &&
                 is_number_of(value, -180, 180, &w->longitude))
            w->found |= WANT_LONGITUDE;
        else
            return false;
    }
    return true;
}

static bool read_circle(struct herd_slice value, struct search *w, struct herd_slice *wrong)
{
    struct json_walk walk;
    if (herd_json_kind(value) != JSON_OBJECT)
        return false;
    herd_json_open(&walk, value);
    while (herd_json_next(&walk, wrong, &value)) {
        if (herd_slice_eq(*wrong, HERD_LIT("center"))) {
            if (!read_center(value, w, wrong))
                return false;
        } else if (herd_slice_eq(*wrong, HERD_LIT("radius")) &&
                   is_number_of(value, 0, RADIUS_MAX, &w->metres)) {
            w->found |= WANT_RADIUS;
        } else {
            return false;
        }
    }
    return true;
}

static bool read_restriction(struct herd_slice value, struct search *w,
                             struct herd_slice *wrong)
{
    struct json_walk walk;
    if (herd_json_kind(value) != JSON_OBJECT)
        return false;
    herd_json_open(&walk, value);
    while (herd_json_next(&walk, wrong, &value))
        if (!herd_slice_eq(*wrong, HERD_LIT("circle")) || !read_circle(value, w, wrong))
            return false;
    return true;
}

static bool is_array_of_strings(struct herd_slice value)
{
    struct herd_slice key, element;
    struct json_walk walk;
    if (herd_json_kind(value) != JSON_ARRAY)
        return false;
    herd_json_open(&walk, value);
    while (herd_json_next(&walk, &key, &element))
        if (herd_json_kind(element) != JSON_STRING)
            return false;
    return true;
}

/* A member of the body other than the circle. */
static bool read_option(struct herd_slice key, struct herd_slice value, struct search *w)
{
    static const char *const lists[] = {"includedTypes", "excludedTypes",
                                        "includedPrimaryTypes", "excludedPrimaryTypes"};
    if (herd_slice_eq(key, HERD_LIT("maxResultCount")))
        return is_number_of(value, 1, RESULTS_MAX, &w->most) && w->most == (int)w->most;
    if (herd_slice_eq(key, HERD_LIT("rankPreference")))
        return herd_slice_eq(value, HERD_LIT("\"DISTANCE\"")) ||
               herd_slice_eq(value, HERD_LIT("\"POPULARITY\""));
    if (herd_slice_eq(key, HERD_LIT("languageCode")) ||
        herd_slice_eq(key, HERD_LIT("regionCode")))
        return herd_json_kind(value) == JSON_STRING;
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++)
        if (herd_slice_eq(key, herd_slice_str(lists[i])))
            return is_array_of_strings(value);
    return false;
}

/* Returns NULL, or the mistake; *wrong is then the name that it is about. */
static const char *read_body(struct herd_slice body, struct search *w,
                             struct herd_slice *wrong)
{
    struct json_walk walk;
    struct herd_slice value;
    *w = (struct search){.most = RESULTS_MAX};
    *wrong = HERD_LIT("");
    if (herd_json_check(body) != HERD_OK ||
        herd_json_kind(herd_json_root(body)) != JSON_OBJECT)
        return "Invalid JSON payload received.";
    herd_json_open(&walk, herd_json_root(body));
    while (herd_json_next(&walk, wrong, &value)) {
        struct herd_slice key = *wrong;
        bool fine = herd_slice_eq(key, HERD_LIT("locationRestriction"))
                        ? read_restriction(value, w, wrong)
                        : read_option(key, value, w);
        if (!fine)
            return "Invalid JSON payload received. Unknown name or invalid value: ";
    }
    *wrong = HERD_LIT("");
    return w->found == WANT_ALL ? NULL : "Missing location_restriction.circle field.";
}

static bool is_json(const struct http_request *request)
{
    struct herd_slice type;
    size_t len = strlen("application/json");
    return http_field(request, "Content-Type", &type) && type.len >= len &&
           strncasecmp(type.data, "application/json", len) == 0 &&
           (type.len == len || type.data[len] == ';' || type.data[len] == ' ');
}

static bool is_key_right(const struct provider_call *call)
{
    char text[256];
    struct herd_slice key;
    if (call->key == NULL)
        return true;
    if (http_field(call->request, "X-Goog-Api-Key", &key))
        return herd_slice_eq(key, herd_slice_str(call->key));
    return http_query_value(call->request->query, "key", text, sizeof text) &&
           strcmp(text, call->key) == 0;
}

/* `text` is room for a mask that came with the target. */
static bool find_mask(const struct http_request *request, char *text, size_t size,
                      struct herd_slice *mask)
{
    if (http_field(request, "X-Goog-FieldMask", mask))
        return true;
    if (!http_query_value(request->query, "fields", text, size) &&
        !http_query_value(request->query, "$fields", text, size))
        return false;
    *mask = herd_slice_str(text);
    return true;
}

static void answer_google_new(const struct provider_call *call, struct answer *out)
{
    char room[2048];
    struct search search;
    struct herd_slice mask, wrong;
    if (!is_key_right(call)) {
        provider_say(out, 400, json_type, herd_slice_str(wrong_key));
        return;
    }
    if (!is_json(call->request)) {
        refuse(call, out, "Content-Type must be application/json.", HERD_LIT(""));
        return;
    }
    const char *mistake = read_body(call->request->body, &search, &wrong);
    if (mistake != NULL) {
        refuse(call, out, mistake, wrong);
        return;
    }
    if (!find_mask(call->request, room, sizeof room, &mask)) {
        refuse(call, out,
               "FieldMask is a required parameter. See https://cloud.google.com/apis/docs/"
               "system-parameters on how to provide it.",
               HERD_LIT(""));
        return;
    }
    if (!mask_check(mask, &wrong)) {
        refuse(call, out,
               "Error expanding 'fields' parameter. Cannot find matching fields for path: ",
               wrong);
        return;
    }
    provider_choose(call, search.latitude, search.longitude, search.metres, out);
    bool all = herd_slice_eq(mask, HERD_LIT("*")) && search.most == (double)RESULTS_MAX;
    if (out->status == 200 && !all && herd_json_check(out->body) == HERD_OK) {
        mask_apply(mask, out->body, (size_t)search.most, call->scratch);
        out->body = bytes_slice(call->scratch);
    }
}

const struct provider google_new = {
    .name = "google-new",
    .folder = "google-new",
    .method = "POST",
    .path = "/v1/places:searchNearby",
    .huge_before = "{\n  \"places\": [\n    {\n      \"id\": \"",
    .huge_after = "\"\n    }\n  ]\n}\n",
    .answer = answer_google_new,
};
