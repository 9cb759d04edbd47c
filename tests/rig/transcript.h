/* SPDX-License-Identifier: ISC */
/* What a core wants done, as text: a line for each action, as script.h has it. */
#ifndef TESTS_RIG_TRANSCRIPT_H
#define TESTS_RIG_TRANSCRIPT_H

#include "rig.h"

/* Adds the action to rig->said. */
void transcript_note(struct rig *rig, const struct herd_action *action);

#endif
