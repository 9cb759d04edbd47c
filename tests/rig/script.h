/* SPDX-License-Identifier: ISC */
/* Conversations as text: what happens, one event a line, and below each, indented, what the
 * core is to do. Playing a script writes the same text from what the core does; the
 * difference is the failure. fixtures/core/README.md tells all events and actions; files
 * there are played by conversation.h.
 *
 * Scripts of C tests differ from these files in two things: they hold events and actions,
 * but no configuration; and the lines of one DATA or SEND stand in one line of the script,
 * with \n between them. RULES, CLOCK, NONCE and DIGEST are as in frames.h. */
#ifndef TESTS_RIG_SCRIPT_H
#define TESTS_RIG_SCRIPT_H

#include "rig.h"

/* Plays the script and checks that all comes out as it says. */
#define SCRIPT_PLAY(rig, text) script_play((rig), (text), __FILE__, __LINE__)
void script_play(struct rig *rig, const char *text, const char *file, int line);

/* The same with Clark alone, from his start with these options to his end. */
#define SCRIPT_PLAY_ALONE(options, text)                                                   \
    script_play_alone((options), (text), __FILE__, __LINE__)
void script_play_alone(const char *options, const char *text, const char *file, int line);

/* Plays only the events; those that cannot happen any more are left out. */
void script_act(struct rig *rig, const char *text);

enum script_outcome {
    SCRIPT_DONE,
    SCRIPT_IMPOSSIBLE, /* such as DATA of a connection that is not open */
    SCRIPT_UNKNOWN     /* no event is called so */
};

/* Plays one event; `line` has no LF. */
enum script_outcome script_event(struct rig *rig, struct herd_slice line);

/* Whether the answer to STATUS has this line. */
bool script_status_has(struct rig *rig, const char *line);

#endif
