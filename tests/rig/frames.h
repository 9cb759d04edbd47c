/* SPDX-License-Identifier: ISC */
/* How the frames of a link look in a transcript.
 *
 * Some of their words are of no interest, and differ from step to step or from machine to
 * machine. In what a core says they are shown as the names below, but only when they are
 * right; in what it hears the names stand for the same words.
 *
 *     RULES    of herd_hello_rules()
 *     CLOCK    the rig's wall clock
 *     NONCE    said: any nonce; heard: FRAMES_NONCE
 *     DIGEST   of all records that the core holds at this moment
 *
 * The numbers of BATCH are shown without zeros in front. */
#ifndef TESTS_RIG_FRAMES_H
#define TESTS_RIG_FRAMES_H

#include "rig.h"

#define FRAMES_NONCE "0123456789abcdef0123456789abcdef"

/* Writes the digest, and NUL, to `out` (17 bytes). */
void frames_digest(const struct rig *rig, char *out);

/* Adds what a core has said, escaped. An LF at the end is not shown, \c shows that there is
 * none: as with echo. */
void frames_show(const struct rig *rig, struct rig_text *out, struct herd_slice said);

/* Adds what a core is to hear. */
void frames_fill(const struct rig *rig, struct rig_text *out, struct herd_slice heard);

#endif
