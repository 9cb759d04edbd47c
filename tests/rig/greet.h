/* SPDX-License-Identifier: ISC */
/* The other end of a link, when all goes well. */
#ifndef TESTS_RIG_GREET_H
#define TESTS_RIG_GREET_H

#include "rig.h"

/* Plays neighbours of Clark; `line` has the connection and the name of each, such as
 * "2 Bona 3 Jaquez". Each opens its connection (or answers the dial, if `dialled`), passes
 * the handshake, has nothing of the core's feed, and has a feed of its own in which
 * nothing is new. Then the core is given time to send all that it holds.
 *
 * A start of a neighbour is called by two hexadecimal digits: its boot id is these behind
 * zeros, its feed these sixteen times. They are b0 for Bona and f0 for Jaquez; others stand
 * behind a slash: "2 Bona/b1".
 *
 * What the core says meanwhile is kept out of the transcript. */
void greet_links(struct rig *rig, const char *line, bool dialled);

#endif
