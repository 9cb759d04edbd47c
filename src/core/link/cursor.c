/* Places in a change feed, as the link protocol writes them. */
#include "decimal.h"
#include "herd/err.h"
#include "hex.h"
#include "peer.h"

#include <inttypes.h>

void herd_cursor_send(struct herd_links *links, struct herd_peer *peer, const char *verb,
                      const struct herd_cursor *position)
{
    char feed[2 * HERD_FEED_ID + 1] = "-";
    if (position->known)
        herd_hex_print(position->feed, HERD_FEED_ID, feed);
    herd_peer_sendf(links, peer, "%s 0 %s %" PRIu64 "\n", verb, feed, position->seq);
}

int herd_cursor_parse(const struct herd_call *call, struct herd_cursor *position)
{
    *position = (struct herd_cursor){.known = true};
    if (herd_slice_eq(call->words.word[1], HERD_LIT("-")))
        position->known = false;
    else if (herd_hex_parse(call->words.word[1], position->feed, HERD_FEED_ID) != HERD_OK)
        return HERD_EBAD;
    return herd_uint_parse(call->words.word[2], UINT64_MAX, &position->seq) == HERD_OK
               ? HERD_OK
               : HERD_EBAD;
}

bool herd_cursor_eq(const struct herd_cursor *a, const struct herd_cursor *b)
{
    return a->known && b->known && a->seq == b->seq &&
           memcmp(a->feed, b->feed, HERD_FEED_ID) == 0;
}
