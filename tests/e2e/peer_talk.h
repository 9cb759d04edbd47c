/* SPDX-License-Identifier: ISC */
/* The test as a neighbour: speaks the link protocol (doc/protocol.md, section 2) by itself,
 * with none of the server's code but the number of its merge rules.
 *
 * Every call waits at most WAIT_MS and then says false. */
#ifndef TESTS_E2E_PEER_TALK_H
#define TESTS_E2E_PEER_TALK_H

#include "client.h"
#include "herd/core.h"

#include <stdbool.h>
#include <stdint.h>

/* Who the test says it is; strings and `mac` are borrowed and outlive the talk. A server
 * that the test has started has the key of herd_proc_mac(). */
struct peer_self {
    const char *herd; /* NULL: "herd", which servers are in when nothing is configured */
    const char *from, *to;
    uint64_t boot;
    int64_t clock_ahead_ms;
    const struct herd_mac *mac; /* NULL: no key, as a stranger has none */
    int receive_buffer;         /* bytes; 0: as the system likes */
};

enum { PEER_HELLO_SIZE = 512, PEER_HEAD_SIZE = 1100 };

struct peer_talk {
    struct client conn;
    struct peer_self self;
    bool dialled; /* by the test */
    uint64_t seq; /* the test's place in its own feed */
    char ours[PEER_HELLO_SIZE], theirs[PEER_HELLO_SIZE]; /* arguments of the HELLOs */
};

/* Copy none: the slices of the header point into `head`. */
struct peer_frame {
    char head[PEER_HEAD_SIZE];
    struct herd_slice verb, args;
    struct herd_slice payload; /* until the next call */
};

/* Connects, and says nothing yet. After false the talk is closed. */
bool peer_talk_dial(struct peer_talk *talk, uint16_t port, const struct peer_self *self);

/* A descriptor that listens at a port of the loopback address, or -1. */
int peer_talk_listen(uint16_t port);

/* The next connection that comes in there. */
bool peer_talk_accept(struct peer_talk *talk, int listener, const struct peer_self *self);

void peer_talk_close(struct peer_talk *talk);

/* One step of the handshake each; AUTH and UP must have the right MAC, and without a key
 * of its own the test believes any. A dialler's AUTH, and UP, tell boot ids. */
bool peer_talk_hello(struct peer_talk *talk);
bool peer_talk_hear_hello(struct peer_talk *talk);
bool peer_talk_auth(struct peer_talk *talk);
bool peer_talk_hear_auth(struct peer_talk *talk);
bool peer_talk_say_up(struct peer_talk *talk);
bool peer_talk_hear_up(struct peer_talk *talk);

/* All of them, in the order of the role. */
bool peer_talk_up(struct peer_talk *talk);

/* peer_talk_dial and peer_talk_up; after false the talk is closed. */
bool peer_talk_join(struct peer_talk *talk, uint16_t port, const struct peer_self *self);

/* The link is up: both sides say that they have nothing of the other, and the test that it
 * has nothing to send. Takes all that the server has; after this there are only news. */
bool peer_talk_sync(struct peer_talk *talk);

/* The next batch of the test's feed: one record (without LF). */
bool peer_talk_record(struct peer_talk *talk, const char *record);

/* Sends a frame's header, with its LF. */
bool peer_talk_say(struct peer_talk *talk, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* The next frame of any kind. */
bool peer_talk_next(struct peer_talk *talk, struct peer_frame *frame);

/* The next frame with this verb; others are dropped, and a PING is answered. */
bool peer_talk_await(struct peer_talk *talk, const char *verb, struct peer_frame *frame);

/* What the server says before it closes is BYE with this code, whatever came before it. */
bool peer_talk_is_sent_away(struct peer_talk *talk, const char *code);

/* The word of a frame's arguments, counted from 0; empty when there are fewer. */
struct herd_slice peer_frame_word(const struct peer_frame *frame, size_t n);

#endif
