/* SPDX-License-Identifier: ISC */
/* One core under a fuzzer: the rig of the unit tests without its transcript. What the rig
 * finds wrong aborts. */
#ifndef TESTS_FUZZ_CORE_RIG_H
#define TESTS_FUZZ_CORE_RIG_H

#include "fuzz.h"

#include "rig/rig.h"

/* The server called `self` of the herd in `conf`. `key` (forge.h) is of the herd, or NULL;
 * `n` makes the boot and feed ids of several rigs differ. Ids of connections are fresh. */
void core_rig_start(struct rig *rig, const char *conf, const char *self, uint8_t *key,
                    uint8_t n);

/* As rig_data, but a connection that is paused, or has nothing to say, says nothing: then
 * this returns false. */
bool core_rig_say(struct rig *rig, uint32_t conn, struct herd_slice bytes);

/* The connection breaks, unless it is closed already. */
void core_rig_break(struct rig *rig, uint32_t conn);

/* Time passes; then the kernel takes everything if `drain`, and a turn ends. */
void core_rig_turn(struct rig *rig, int64_t ms, bool drain);

/* Answers the oldest request that is under way, if there is one. */
void core_rig_answer(struct rig *rig, int status, struct herd_slice body);

#endif
