/* SPDX-License-Identifier: ISC */
#include "partner.h"

#include <string.h>

enum { REASON_MAX = 95 }; /* bytes kept of a reason: some come from the other side */

void herd_partner_start(struct herd_links *links, struct herd_partner *partner,
                        struct herd_peer *peer)
{
    peer->stage = HERD_STAGE_UP;
    peer->framer.payload_max = HERD_FRAME_PAYLOAD_MAX;
    peer->partner = partner;
    partner->peer = peer;
    partner->down_reason.text[0] = '\0';
    herd_send_start(partner);
    herd_receive_start(links, partner);
    herd_heartbeat_start(links, partner);
}

void herd_partner_stop(struct herd_partner *partner)
{
    herd_heartbeat_stop(partner);
    herd_send_stop(partner);
    herd_receive_stop(partner);
    partner->peer->partner = NULL;
    partner->peer = NULL;
}

/* Operators read this on a terminal, and some of it comes from the other side. */
bool herd_partner_set_reason(struct herd_partner *partner, struct herd_slice reason)
{
    char printable[REASON_MAX + 1];
    size_t len = reason.len < REASON_MAX ? reason.len : REASON_MAX;
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)reason.data[i];
        printable[i] = c < ' ' || c == 0x7f ? '?' : reason.data[i];
    }
    printable[len] = '\0';
    if (strcmp(printable, partner->down_reason.text) == 0)
        return false;
    memcpy(partner->down_reason.text, printable, len + 1);
    return true;
}

void herd_partner_count(struct herd_links *links, size_t counter)
{
    ++*(uint64_t *)(void *)((char *)&links->context->stats + counter);
}
