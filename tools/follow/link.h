/* SPDX-License-Identifier: ISC */
/* Follows a server over its control socket, and connects again when it has to: the session
 * of session.h on the loop of src/io. */
#ifndef FOLLOW_LINK_H
#define FOLLOW_LINK_H

#include "herd/instant.h"
#include "herd/mem.h"
#include "io/loop.h"
#include "session.h"

#include <stdbool.h>

struct follow_link_setup {
    const struct herd_mem *mem; /* borrowed, as everything here: outlives the link */
    struct io_loop *loop;
    const char *path; /* of the control socket */
    const char *name; /* of this follower: see follow_session_start */
    const struct follow_calls *calls;
    /* The position to go on from, asked for before each connection. */
    void (*position)(void *ctx, struct follow_position *position);
    int64_t silence_ms; /* a server that sends nothing for so long is gone; 0: a minute */
    /* The connection could not be made, or was lost, and why; it is made again after a
     * pause, unless the link is freed. NULL: not called. */
    void (*lost)(void *ctx, const char *why);
};

struct follow_link;

/* Connects from the first tick on. NULL: out of memory, or no random bytes are to be had.
 */
struct follow_link *follow_link_new(const struct follow_link_setup *setup);

/* Accepts NULL. */
void follow_link_free(struct follow_link *link);

/* Call it once a turn of the loop. */
void follow_link_tick(struct follow_link *link, struct herd_mono now);

/* When the next tick has something to do. */
struct herd_mono follow_link_deadline(const struct follow_link *link);

/* See follow_session_acknowledge. Does nothing while there is no connection. */
void follow_link_acknowledge(struct follow_link *link,
                             const struct follow_position *position);

/* Takes leave, and sends what is unsent; the link stays without a connection. True when
 * that is done; until then it is to be called again after each turn. */
bool follow_link_leave(struct follow_link *link, const char *why);

#endif
