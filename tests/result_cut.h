/* SPDX-License-Identifier: ISC */
/* Makes a result of a reply in Google's layout, and cuts it: for unit tests and fuzzers. */
#ifndef TESTS_RESULT_CUT_H
#define TESTS_RESULT_CUT_H

#include "herd/err.h"
#include "places/result.h"

/* Appends a result's text to `out`, cut to `bound`. Errors: HERD_ENOMEM, HERD_EFULL. */
static inline int result_cut(const struct herd_places_result *result, uint32_t bound,
                             struct herd_buf *out)
{
    struct herd_slice part[2];
    herd_places_result_cut(result, bound, part);
    int rc = herd_buf_append(out, part[0]);
    return rc == HERD_OK ? herd_buf_append(out, part[1]) : rc;
}

/* The same for the result of `body`, which takes its memory from that of `out`. Errors:
 * those of herd_places_result_copy, HERD_ENOMEM, HERD_EFULL. */
static inline int result_cut_body(struct herd_slice body, uint32_t bound,
                                  struct herd_buf *out)
{
    struct herd_places_result result;
    struct herd_slice status;
    herd_places_result_init(&result, out->mem, out->max);
    int rc = herd_places_result_copy(&result, body, &status);
    if (rc == HERD_OK)
        rc = result_cut(&result, bound, out);
    herd_buf_free(&result.text);
    return rc;
}

#endif
