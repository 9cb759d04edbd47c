/* SPDX-License-Identifier: ISC */
/* The protocol of a follower (doc/protocol.md, "Followers"): bytes of the control socket
 * in, bytes out, and what they mean in between. Makes no system call; time comes in.
 *
 * A follower is told every record in its newest form, in no order between clients, some
 * more than once, and now and then a position: all records up to it have been told. Who
 * keeps records keeps the last position with them, in one transaction, and hands it in at
 * the next start: then only what has changed since is sent. The position is of one start of
 * one server; to a server that does not know it everything is sent again.
 *
 * A follower may also give the records that it kept, as a neighbour does. They are asked
 * for when the server does not know the position, since then it has started again and may
 * know less; and before HAVE, so that what it sends afterwards is at least as new. */
#ifndef FOLLOW_SESSION_H
#define FOLLOW_SESSION_H

#include "herd/buf.h"
#include "herd/err.h"
#include "herd/instant.h"
#include "herd/mem.h"
#include "frame.h"
#include "record.h"
#include "line.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    FOLLOW_FEED = 16,     /* bytes that name a feed */
    FOLLOW_NAME_MAX = 63, /* bytes of a follower's name */
    FOLLOW_VERSION = 1,
};

/* A position in a feed. All zero: none is known. */
struct follow_position {
    bool known;
    uint8_t feed[FOLLOW_FEED];
    uint64_t seq; /* of the last change that is covered */
};

/* What a session tells its owner. Those that return an int return HERD_OK, or an error
 * (HERD_ESYS, HERD_ENOMEM) that ends the session. All may be called by any call below that
 * hands in bytes or time; they must not end the session themselves. */
struct follow_calls {
    void *ctx;
    /* The server has answered, with its name; `known`: this start of it has the feed of the
     * position that was handed in. NULL: not called. */
    void (*followed)(void *ctx, struct herd_slice server, bool known);
    /* All records follow, `position` comes at the end. NULL: not called. */
    int (*full_sync)(void *ctx);
    /* A record, as the server holds it; its slices live until this returns. */
    int (*record)(void *ctx, const struct herd_record *record);
    /* Every record up to there has been told. `whole`: it ends a full sync. */
    int (*position)(void *ctx, const struct follow_position *position, bool whole);
    /* The next record to give, which herd_record_parse accepts, without LF, in *text,
     * borrowed until the next call. Returns 1, or 0 when there are no more, or an error.
     * NULL: nothing is given. Not called when the feed is `known`. */
    int (*give)(void *ctx, struct herd_slice *text);
    /* All that `give` had to give was sent. NULL: not called. */
    void (*given)(void *ctx);
};

enum follow_giving {
    FOLLOW_GIVES_NOTHING, /* or not yet */
    FOLLOW_GIVES,
    FOLLOW_GAVE,
};

struct follow_session {
    const struct follow_calls *calls; /* borrowed */
    struct herd_line line;            /* the answer to FOLLOW */
    struct herd_framer framer;
    struct herd_buf out;              /* to be sent; taken by its owner from the front */
    struct follow_position position;  /* during a full sync that of its end */
    uint8_t boot[FOLLOW_FEED];        /* random: names the feed of what it gives */
    uint8_t server_feed[FOLLOW_FEED]; /* of this start of the server */
    uint64_t received_seq;            /* of the batch that came last */
    bool followed, in_sync, in_feed, ended;
    enum follow_giving giving;
    struct herd_mono heard_at;  /* the last byte */
    struct herd_error_text why; /* why it has ended */
};

/* Takes no memory yet. `calls` outlives the session. `position` may be of any feed. `boot`
 * names the feed of what this follower gives: random bytes. */
void follow_session_init(struct follow_session *session, const struct herd_mem *mem,
                         const struct follow_calls *calls,
                         const struct follow_position *position,
                         const uint8_t boot[FOLLOW_FEED]);

void follow_session_free(struct follow_session *session);

/* The connection is open: puts FOLLOW into session->out. `name` is a word of at most
 * FOLLOW_NAME_MAX bytes. Errors: HERD_ENOMEM, which ends the session. */
int follow_session_start(struct follow_session *session, const char *name,
                         struct herd_mono now);

/* Bytes have come. Returns HERD_OK, or an error (HERD_EBAD: the server said something else
 * than the protocol has, or BYE; HERD_ENOMEM; or that of a call) after which the session
 * has ended; session->why says why. */
int follow_session_on_bytes(struct follow_session *session, struct herd_slice bytes,
                            struct herd_mono now);

/* The bytes of session->out have been sent: more of what is given may follow. The same
 * errors. */
int follow_session_on_sent(struct follow_session *session);

/* Everything up to this position, one that was told, is safe: ACK. Does nothing when the
 * position is not of the feed that this session reads, or not yet. Errors: HERD_ENOMEM,
 * HERD_EFULL, which end the session. */
int follow_session_acknowledge(struct follow_session *session,
                               const struct follow_position *position);

/* Puts a frame BYE with this reason. */
void follow_session_leave(struct follow_session *session, const char *why);

#endif
