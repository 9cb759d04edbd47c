/* SPDX-License-Identifier: ISC */
/* The core's side of a provider: the request that is sent to it, and the translation of its
 * answer to the format of Google's Nearby Search (legacy), which clients read. provider.c
 * has the table; each file of providers/ is one provider, or shared by some of them. How to
 * reach a provider is in src/conf/providers.c.
 *
 * Every answer is untrusted. `translate` goes no deeper than
 * HERD_JSON_DEPTH_MAX, takes no memory but for its text, and ends every time. */
#ifndef HERD_CORE_PLACES_PROVIDER_H
#define HERD_CORE_PLACES_PROVIDER_H

#ifndef HERD_IN_places
#error "private to src/core/places: include places/places.h"
#endif

#include "legacy_print.h"
#include "protocol/geo.h"
#include "result.h"

#include <stdint.h>

enum { HERD_PROVIDER_REQUEST_MAX = 512 }; /* bytes of any query or body */

/* What an upstream request asks for. */
struct herd_places_search {
    struct herd_point point;
    uint32_t radius_km;
    bool enterprise;    /* places-fields: the more expensive ones as well */
    int64_t timeout_ms; /* of the whole request; Overpass is told */
};

/* A reply as it came; borrowed. */
struct herd_places_answer {
    int http_status;
    struct herd_slice body;
    struct herd_places_search search; /* that it answers */
};

struct herd_places_provider {
    const char *name; /* that of its struct herd_provider; lives for ever */

    /* Its public servers, which are shared by all the world: the end of their host names,
     * and how many requests may run at once; NULL: there are none, or no such limit. */
    const char *public_host;
    uint32_t public_running_max;

    /* Prints the query or body to `out` (HERD_PROVIDER_REQUEST_MAX bytes) without NUL, and
     * returns its length. It contains only numbers that the server prints: no byte of a
     * client. */
    size_t (*print)(const struct herd_places_search *search, char *out);

    /* Fills in a new result: its verdict, its text, and where that may be cut; or FAILED
     * and no text, with `rc` HERD_EBAD (not an answer of this provider), HERD_ERANGE
     * (nested too deeply, too many values), HERD_ENOMEM or HERD_EFULL. */
    void (*translate)(const struct herd_places_answer *answer,
                      struct herd_places_result *result);
};

extern const struct herd_places_provider herd_google_legacy;
extern const struct herd_places_provider herd_google_new;
extern const struct herd_places_provider herd_overpass;
extern const struct herd_places_provider herd_photon;

/* The provider with that name, or NULL. */
const struct herd_places_provider *herd_places_provider_find(struct herd_slice name);

/* The i-th provider, in the order of herd_provider_at; NULL after the last one. */
const struct herd_places_provider *herd_places_provider_at(size_t i);

/* How many requests may run at once with this places-url ("": its own URL); `most` when the
 * server there sets no lower limit. */
uint32_t herd_provider_running_max(const struct herd_places_provider *provider,
                                   struct herd_slice url, uint32_t most);

/* ---- parts of `print` ---- */

/* The radius in metres. No provider takes a radius of 0, so within 0 km means within one
 * metre. */
uint64_t herd_provider_radius_m(const struct herd_places_search *search);

/* ---- parts of `translate` ---- */

/* The verdict on an answer of Google's with this "status". */
enum herd_places_verdict herd_provider_verdict(struct herd_slice status);

/* Google's "status" for a failure of which only the HTTP status is known. */
struct herd_slice herd_provider_status(int http_status);

/* The end of a `translate` that has written the text with `print`: sets the verdict, or
 * the error. */
void herd_provider_finish(const struct legacy *print, enum herd_places_verdict verdict,
                          struct herd_places_result *result);

/* The whole of a `translate` whose answer is a failure: the text of herd_legacy_error. */
void herd_provider_fail(struct herd_slice status, struct legacy_part message,
                        struct herd_places_result *result);

/* The whole of a `translate` whose body is unusable because of `rc`; for too many requests
 * the HTTP status is enough. */
void herd_provider_unusable(const struct herd_places_answer *answer, int rc,
                            struct herd_places_result *result);

#endif
