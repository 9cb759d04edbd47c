/* SPDX-License-Identifier: ISC */
/* A failing plan made smaller, as long as it fails. */
#ifndef TESTS_SIM_SHRINK_H
#define TESTS_SIM_SHRINK_H

#include "plan.h"

/* Each try runs in a process of its own, so that one which crashes is a failure like
 * others. Returns false, and leaves the plan alone, when it does not fail at all. */
bool shrink_plan(struct plan *plan);

#endif
