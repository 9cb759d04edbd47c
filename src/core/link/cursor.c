/* SPDX-License-Identifier: ISC */
#include "cursor.h"

#include "decimal.h"
#include "herd/err.h"
#include "hex.h"

#include <inttypes.h>
#include <string.h>

void herd_cursor_send(struct herd_links *links, struct herd_peer *peer, const char *verb,
                      const struct herd_cursor *cursor)
{
    char feed[2 * HERD_FEED_ID + 1] = "-";
    if (cursor->known)
        herd_hex_print(cursor->feed, HERD_FEED_ID, feed);
    herd_peer_sendf(links, peer, "%s 0 %s %" PRIu64 "\n", verb, feed, cursor->seq);
}

int herd_cursor_parse(const struct herd_call *call, struct herd_cursor *cursor)
{
    *cursor = (struct herd_cursor){.known = true};
    if (herd_slice_eq(call->words.word[1], HERD_LIT("-")))
        cursor->known = false;
    else if (herd_hex_parse(call->words.word[1], cursor->feed, HERD_FEED_ID) != HERD_OK)
        return HERD_EBAD;
    return herd_uint_parse(call->words.word[2], UINT64_MAX, &cursor->seq) == HERD_OK
               ? HERD_OK
               : HERD_EBAD;
}

bool herd_cursor_equal(const struct herd_cursor *a, const struct herd_cursor *b)
{
    return a->known && b->known && a->seq == b->seq &&
           memcmp(a->feed, b->feed, HERD_FEED_ID) == 0;
}
