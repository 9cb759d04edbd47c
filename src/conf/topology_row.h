/* SPDX-License-Identifier: ISC */
/* Sets of servers as bits, and breadth-first search, on which topology.c and
 * topology_print.c are built. */
#ifndef HERD_CONF_TOPOLOGY_ROW_H
#define HERD_CONF_TOPOLOGY_ROW_H

#include "herd/topology.h"

enum { TOPOLOGY_WORDS = HERD_CONF_SERVERS_MAX / 64 };

struct herd_topology_row {
    uint64_t word[TOPOLOGY_WORDS];
};

static inline bool row_has(const struct herd_topology_row *row, uint32_t server)
{
    return (row->word[server / 64] >> (server % 64) & 1) != 0;
}

static inline void row_add(struct herd_topology_row *row, uint32_t server)
{
    row->word[server / 64] |= UINT64_C(1) << (server % 64);
}

static inline void row_remove(struct herd_topology_row *row, uint32_t server)
{
    row->word[server / 64] &= ~(UINT64_C(1) << (server % 64));
}

/* Removes the servers of `less` from `row`. */
static inline void row_subtract(struct herd_topology_row *row,
                                const struct herd_topology_row *less)
{
    for (uint32_t i = 0; i < TOPOLOGY_WORDS; i++)
        row->word[i] &= ~less->word[i];
}

/* The first server of the set that is `from` or later, or HERD_CONF_SERVERS_MAX. */
uint32_t herd_topology_next(const struct herd_topology_row *row, uint32_t from);

struct topology_reach {
    struct herd_topology_row servers; /* that are reached, the first one included */
    uint32_t count;                   /* of these servers */
    uint32_t hops;                    /* links to the furthest of them */
};

/* Fills *reach with the servers that an update of `from` reaches when only servers of
 * `among` pass it on; `from` is one of them. */
void herd_topology_reach(const struct herd_topology *topology, uint32_t from,
                         const struct herd_topology_row *among,
                         struct topology_reach *reach);

/* Fills *members with the servers of a component, except the server `without`
 * (HERD_CONF_SERVERS_MAX: no exception). */
void herd_topology_members(const struct herd_topology *topology, uint32_t component,
                           uint32_t without, struct herd_topology_row *members);

#endif
