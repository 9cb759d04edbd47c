/* SPDX-License-Identifier: ISC */
/* The requests to Places that a rig has under way: for rig.c. */
#ifndef TESTS_RIG_LOOKUPS_H
#define TESTS_RIG_LOOKUPS_H

#include "rig.h"

/* A FETCH, which must be one of no more than lookups-max. */
void lookups_start(struct rig *rig, uint64_t lookup);

/* A CANCEL. */
void lookups_end(struct rig *rig, uint64_t lookup);

#endif
