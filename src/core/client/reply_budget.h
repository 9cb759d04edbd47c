/* SPDX-License-Identifier: ISC */
/* How many bytes of held replies leave: in one turn of the loop, and in all until they are
 * in the kernel's hands. The replies of all clients of one server share it.
 *
 * A held reply costs little until it is copied to the output, since queries share their
 * result. A copy lives until its connection has drained. So a large reply needs *room*,
 * which is bounded for all together, and for the clients of one address to an eighth of
 * that: who does not read cannot keep others waiting. What finds no room waits. The first
 * to wait is the first to be served; one whose address has no room is passed over. */
#ifndef HERD_CORE_CLIENT_REPLY_BUDGET_H
#define HERD_CORE_CLIENT_REPLY_BUDGET_H

#include "list.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    HERD_REPLY_TURN_BYTES = 1 << 21, /* copied in a turn; one reply may exceed it */
    HERD_REPLY_SMALL = 65536,        /* bytes; up to this size a reply needs no room */
    HERD_REPLY_SHARES = 1024,        /* counters for addresses, some of which share one */
};

struct herd_reply_budget {
    size_t turn_left;                /* bytes that may be copied in this turn */
    size_t max, used;                /* bytes of room */
    size_t share[HERD_REPLY_SHARES]; /* of `used`, by address key */
    size_t after;                    /* bytes of replies that wait after a held one */
    struct herd_list waiting;        /* of clients */
    bool serving; /* the waiting ones are being served: they do not wait for themselves */
    bool blocked; /* the last reply that needed room found none, not even of others */
    bool stuck;   /* all that wait need room, and none was given back since */
};

/* `max`: bytes of room. */
void herd_reply_budget_init(struct herd_reply_budget *budget, size_t max);

/* Whether a held reply of `size` bytes may be copied now; then its bytes, and for a large
 * one its room, are taken. A single reply always finds room when no other has any. */
bool herd_reply_budget_take(struct herd_reply_budget *budget, uint64_t address_key,
                            size_t size);

/* Gives back the room of a reply. */
void herd_reply_budget_give(struct herd_reply_budget *budget, uint64_t address_key,
                            size_t size);

/* Whether a reply of that size needs room. */
static inline bool herd_reply_needs_room(size_t size)
{
    return size > HERD_REPLY_SMALL;
}

/* Whether so many bytes wait after held replies that clients with a held reply are not read
 * until it has left. */
static inline bool herd_reply_budget_is_full(const struct herd_reply_budget *budget)
{
    return budget->after >= budget->max;
}

/* A new turn begins. */
static inline void herd_reply_budget_turn(struct herd_reply_budget *budget)
{
    budget->turn_left = HERD_REPLY_TURN_BYTES;
}

/* Whether those that wait can be served. */
static inline bool herd_reply_budget_is_due(const struct herd_reply_budget *budget)
{
    return !herd_list_is_empty(&budget->waiting) && !budget->stuck;
}

#endif
