/* SPDX-License-Identifier: ISC */
/* Google Places Nearby Search (Legacy): GET with location, radius and key. Failures are
 * HTTP 200, too: the verdict is in "status". */
#include "provider.h"

static const char json_type[] = "Content-Type: application/json; charset=UTF-8\r\n";

static const char invalid_request[] = "{\n"
                                      "   \"html_attributions\" : [],\n"
                                      "   \"results\" : [],\n"
                                      "   \"status\" : \"INVALID_REQUEST\"\n"
                                      "}\n";

static const char wrong_key[] =
    "{\n"
    "   \"error_message\" : \"The provided API key is invalid.\",\n"
    "   \"html_attributions\" : [],\n"
    "   \"results\" : [],\n"
    "   \"status\" : \"REQUEST_DENIED\"\n"
    "}\n";

static bool is_key_right(const struct provider_call *call)
{
    char key[256];
    return call->key == NULL ||
           (http_query_value(call->request->query, "key", key, sizeof key) &&
            strcmp(key, call->key) == 0);
}

static void answer_google_legacy(const struct provider_call *call, struct answer *out)
{
    char location[128];
    char radius[64];
    double latitude, longitude, metres;
    struct herd_slice query = call->request->query;
    if (!is_key_right(call))
        provider_say(out, 200, json_type, herd_slice_str(wrong_key));
    else if (!http_query_value(query, "location", location, sizeof location) ||
             !http_query_value(query, "radius", radius, sizeof radius) ||
             !fixtures_read_location(location, &latitude, &longitude) ||
             !fixtures_read_radius(radius, &metres))
        provider_say(out, 200, json_type, herd_slice_str(invalid_request));
    else
        provider_choose(call, latitude, longitude, metres, out);
}

const struct provider google_legacy = {
    .name = "google-legacy",
    .folder = "",
    .method = "GET",
    .path = "/maps/api/place/nearbysearch/json",
    .huge_before = "{\n   \"html_attributions\" : [ \"",
    .huge_after = "\" ],\n   \"results\" : [],\n   \"status\" : \"OK\"\n}\n",
    .answer = answer_google_legacy,
};
