/* Google Places, Nearby Search (legacy): the text that clients read is its own. */
#include "places/json_scan.h"
#include "places/providers.h"

#include "herd/err.h"
#include "places/trim.h"

static size_t print(const struct herd_places_ask *ask, char *out)
{
    return herd_places_query(ask->point, ask->radius_km, out);
}

/* Google says 200 to failures as well; what it says with another status is good enough for
 * clients, but nothing to rely on. */
static enum herd_places_verdict judge(int http_status, struct herd_slice status)
{
    enum herd_places_verdict verdict = herd_provider_verdict(status);
    if (http_status == 200 || verdict == HERD_PLACES_REFUSED)
        return verdict;
    if (http_status == 429)
        return HERD_PLACES_LIMITED;
    return verdict == HERD_PLACES_FOUND ? HERD_PLACES_FAILED : verdict;
}

static enum herd_places_verdict translate(const struct herd_places_answer *answer,
                                          struct herd_buf *out, struct herd_slice *text,
                                          int *rc)
{
    struct json_reply reply;
    *rc = herd_json_scan(answer->body, 0, &reply);
    if (*rc == HERD_OK && !reply.has_results && !reply.has_status)
        *rc = HERD_EBAD;
    if (*rc != HERD_OK)
        return herd_provider_unusable(answer, *rc, out, text, rc);
    *text = answer->body;
    return judge(answer->status, reply.status);
}

const struct herd_provider herd_google_legacy = {
    .name = "google-legacy",
    .url = "https://maps.googleapis.com/maps/api/place/nearbysearch/json",
    .content_type = "",
    .key_place = HERD_KEY_QUERY,
    .key_name = "key",
    .cache_max_ms = HERD_GOOGLE_CACHE_MS,
    .print = print,
    .header = herd_provider_no_header,
    .translate = translate,
};
