/* SPDX-License-Identifier: ISC */
/* A session of a follower whose calls are written down as lines of text, and what it sends.
 */
#ifndef TESTS_FOLLOW_SESSION_RIG_H
#define TESTS_FOLLOW_SESSION_RIG_H

#include "check.h"
#include "fail_mem.h"
#include "follow/session.h"

enum { RIG_TEXT = 1 << 16 };

#define RIG_FEED             "51f20000000000000000000000000000"
#define RIG_OTHER            "a6b00000000000000000000000000000"
#define RIG_AT(client, time) "AT A +0.000000000 " client " +1.5-2.5 " time "\n"

struct session_rig {
    struct fail_mem fail;
    struct follow_session session;
    struct follow_calls calls;
    char told[RIG_TEXT]; /* a line for each call */
    char sent[RIG_TEXT];
    size_t told_len, sent_len;
    const char *const *gives; /* records, up to a NULL; NULL: `give` is not set */
    size_t given;
    int give_error;   /* after them, instead of 0 */
    int record_error; /* of each record */
};

/* `position` may be NULL: none is known. */
void rig_start(struct session_rig *rig, const char *const *gives,
               const struct follow_position *position);

/* Of the feed that 32 digits name. */
struct follow_position rig_position(const char *feed, uint64_t seq);

/* Hands in the bytes, `piece` at a time; moves what is sent to rig->sent until nothing
 * more comes. Returns the first error. */
int rig_take(struct session_rig *rig, struct herd_slice bytes, size_t piece);

/* Frees the session, and checks that no memory is left. */
void rig_end(struct session_rig *rig);

#endif
