/* Sets of servers as bits, and how far news gets, which is all that topology.c and
 * topology_print.c are made of. */
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

/* Takes out of `row` what is in `less`. */
static inline void row_subtract(struct herd_topology_row *row,
                                const struct herd_topology_row *less)
{
    for (uint32_t i = 0; i < TOPOLOGY_WORDS; i++)
        row->word[i] &= ~less->word[i];
}

/* The first server of the set that is `from` or later, or HERD_CONF_SERVERS_MAX. */
uint32_t herd_topology_next(const struct herd_topology_row *row, uint32_t from);

struct topology_reach {
    struct herd_topology_row servers; /* that hear of it, the first one included */
    uint32_t count;                   /* how many these are */
    uint32_t steps;                   /* links to the furthest */
};

/* Where news gets from `from` when only the servers of `among` pass it on; `from` is one
 * of them. */
void herd_topology_reach(const struct herd_topology *topology, uint32_t from,
                         const struct herd_topology_row *among,
                         struct topology_reach *reach);

/* The servers of a part without the server `without` (HERD_CONF_SERVERS_MAX: none). */
void herd_topology_members(const struct herd_topology *topology, uint32_t part,
                           uint32_t without, struct herd_topology_row *members);

#endif
