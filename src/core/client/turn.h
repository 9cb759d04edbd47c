/* SPDX-License-Identifier: ISC */
/* What the lines of all clients together may cost in one turn of the loop, so that nobody
 * waits for long because many others send much.
 *
 * What a client sends is obeyed as it comes, up to its share. The rest is stashed, and the
 * client is not read meanwhile: it waits in the list of those that TICK serves, in turns,
 * with what is left of the budget. So who sends one line and waits for its reply is always
 * served at once, however long that list is; and while few send much, nothing is stashed.
 *
 * A line costs 1, and 1 more for each HERD_TURN_COST_BYTES bytes of it. */
#ifndef HERD_CORE_CLIENT_TURN_H
#define HERD_CORE_CLIENT_TURN_H

#include "list.h"

#include <stddef.h>
#include <stdint.h>

enum {
    HERD_TURN_BUDGET = 8192,      /* of a turn */
    HERD_TURN_AT_ONCE_MAX = 1024, /* of one client, for what has just arrived ... */
    HERD_TURN_AT_ONCE_LEAST = 4,  /* ... even when the budget is used up */
    HERD_TURN_STASH = 64,         /* of one client, each time that TICK serves it */
    HERD_TURN_TICK_LEAST = 2048,  /* for TICK, even when the budget is used up */
    HERD_TURN_COST_BYTES = 128,
    HERD_TURN_TIMEOUTS = 1024, /* lines and clients whose time is over, in a turn */
};

struct herd_turn {
    uint32_t left;          /* of this turn's budget */
    struct herd_list ready; /* of clients with lines that wait for TICK */
};

static inline void herd_turn_init(struct herd_turn *turn)
{
    turn->left = HERD_TURN_BUDGET;
    herd_list_init(&turn->ready);
}

static inline uint32_t herd_turn_cost(size_t line_len)
{
    return 1 + (uint32_t)(line_len / HERD_TURN_COST_BYTES);
}

/* What a client may use at once. */
static inline uint32_t herd_turn_at_once(const struct herd_turn *turn)
{
    if (turn->left < HERD_TURN_AT_ONCE_LEAST)
        return HERD_TURN_AT_ONCE_LEAST;
    return turn->left < HERD_TURN_AT_ONCE_MAX ? turn->left : HERD_TURN_AT_ONCE_MAX;
}

static inline void herd_turn_use(struct herd_turn *turn, uint32_t cost)
{
    turn->left = cost < turn->left ? turn->left - cost : 0;
}

#endif
