/* SPDX-License-Identifier: ISC */
#include "provider.h"

const struct provider *const providers[PROVIDERS] = {
    &google_legacy,
    &google_new,
    &overpass,
    &photon,
};

void provider_choose(const struct provider_call *call, double latitude, double longitude,
                     double metres, struct answer *out)
{
    const struct fixture *f = fixtures_choose(call->set, latitude, longitude, metres);
    *out = (struct answer){
        .status = f->status,
        .headers = bytes_slice(&f->headers),
        .body = f->body,
        .faults = f->faults,
    };
    if (!f->match.any_location || call->shared->count == 0)
        return;
    f = fixtures_choose(call->shared, latitude, longitude, metres);
    if (!f->match.any_location)
        out->faults = faults_merge(out->faults, f->faults);
}

void provider_say(struct answer *out, int status, const char *headers,
                  struct herd_slice body)
{
    *out = (struct answer){
        .status = status,
        .headers = herd_slice_str(headers),
        .body = body,
    };
}

bool provider_on_globe(double latitude, double longitude)
{
    return latitude >= -90 && latitude <= 90 && longitude >= -180 && longitude <= 180;
}
