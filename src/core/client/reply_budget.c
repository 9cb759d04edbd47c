/* SPDX-License-Identifier: ISC */
#include "reply_budget.h"

#include <assert.h>

enum { SHARE = 8 }; /* of all room, for one address */

void herd_reply_budget_init(struct herd_reply_budget *budget, size_t max)
{
    *budget = (struct herd_reply_budget){.turn_left = HERD_REPLY_TURN_BYTES, .max = max};
    herd_list_init(&budget->waiting);
}

static size_t *share_of(struct herd_reply_budget *budget, uint64_t address_key)
{
    return &budget->share[address_key % HERD_REPLY_SHARES];
}

static bool fits(size_t used, size_t size, size_t max)
{
    return used == 0 || (size <= max && used <= max - size);
}

bool herd_reply_budget_take(struct herd_reply_budget *budget, uint64_t address_key,
                            size_t size)
{
    size_t *share = share_of(budget, address_key);
    if (budget->turn_left == 0)
        return false;
    if (herd_reply_needs_room(size)) {
        budget->blocked = !fits(budget->used, size, budget->max);
        if (budget->blocked || !fits(*share, size, budget->max / SHARE) ||
            (!budget->serving && !herd_list_is_empty(&budget->waiting)))
            return false;
        budget->used += size;
        *share += size;
    }
    budget->turn_left = size < budget->turn_left ? budget->turn_left - size : 0;
    return true;
}

void herd_reply_budget_give(struct herd_reply_budget *budget, uint64_t address_key,
                            size_t size)
{
    size_t *share = share_of(budget, address_key);
    assert(size <= budget->used && size <= *share);
    budget->used -= size;
    *share -= size;
    budget->stuck = false;
}
