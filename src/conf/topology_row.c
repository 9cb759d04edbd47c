/* SPDX-License-Identifier: ISC */
#include "topology_row.h"

uint32_t herd_topology_next(const struct herd_topology_row *row, uint32_t from)
{
    while (from < HERD_CONF_SERVERS_MAX) {
        uint64_t rest = row->word[from / 64] >> (from % 64);
        if ((rest & 1) != 0)
            return from;
        from = rest != 0 ? from + 1 : (from / 64 + 1) * 64;
    }
    return HERD_CONF_SERVERS_MAX;
}

/* Appends the servers of a word of bits to the queue; returns its new end. */
static uint32_t enqueue(uint16_t *queue, uint32_t end, uint32_t word, uint64_t bits)
{
    for (uint32_t server = word * 64; bits != 0; server++, bits >>= 1) {
        if ((bits & 1) != 0)
            queue[end++] = (uint16_t)server;
    }
    return end;
}

void herd_topology_reach(const struct herd_topology *topology, uint32_t from,
                         const struct herd_topology_row *among,
                         struct topology_reach *reach)
{
    uint16_t queue[HERD_CONF_SERVERS_MAX];
    uint32_t words = (topology->conf->server_count + 63) / 64;
    uint32_t end = 1, level_end = 1;
    *reach = (struct topology_reach){.count = 1};
    row_add(&reach->servers, from);
    queue[0] = (uint16_t)from;
    for (uint32_t at = 0; at < end; at++) {
        if (at == level_end) {
            level_end = end;
            reach->hops++;
        }
        const struct herd_topology_row *row = &topology->rows[queue[at]];
        for (uint32_t i = 0; i < words; i++) {
            uint64_t bits = row->word[i] & among->word[i] & ~reach->servers.word[i];
            if (bits == 0)
                continue;
            reach->servers.word[i] |= bits;
            end = enqueue(queue, end, i, bits);
        }
    }
    reach->count = end;
}

void herd_topology_members(const struct herd_topology *topology, uint32_t component,
                           uint32_t without, struct herd_topology_row *members)
{
    *members = (struct herd_topology_row){{0}};
    for (uint32_t i = 0; i < topology->conf->server_count; i++) {
        if (topology->servers[i].component == component && i != without)
            row_add(members, i);
    }
}
