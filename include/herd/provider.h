/* SPDX-License-Identifier: ISC */
/* The Places providers: their names, and how to reach them.
 *
 * src/conf/providers.c has the table. The requests to a provider and the meaning of its
 * answers are known to the core alone (src/core/places/providers). */
#ifndef HERD_PROVIDER_H
#define HERD_PROVIDER_H

#include "herd/slice.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum herd_key_place {
    HERD_KEY_NONE,   /* no key is sent */
    HERD_KEY_QUERY,  /* as a parameter of the URL */
    HERD_KEY_HEADER, /* as a header line */
};

/* All texts live for ever and end with NUL. */
struct herd_provider {
    const char *name;         /* as places-provider */
    const char *url;          /* unless places-url says otherwise; "": it has none */
    bool post;                /* FETCH has a body; otherwise a query for the URL */
    const char *content_type; /* of the body; "": there is none */
    enum herd_key_place key_place;
    const char *key_name; /* of the parameter or header line; "": no key is sent */
    /* A header line that goes with each request ("X-Goog-FieldMask: ..."), for each value
     * of places-fields; NULL: none. */
    const char *header_pro, *header_enterprise;
    int64_t cache_max_ms; /* the longest time that its terms allow to keep an answer */
};

/* The provider with that name, or NULL. */
const struct herd_provider *herd_provider_find(struct herd_slice name);

/* The i-th provider, or NULL after the last one. */
const struct herd_provider *herd_provider_at(size_t i);

#endif
