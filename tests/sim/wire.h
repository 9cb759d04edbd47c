/* SPDX-License-Identifier: ISC */
/* Frames as they are sent: counted, and handed to sim->hooks. */
#ifndef TESTS_SIM_WIRE_H
#define TESTS_SIM_WIRE_H

#include "sim.h"

/* That end sends these bytes, the last of its stream; they are whole frames. Some faults
 * change them here. */
void wire_sent(struct sim *sim, struct sim_pipe *pipe, int end, char *bytes, size_t len);

const char *wire_verb_name(enum sim_verb verb);

/* A frame in a few words, without what differs from run to run; `out` has WIRE_TEXT bytes.
 */
enum { WIRE_TEXT = 200 };
void wire_text(const struct sim *sim, const struct sim_frame *frame, char *out);

enum sim_verb wire_verb(struct herd_slice verb);

/* Heartbeats and ACK, which an idle herd sends as well. */
bool wire_is_idle(enum sim_verb verb);

/* A word of a text, counted from 0; empty, and 0, when there is none. */
struct herd_slice wire_word(struct herd_slice text, int number);

/* The time in a record. */
struct herd_slice wire_time(struct herd_slice record);
uint64_t wire_number(struct herd_slice text, int number);

#endif
