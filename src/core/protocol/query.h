/* SPDX-License-Identifier: ISC */
/* A client query: the operands of WHATSAT. */
#ifndef HERD_CORE_PROTOCOL_QUERY_H
#define HERD_CORE_PROTOCOL_QUERY_H

#include "herd/slice.h"

#include <stdint.h>

enum {
    HERD_RADIUS_KM_MAX = 50,
    HERD_BOUND_MAX = 20, /* results */
};

/* WHATSAT client radius bound. The slice points into the line that was parsed. */
struct herd_query {
    struct herd_slice client;
    uint32_t radius_km; /* 0 to HERD_RADIUS_KM_MAX */
    uint32_t bound;     /* results wanted at most: 0 to HERD_BOUND_MAX */
};

/* From the three operands. Errors: HERD_EBAD, HERD_ERANGE. */
int herd_query_parse(const struct herd_slice word[3], struct herd_query *query);

#endif
