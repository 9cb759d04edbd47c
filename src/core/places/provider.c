#include "herd/provider.h"

#include "providers.h"

#include "herd/err.h"

static const struct herd_provider *const providers[] = {
    &herd_google_legacy,
    &herd_google_new,
    &herd_overpass,
    &herd_photon,
};

enum { PROVIDERS = sizeof providers / sizeof providers[0] };

const struct herd_provider *herd_provider_at(size_t i)
{
    return i < PROVIDERS ? providers[i] : NULL;
}

const struct herd_provider *herd_provider_find(struct herd_slice name)
{
    for (size_t i = 0; i < PROVIDERS; i++) {
        if (herd_slice_eq(name, herd_slice_str(providers[i]->name)))
            return providers[i];
    }
    return NULL;
}

const char *herd_provider_no_header(const struct herd_places_ask *ask)
{
    (void)ask;
    return NULL;
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

enum herd_places_verdict herd_provider_finish(const struct legacy *print,
                                              enum herd_places_verdict verdict,
                                              struct herd_slice *text, int *rc)
{
    *rc = print->rc;
    if (print->rc == HERD_OK) {
        *text = herd_buf_bytes(print->out);
        return verdict;
    }
    herd_buf_consume(print->out, print->out->len);
    *text = herd_slice("", 0);
    return HERD_PLACES_FAILED;
}

enum herd_places_verdict herd_provider_fail(struct herd_slice status,
                                            struct legacy_part message,
                                            struct herd_buf *out, struct herd_slice *text,
                                            int *rc)
{
    struct legacy print;
    herd_legacy_start(&print, out);
    herd_legacy_error(&print, status, message);
    return herd_provider_finish(&print, herd_provider_verdict(status), text, rc);
}

enum herd_places_verdict herd_provider_unusable(const struct herd_places_answer *answer,
                                                int why, struct herd_buf *out,
                                                struct herd_slice *text, int *rc)
{
    if (answer->status == 429)
        return herd_provider_fail(
            herd_provider_status(answer->status),
            LEGACY_LIT("The Places server answered with an HTTP error."), out, text, rc);
    *text = herd_slice("", 0);
    *rc = why;
    return HERD_PLACES_FAILED;
}
