/* SPDX-License-Identifier: ISC */
/* Conversations with one core, in the files of fixtures/core: see the README there. */
#ifndef TESTS_RIG_CONVERSATION_H
#define TESTS_RIG_CONVERSATION_H

#include "rig.h"

/* An error in a file, or a difference, fails the running test and is reported with its
 * line.
 */

/* Plays the conversation and writes it anew to `out`, which is empty: the same lines, with
 * what the core does in place of what it was expected to do. Returns how many lines were
 * expected. */
size_t conversation_rewrite(const char *name, struct herd_slice text, struct rig_text *out);

/* Plays the conversation and checks that all comes out as it says, and that it says
 * something. */
void conversation_check(const char *name, struct herd_slice text);

/* Plays the conversation with every DATA cut in two at each place, and byte by byte: what
 * each connection hears in all, what is shown, and what is asked of others stays the same.
 * Returns how often it was played. */
size_t conversation_check_cuts(const char *name, struct herd_slice text);

/* Plays the conversation with the n-th allocation failing, once and for ever, for every n:
 * nothing crashes, nothing leaks, no connection is forgotten, and the server serves on.
 * Returns how many allocations failed. */
size_t conversation_check_memory(const char *name, struct herd_slice text);

#endif
