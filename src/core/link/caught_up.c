/* SPDX-License-Identifier: ISC */
#include "caught_up.h"

#include "partner.h"

#include <string.h>

void herd_caught_up_see(struct herd_caught_up *caught_up, const struct herd_links *links,
                        const struct herd_partner *partner)
{
    const struct herd_send *send = &partner->send;
    uint32_t count = caught_up->count;
    if (send->mode != HERD_SEND_FEED ||
        herd_marker_peek(links->store, &send->marker) != NULL)
        return;
    if (count > 0 && caught_up->position[count - 1] == send->announced_seq)
        return;
    if (count == HERD_CAUGHT_UP_MAX)
        count--;
    caught_up->position[count] = send->announced_seq;
    caught_up->count = count + 1;
}

uint64_t herd_caught_up_acked(struct herd_caught_up *caught_up, uint64_t acked_seq)
{
    uint32_t covered = 0;
    while (covered < caught_up->count && caught_up->position[covered] <= acked_seq)
        caught_up->acked = caught_up->position[covered++];
    caught_up->count -= covered;
    memmove(&caught_up->position[0], &caught_up->position[covered],
            caught_up->count * sizeof caught_up->position[0]);
    return caught_up->acked;
}
