/* SPDX-License-Identifier: ISC */
/* Google Places, Nearby Search (legacy): the text that clients read is its own. */
#include "places/provider.h"

#include "decimal.h"
#include "herd/err.h"

static size_t print(const struct herd_places_search *search, char *out)
{
    size_t len = herd_slice_put(HERD_LIT("location="), out);
    len += herd_geo_print(search->point.lat, out + len);
    len += herd_slice_put(HERD_LIT(","), out + len);
    len += herd_geo_print(search->point.lng, out + len);
    len += herd_slice_put(HERD_LIT("&radius="), out + len);
    return len + herd_uint_print(herd_provider_radius_m(search), out + len);
}

/* Google replies 200 to failures as well; a text with another HTTP status is passed on to
 * clients, but is never a success. */
static enum herd_places_verdict judge(int http_status, struct herd_slice status)
{
    enum herd_places_verdict verdict = herd_provider_verdict(status);
    if (http_status == 200 || verdict == HERD_PLACES_REFUSED)
        return verdict;
    if (http_status == 429)
        return HERD_PLACES_LIMITED;
    return verdict == HERD_PLACES_FOUND ? HERD_PLACES_FAILED : verdict;
}

static void translate(const struct herd_places_answer *answer,
                      struct herd_places_result *result)
{
    struct herd_slice status;
    int rc = herd_places_result_copy(result, answer->body, &status);
    if (rc == HERD_OK)
        result->verdict = judge(answer->http_status, status);
    else
        herd_provider_unusable(answer, rc, result);
}

const struct herd_places_provider herd_google_legacy = {
    .name = "google-legacy",
    .print = print,
    .translate = translate,
};
