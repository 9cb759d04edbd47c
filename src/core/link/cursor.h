/* SPDX-License-Identifier: ISC */
/* A cursor: a position in the change feed of one start of one server. The link protocol
 * writes it as two words, FEED (hexadecimal, or "-" when it is not known) and SEQ. */
#ifndef HERD_CORE_LINK_CURSOR_H
#define HERD_CORE_LINK_CURSOR_H

#ifndef HERD_IN_link
#error "private to src/core/link: include link/links.h"
#endif

#include "peer.h"

#include <stdbool.h>
#include <stdint.h>

struct herd_cursor {
    uint8_t feed[HERD_FEED_ID]; /* names the feed */
    uint64_t seq;               /* of the last change that is covered; 0: none */
    bool known;                 /* false: no feed, and the other fields mean nothing */
};

/* Sends the frame VERB 0 FEED SEQ. Without memory the session ends. */
void herd_cursor_send(struct herd_links *links, struct herd_peer *peer, const char *verb,
                      const struct herd_cursor *cursor);

/* From the first two words after the verb. Errors: HERD_EBAD. */
int herd_cursor_parse(const struct herd_call *call, struct herd_cursor *cursor);

/* Both are known, and name the same position of the same feed. */
bool herd_cursor_equal(const struct herd_cursor *a, const struct herd_cursor *b);

#endif
