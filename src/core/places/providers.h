/* What the files of the providers have in common: provider.c with its table, and
 * google_legacy.c, google_new.c, overpass.c, photon.c, which are in it. */
#ifndef HERD_CORE_PLACES_PROVIDERS_H
#define HERD_CORE_PLACES_PROVIDERS_H

#include "herd/provider.h"

#include "legacy_print.h"

extern const struct herd_provider herd_google_legacy;
extern const struct herd_provider herd_google_new;
extern const struct herd_provider herd_overpass;
extern const struct herd_provider herd_photon;

enum {
    /* Google allows no keeping of names and addresses. This much is no more than a client
     * that asks again. */
    HERD_GOOGLE_CACHE_MS = 30000,

    /* Nothing in the licence of OpenStreetMap is against it; but places change. */
    HERD_OSM_CACHE_MS = 7 * 24 * 3600 * 1000,
};

/* No header line. */
const char *herd_provider_no_header(const struct herd_places_ask *ask);

/* What an answer of Google's with this "status" is worth. */
enum herd_places_verdict herd_provider_verdict(struct herd_slice status);

/* Google's word for a failure of which only the HTTP status tells. */
struct herd_slice herd_provider_status(int http_status);

/* The last steps of a `translate` whose text was written with `print`: hands out the text,
 * or the error. */
enum herd_places_verdict herd_provider_finish(const struct legacy *print,
                                              enum herd_places_verdict verdict,
                                              struct herd_slice *text, int *rc);

/* All of a `translate` whose answer is a failure: the text of herd_legacy_error. */
enum herd_places_verdict herd_provider_fail(struct herd_slice status,
                                            struct legacy_part message,
                                            struct herd_buf *out, struct herd_slice *text,
                                            int *rc);

/* All of a `translate` that can make nothing of the body, because of `why`. Too many
 * requests are too many requests all the same. */
enum herd_places_verdict herd_provider_unusable(const struct herd_places_answer *answer,
                                                int why, struct herd_buf *out,
                                                struct herd_slice *text, int *rc);

#endif
