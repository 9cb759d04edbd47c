#include "google.h"

static const char invalid_request[] = "{\n"
                                      "   \"html_attributions\" : [],\n"
                                      "   \"results\" : [],\n"
                                      "   \"status\" : \"INVALID_REQUEST\"\n"
                                      "}\n";

void google_answer(const struct fixtures *set, const struct http_request *request,
                   struct answer *out)
{
    char location[128];
    char radius[64];
    double latitude, longitude, metres;
    if (!http_query_value(request->query, "location", location, sizeof location) ||
        !http_query_value(request->query, "radius", radius, sizeof radius) ||
        !fixtures_read_location(location, &latitude, &longitude) ||
        !fixtures_read_radius(radius, &metres)) {
        *out = (struct answer){
            .status = 200,
            .headers = HERD_LIT("Content-Type: application/json; charset=UTF-8\r\n"),
            .body = herd_slice_str(invalid_request),
        };
        return;
    }
    const struct fixture *f = fixtures_choose(set, latitude, longitude, metres);
    *out = (struct answer){
        .status = f->status,
        .headers = bytes_slice(&f->headers),
        .body = f->body,
        .faults = f->faults,
    };
}
