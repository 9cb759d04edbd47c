/* SPDX-License-Identifier: ISC */
#include "query.h"

#include "decimal.h"
#include "herd/err.h"

static int parse_small(struct herd_slice text, uint32_t most, uint32_t *value)
{
    uint64_t number;
    int rc = herd_uint_parse(text, most, &number);
    if (rc == HERD_OK)
        *value = (uint32_t)number;
    return rc;
}

int herd_query_parse(const struct herd_slice word[3], struct herd_query *query)
{
    query->client = word[0];
    int rc = parse_small(word[1], HERD_RADIUS_KM_MAX, &query->radius_km);
    if (rc != HERD_OK)
        return rc;
    return parse_small(word[2], HERD_BOUND_MAX, &query->bound);
}
