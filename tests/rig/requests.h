/* SPDX-License-Identifier: ISC */
/* The requests to Places that a rig has under way: for rig.c. */
#ifndef TESTS_RIG_REQUESTS_H
#define TESTS_RIG_REQUESTS_H

#include "rig.h"

/* A FETCH, which must be one of no more than lookups-max. */
void requests_start(struct rig *rig, uint64_t request_id);

/* A CANCEL. */
void requests_end(struct rig *rig, uint64_t request_id);

#endif
