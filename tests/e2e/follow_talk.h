/* SPDX-License-Identifier: ISC */
/* The test as a follower: speaks FOLLOW and the frames behind it (doc/protocol.md, section
 * 4) by itself, and keeps what it is sent, with its cursor, from one connection to the
 * next.
 *
 * Every call waits at most WAIT_MS and then says false. */
#ifndef TESTS_E2E_FOLLOW_TALK_H
#define TESTS_E2E_FOLLOW_TALK_H

#include "peer_talk.h"
#include "reports.h"

#include <stdbool.h>
#include <stdint.h>

enum { FOLLOW_FEED = 33 };

struct follow_talk {
    struct peer_talk talk; /* its frames; not a handshake */
    const char *name;
    struct records copy; /* kept */
    /* The server's feed, and the position in it up to which `copy` has everything; kept. */
    char feed[FOLLOW_FEED];
    uint64_t seq;
    /* Of this connection. */
    char present_feed[FOLLOW_FEED]; /* in FOLLOWED */
    uint64_t sync_seq;
    bool resumed, synced, feeding;
    unsigned batches;
};

/* Knows nothing, and is not connected. */
void follow_init(struct follow_talk *follow, const char *name);

/* Connects to server i and says FOLLOW; reads FOLLOWED. */
bool follow_connect(struct follow_talk *follow, const struct herd_proc *herd, uint32_t i);

/* Gives all records that it keeps. */
bool follow_give(struct follow_talk *follow);

/* Says HAVE with the cursor, and takes everything until RESUME or SYNCED. */
bool follow_start(struct follow_talk *follow);

/* Takes the next frame, answers it, and acknowledges. False as well after BYE. */
bool follow_next(struct follow_talk *follow);

/* Takes frames until the copy is this. */
bool follow_until(struct follow_talk *follow, const struct records *want);

/* As kill -9 does: without a word. */
void follow_close(struct follow_talk *follow);

#endif
