/* Services that know what is near a point: how each is asked, and how its answer becomes
 * the text of Google's Nearby Search (legacy), which is what clients read.
 *
 * Whatever comes from a service is hostile. `translate` goes no deeper than
 * HERD_PLACES_DEPTH_MAX, takes no memory but for its text, and ends every time. */
#ifndef HERD_PROVIDER_H
#define HERD_PROVIDER_H

#include "herd/buf.h"
#include "protocol/geo.h"
#include "herd/slice.h"

#include <stdbool.h>
#include <stdint.h>

enum {
    HERD_PROVIDER_ASK = 512,    /* bytes that any query or body fits in */
    HERD_PROVIDER_RESULTS = 20, /* of one answer, at most */
};

struct herd_places_ask {
    struct herd_point point;
    uint32_t radius_km;
    bool enterprise;    /* places-fields: the dearer ones, too */
    int64_t timeout_ms; /* of the whole request; some services want to know */
};

enum herd_key_place {
    HERD_KEY_NONE,   /* no key is sent */
    HERD_KEY_QUERY,  /* as a parameter of the URL */
    HERD_KEY_HEADER, /* as a header line */
};

/* What an answer is worth. */
enum herd_places_verdict {
    HERD_PLACES_FOUND,   /* OK or ZERO_RESULTS: may be kept and shared */
    HERD_PLACES_REFUSED, /* the request or the key is at fault: asking again is no help */
    HERD_PLACES_LIMITED, /* OVER_QUERY_LIMIT: stop asking for a while */
    HERD_PLACES_FAILED,  /* the service is at fault: asking again may help */
};

struct herd_places_answer {
    int status; /* of HTTP */
    struct herd_slice body;
    struct herd_places_ask ask; /* that it answers */
};

struct herd_provider {
    const char *name; /* as places-provider */
    const char *url;  /* where it is unless places-url says otherwise; "": nowhere */
    bool post;        /* `print` makes a body, otherwise a query */
    const char *content_type; /* of the body */
    enum herd_key_place key_place;
    const char *key_name; /* of the parameter or header line */
    int64_t cache_max_ms; /* longest time that its terms allow to keep an answer */

    /* Prints the query or body, to `out` of HERD_PROVIDER_ASK bytes, without NUL. Only
     * numbers that we print ourselves: no byte of a client gets in. */
    size_t (*print)(const struct herd_places_ask *ask, char *out);

    /* A header line that goes with it ("X-Goog-FieldMask: ..."); may return NULL. */
    const char *(*header)(const struct herd_places_ask *ask);

    /* *text becomes the answer in Google's layout, uncut: a slice of the body or of what
     * was put into `out` (empty before). Returns what it is worth; HERD_PLACES_FAILED with
     * *text empty and *rc an error code when it is not usable: HERD_EBAD (not what this
     * service says), HERD_ERANGE (nested too deeply, too many values), HERD_ENOMEM,
     * HERD_EFULL. */
    enum herd_places_verdict (*translate)(const struct herd_places_answer *answer,
                                          struct herd_buf *out, struct herd_slice *text,
                                          int *rc);
};

/* The provider of that name, or NULL. */
const struct herd_provider *herd_provider_find(struct herd_slice name);

/* The i-th, or NULL behind the last. */
const struct herd_provider *herd_provider_at(size_t i);

#endif
