/* SPDX-License-Identifier: ISC */
/* Photon, a geocoder over the data of OpenStreetMap: GET of what is near a point, as
 * GeoJSON. It is strict about the names of parameters, and so is this. */
#include "provider.h"

#include "herd/err.h"
#include "json_scan.h"
#include "list_cut.h"

enum { LIMIT_MAX = 50, RADIUS_MAX_KM = 5000 };

static const char json_type[] = "Content-Type: application/json\r\n";

static const char *const known[] = {"lon",  "lat",           "radius",  "limit",
                                    "lang", "distance_sort", "osm_tag", "layer"};

static bool is_known(struct herd_slice name)
{
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (herd_slice_eq(name, herd_slice_str(known[i])))
            return true;
    return false;
}

static bool has_unknown(struct herd_slice query)
{
    while (query.len > 0) {
        const char *end = memchr(query.data, '&', query.len);
        size_t len = end != NULL ? (size_t)(end - query.data) : query.len;
        const char *mark = memchr(query.data, '=', len);
        if (!is_known(
                herd_slice(query.data, mark != NULL ? (size_t)(mark - query.data) : len)))
            return true;
        query = herd_slice_from(query, end != NULL ? len + 1 : len);
    }
    return false;
}

/* Within its limits, or `absent` when there is none and that is not below them. */
static bool read_number(struct herd_slice query, const char *name, double least,
                        double most, double absent, double *out)
{
    char text[64];
    if (!http_query_value(query, name, text, sizeof text)) {
        *out = absent;
        return absent >= least;
    }
    return fixtures_read_number(text, out) && *out >= least && *out <= most;
}

static void refuse(struct answer *out, const char *body)
{
    provider_say(out, 400, json_type, herd_slice_str(body));
}

static void answer_photon(const struct provider_call *call, struct answer *out)
{
    struct herd_slice query = call->request->query;
    double latitude, longitude, km, limit;
    if (has_unknown(query)) {
        refuse(out,
               "{\"message\":\"unknown query parameter. Allowed parameters are: [lon, lat, "
               "radius, limit, lang, distance_sort, osm_tag, layer]\"}");
        return;
    }
    if (!read_number(query, "lat", -90, 90, -1000, &latitude) ||
        !read_number(query, "lon", -180, 180, -1000, &longitude)) {
        refuse(out, "{\"message\":\"missing or invalid search term 'lat' and/or 'lon': "
                    "/?lat=51.5&lon=8.0\"}");
        return;
    }
    if (!read_number(query, "radius", 0.0001, RADIUS_MAX_KM, 1, &km)) {
        refuse(out,
               "{\"message\":\"invalid search term 'radius', expected a strictly positive "
               "number.\"}");
        return;
    }
    if (!read_number(query, "limit", 1, LIMIT_MAX, 1, &limit) || limit != (int)limit) {
        refuse(out, "{\"message\":\"invalid value for 'limit': expected an integer\"}");
        return;
    }
    provider_choose(call, latitude, longitude, km * 1000, out);
    if (out->status == 200 && herd_json_check(out->body) == HERD_OK)
        out->body = list_cut(out->body, "features", (size_t)limit, call->scratch);
}

const struct provider photon = {
    .name = "photon",
    .folder = "photon",
    .method = "GET",
    .path = "/reverse",
    .huge_before = "{\"features\":[],\"type\":\"FeatureCollection\",\"padding\":\"",
    .huge_after = "\"}",
    .answer = answer_photon,
};
