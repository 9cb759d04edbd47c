/* SPDX-License-Identifier: ISC */
/* The bytes of one reply: what a healthy server would say, with a fault worked in. */
#ifndef PLACES_REPLY_H
#define PLACES_REPLY_H

#include "bytes.h"
#include "faults.h"

#include <stdbool.h>

/* What a healthy server would say. The slices are borrowed for the call. */
struct answer {
    int status;
    struct herd_slice headers; /* complete lines, CR LF at the end of each */
    struct herd_slice body;
    struct faults faults;
    struct herd_slice redirect; /* where the faults redirect and lure lead */
    const char *huge_before;    /* a huge body is this, padding, */
    const char *huge_after;     /* and this */
};

enum reply_end {
    REPLY_KEEP,  /* the connection takes the next request */
    REPLY_CLOSE, /* orderly */
    REPLY_RESET,
    REPLY_HANG /* the connection stays, nothing more is ever sent */
};

/* The reply is `head`, then `pad` bytes of padding, then `tail`. A zero-initialised one
 * is empty. */
struct reply {
    struct bytes head;
    size_t pad;
    struct bytes tail;
    long delay_ms; /* before the first byte */
    long drip_ms;  /* before each further one of the first drip_len bytes */
    size_t drip_len;
    enum reply_end end;
};

/* Fills an empty reply. */
void reply_make(struct reply *r, const struct answer *answer, bool keep_alive);

/* Fills an empty reply with an HTML error page. */
void reply_make_error(struct reply *r, int status, bool keep_alive);

/* A run of the reply's bytes from offset `at` on, empty only at the end. Lives as long as
 * the reply. */
struct herd_slice reply_run(const struct reply *r, size_t at);

/* Makes it empty again. */
void reply_free(struct reply *r);

#endif
