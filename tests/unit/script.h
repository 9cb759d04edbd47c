/* Conversations as text. A script holds what happens, one event a line, and behind each,
 * indented, what the core is to do; playing it writes the same text from what the core
 * does. The difference is the failure.
 *
 *     open 1                      a client; open 1 control; open 1 peer;
 *                                 open 1 dialled NAME answers a dial;
 *                                 open 1 from ADDRESS is a client of that address;
 *                                 open 1 near is a peer from a neighbour's address
 *     1< text                     DATA: text and LF; \c at the end: without LF;
 *                                 \n \r \t \\ \xHH as in C
 *                                 RULES CLOCK NONCE DIGEST as in frames.h
 *     link 2 NAME 3 NAME          neighbours call, all goes well, and the core has sent
 *                                 them all that it holds; what it says meanwhile is not
 *                                 shown
 *     answer 2 NAME               the same with a connection that was dialled (greet.h)
 *     eof 1 / drained 1 / closed 1 why
 *     fail NAME why               the dial failed
 *     places #N STATUS text       a request's answer, without LF at its end (requests are
 *                                 numbered from 1, as they are fetched)
 *     tick / stop
 *     wait MS                     time passes, then a tick
 *     pass MS                     time passes
 *
 *       1> text                   SEND, its last LF left out
 *       close 1 / pause 1 / resume 1 / drain 1
 *       dial NAME
 *       fetch #N query / cancel #N
 *       log TOPIC CONN DIRECTION text    when rig->logs is set */
#ifndef TESTS_UNIT_SCRIPT_H
#define TESTS_UNIT_SCRIPT_H

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

/* Whether the answer to STATUS has this line. */
bool script_status_has(struct rig *rig, const char *line);

#endif
