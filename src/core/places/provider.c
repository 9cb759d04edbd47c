/* SPDX-License-Identifier: ISC */
#include "provider.h"

#include "herd/err.h"

static const struct herd_places_provider *const providers[] = {
    &herd_google_legacy,
    &herd_google_new,
    &herd_overpass,
    &herd_photon,
};

enum { PROVIDERS = sizeof providers / sizeof providers[0] };

const struct herd_places_provider *herd_places_provider_at(size_t i)
{
    return i < PROVIDERS ? providers[i] : NULL;
}

const struct herd_places_provider *herd_places_provider_find(struct herd_slice name)
{
    for (size_t i = 0; i < PROVIDERS; i++) {
        if (herd_slice_eq(name, herd_slice_str(providers[i]->name)))
            return providers[i];
    }
    return NULL;
}

/* The host in the URL, without its port. */
static struct herd_slice host_of(struct herd_slice url)
{
    size_t from = 0, len = 0;
    for (size_t i = 0; i + 3 <= url.len && from == 0; i++) {
        if (memcmp(url.data + i, "://", 3) == 0)
            from = i + 3;
    }
    struct herd_slice rest = herd_slice_from(url, from);
    while (len < rest.len && memchr("/?#:", rest.data[len], 4) == NULL)
        len++;
    return herd_slice(rest.data, len);
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

/* Whether the host is `name` or below it. */
static bool is_below(struct herd_slice host, struct herd_slice name)
{
    if (host.len < name.len)
        return false;
    size_t before = host.len - name.len;
    for (size_t i = 0; i < name.len; i++) {
        if (lower(host.data[before + i]) != name.data[i])
            return false;
    }
    return before == 0 || host.data[before - 1] == '.';
}

uint32_t herd_provider_running_max(const struct herd_places_provider *provider,
                                   struct herd_slice url, uint32_t most)
{
    if (provider->public_host == NULL ||
        (url.len > 0 && !is_below(host_of(url), herd_slice_str(provider->public_host))))
        return most;
    return most < provider->public_running_max ? most : provider->public_running_max;
}

uint64_t herd_provider_radius_m(const struct herd_places_search *search)
{
    return search->radius_km > 0 ? (uint64_t)search->radius_km * 1000 : 1;
}

enum herd_places_verdict herd_provider_verdict(struct herd_slice status)
{
    static const struct {
        const char *status;
        enum herd_places_verdict verdict;
    } rows[] = {
        {"OK", HERD_PLACES_FOUND},
        {"ZERO_RESULTS", HERD_PLACES_FOUND},
        {"INVALID_REQUEST", HERD_PLACES_REFUSED},
        {"REQUEST_DENIED", HERD_PLACES_REFUSED},
        {"NOT_FOUND", HERD_PLACES_REFUSED},
        {"OVER_QUERY_LIMIT", HERD_PLACES_LIMITED},
        {"OVER_DAILY_LIMIT", HERD_PLACES_LIMITED},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (herd_slice_eq(status, herd_slice_str(rows[i].status)))
            return rows[i].verdict;
    }
    return HERD_PLACES_FAILED;
}

struct herd_slice herd_provider_status(int http_status)
{
    switch (http_status) {
    case 400: return HERD_LIT("INVALID_REQUEST");
    case 401:
    case 403: return HERD_LIT("REQUEST_DENIED");
    case 429: return HERD_LIT("OVER_QUERY_LIMIT");
    default: return HERD_LIT("UNKNOWN_ERROR");
    }
}

void herd_provider_finish(const struct legacy *print, enum herd_places_verdict verdict,
                          struct herd_places_result *result)
{
    if (print->rc != HERD_OK) {
        herd_places_result_fail(result, print->rc);
        return;
    }
    result->rc = HERD_OK;
    result->verdict = verdict;
}

void herd_provider_fail(struct herd_slice status, struct legacy_part message,
                        struct herd_places_result *result)
{
    struct legacy print;
    herd_legacy_start(&print, &result->text);
    herd_legacy_error(&print, status, message);
    herd_provider_finish(&print, herd_provider_verdict(status), result);
}

void herd_provider_unusable(const struct herd_places_answer *answer, int rc,
                            struct herd_places_result *result)
{
    if (answer->http_status == 429)
        herd_provider_fail(herd_provider_status(answer->http_status),
                           LEGACY_LIT("The Places server answered with an HTTP error."),
                           result);
    else
        herd_places_result_fail(result, rc);
}
