/* Places: the query of a lookup, and the reply cut to a client's bound.
 *
 * The reply is never printed anew (that would change Google's numbers and layout): it is
 * cut on its own bytes at the element boundaries of `results`. */
#ifndef HERD_CORE_PLACES_TRIM_H
#define HERD_CORE_PLACES_TRIM_H

#include "herd/buf.h"
#include "protocol/geo.h"
#include "herd/slice.h"

#include <stdint.h>

enum {
    HERD_PLACES_QUERY = 96,          /* bytes that any query fits in */
    HERD_PLACES_DEPTH_MAX = 32,      /* nesting of a reply */
    HERD_PLACES_VALUES_MAX = 200000, /* values in a reply */
};

/* The query of Nearby Search without its key: "location=34.06893,-118.445127&radius=10000".
 * Only numbers that we print ourselves: no byte of a client gets in. Returns the number of
 * bytes written to `out` (HERD_PLACES_QUERY bytes; no NUL). */
size_t herd_places_query(struct herd_point point, uint32_t radius_km, char *out);

/* Appends the client's JSON: `body` with at most `bound` elements in the top-level
 * `results`, runs of newlines folded to one, trailing newlines gone. Elements are removed
 * from the end of the k-th to the end of the last; with none left, what stood between the
 * brackets goes, so that an empty array reads `[]`.
 *
 * `status` (may be NULL) gets the value of the top-level "status", a slice of `body`, raw
 * as it stands between its quotes, empty when there is none.
 *
 * Errors, with nothing appended: HERD_EBAD (not one JSON object in UTF-8 without NUL;
 * `results`, which is an array, or `status`, which is a string, twice or of another type;
 * neither of them in it; an HTML page ...; keys count as they stand, escapes and all),
 * HERD_ERANGE (nested deeper than HERD_PLACES_DEPTH_MAX or more than
 * HERD_PLACES_VALUES_MAX values), HERD_ENOMEM, HERD_EFULL. `body` without `results` (an
 * error reply) is passed on whole. */
int herd_places_trim(struct herd_slice body, uint32_t bound, struct herd_buf *out,
                     struct herd_slice *status);

/* Appends an error of our own in the shape and layout of Google's text. `status` is one
 * of Google's (UNKNOWN_ERROR, OVER_QUERY_LIMIT, REQUEST_DENIED); `message` is for people,
 * gets escaped, and may be empty. Errors, with nothing appended: HERD_ENOMEM, HERD_EFULL.
 */
int herd_places_error(struct herd_slice status, struct herd_slice message,
                      struct herd_buf *out);

#endif
