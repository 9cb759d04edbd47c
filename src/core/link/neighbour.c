/* SPDX-License-Identifier: ISC */
#include "neighbour.h"

#include <stddef.h>

const struct herd_partner_kind herd_neighbour_kind = {
    .compares_digests = true,
    .asks_drained = false,
    .must_have = true,
    .timed_out = offsetof(struct herd_stats, links_timed_out),
    .malformed = offsetof(struct herd_stats, peers_malformed),
};

void herd_neighbour_init(struct herd_neighbour *neighbour, const char *name)
{
    neighbour->partner.kind = &herd_neighbour_kind;
    neighbour->partner.name = name;
}

struct herd_neighbour *herd_neighbour_find(struct herd_links *links, int64_t server)
{
    for (uint32_t i = 0; i < links->neighbour_count; i++)
        if (links->neighbours[i].server == server)
            return &links->neighbours[i];
    return NULL;
}
