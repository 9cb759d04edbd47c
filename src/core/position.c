/* Places in a change feed, as the link protocol writes them. */
#include "herd/decimal.h"
#include "herd/err.h"
#include "herd/hex.h"
#include "peer.h"

#include <inttypes.h>

void herd_position_send(struct herd_core *core, struct herd_conn *conn, const char *verb,
                        const struct herd_position *position)
{
    char feed[2 * HERD_FEED_ID + 1] = "-";
    if (position->known)
        herd_hex_print(position->feed, HERD_FEED_ID, feed);
    herd_peer_sendf(core, conn, "%s 0 %s %" PRIu64 "\n", verb, feed, position->seq);
}

int herd_position_parse(const struct herd_call *call, struct herd_position *position)
{
    *position = (struct herd_position){.known = true};
    if (herd_slice_eq(call->words.word[1], HERD_LIT("-")))
        position->known = false;
    else if (herd_hex_parse(call->words.word[1], position->feed, HERD_FEED_ID) != HERD_OK)
        return HERD_EBAD;
    return herd_uint_parse(call->words.word[2], UINT64_MAX, &position->seq) == HERD_OK
               ? HERD_OK
               : HERD_EBAD;
}

bool herd_position_eq(const struct herd_position *a, const struct herd_position *b)
{
    return a->known && b->known && a->seq == b->seq &&
           memcmp(a->feed, b->feed, HERD_FEED_ID) == 0;
}
