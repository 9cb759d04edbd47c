/* SPDX-License-Identifier: ISC */
/* The result of an upstream request: one text that all its queries share, and where it may
 * be cut. The text is Google's layout for clients, without blank lines and without a
 * newline at its end. It is never printed anew for a client, which would change Google's
 * numbers: it is cut on its own bytes, where the elements of `results` end.
 *
 * A result is filled in by a provider's `translate`, or is an error of this server. */
#ifndef HERD_CORE_PLACES_RESULT_H
#define HERD_CORE_PLACES_RESULT_H

#ifndef HERD_IN_places
#error "private to src/core/places: include places/places.h"
#endif

#include "places.h"

#include "herd/buf.h"

/* The verdict on a provider's answer. */
enum herd_places_verdict {
    HERD_PLACES_FOUND,   /* OK or ZERO_RESULTS: may be kept and shared */
    HERD_PLACES_REFUSED, /* the request or the key is at fault: a retry is useless */
    HERD_PLACES_LIMITED, /* OVER_QUERY_LIMIT: no further requests for a while */
    HERD_PLACES_FAILED,  /* the provider is at fault: a retry may help */
};

/* Offsets count bytes of the text. */
struct herd_places_result {
    struct herd_buf text;
    size_t *held; /* bytes of all texts that are counted with this one; NULL: it is not */
    uint32_t references;
    bool is_answer; /* the provider's; else an error of this server */
    enum herd_places_verdict verdict;
    int rc; /* HERD_OK, or why there is no text */
    bool has_results;
    size_t open, close; /* of the content of `results`: after its `[`, and of its `]` */
    uint32_t count;     /* its elements */
    size_t result_end[HERD_PLACES_RESULTS_MAX]; /* of the first ones */
    size_t last_end;                            /* of the last one */
};

/* Empty and FAILED, with one reference; its text may grow to `text_max` bytes. NULL: out of
 * memory. */
struct herd_places_result *herd_places_result_new(const struct herd_mem *mem,
                                                  size_t text_max);

/* The same in memory of the caller, who frees `text`; never to be held or released. */
void herd_places_result_init(struct herd_places_result *result, const struct herd_mem *mem,
                             size_t text_max);

/* The text becomes a copy of `body`, which is in Google's layout already; its lines
 * end with LF, and blank ones are left out. *status becomes the value of its "status", a
 * slice of the text, raw as it stands between its quotes; empty when there is none. Errors,
 * and then the text is empty: HERD_EBAD (not one JSON object in UTF-8 without NUL;
 * `results`, which is an array or null, or `status`, which is a string, twice or of another
 * type; neither of them in it; keys count as they stand, escapes and all), HERD_ERANGE
 * (nested deeper than HERD_JSON_DEPTH_MAX or more than HERD_JSON_VALUES_MAX values),
 * HERD_ENOMEM, HERD_EFULL. */
int herd_places_result_copy(struct herd_places_result *result, struct herd_slice body,
                            struct herd_slice *status);

/* For the writer of the text, which now ends with the `[` of `results`, with one of its
 * elements, with its `]`. */
void herd_places_result_opened(struct herd_places_result *result);
void herd_places_result_added(struct herd_places_result *result);
void herd_places_result_closed(struct herd_places_result *result);

/* There is no text, because of `rc`. */
void herd_places_result_fail(struct herd_places_result *result, int rc);

/* Gives back the memory that a finished text does not need. */
void herd_places_result_fit(struct herd_places_result *result);

#endif
