/* SPDX-License-Identifier: ISC */
#include "feed.h"

#include "table.h"

#include <stdint.h>

void herd_follower_stop(struct herd_follower *follower)
{
    if (follower->node.next != NULL)
        herd_feed_unlink(&follower->node);
    follower->node = (struct herd_feed_node){NULL, NULL, 0};
}

void herd_follower_start(struct herd_store *store, struct herd_follower *follower)
{
    herd_follower_stop(follower);
    herd_feed_link_after(store->feed.prev, &follower->node);
    follower->seen_seq = store->tail_seq;
}

bool herd_follower_seek(struct herd_store *store, struct herd_follower *follower,
                        uint64_t seq, size_t steps)
{
    struct herd_feed_node *place = follower->node.prev;
    bool there = false;
    for (; !there && steps > 0; steps--) {
        while (place != &store->feed && place->seq == 0)
            place = place->prev;
        there = place == &store->feed || place->seq <= seq;
        if (!there)
            place = place->prev;
    }
    herd_feed_unlink(&follower->node);
    herd_feed_link_after(place, &follower->node);
    if (there)
        follower->seen_seq = seq;
    return there;
}

const struct herd_stored *herd_follower_peek(const struct herd_store *store,
                                             const struct herd_follower *follower)
{
    struct herd_feed_node *node = follower->node.next;
    while (node != NULL && node != &store->feed && node->seq == 0)
        node = node->next;
    return node == NULL || node == &store->feed ? NULL : (struct herd_stored *)node;
}

void herd_follower_advance(struct herd_follower *follower, const struct herd_stored *stored)
{
    struct herd_feed_node *place = (struct herd_feed_node *)(uintptr_t)&stored->node;
    herd_feed_unlink(&follower->node);
    herd_feed_link_after(place, &follower->node);
    follower->seen_seq = stored->node.seq;
    herd_table_prefetch_node(follower->node.next);
}

void herd_store_for_each(const struct herd_store *store,
                         bool (*visit)(void *ctx, struct herd_slice record), void *ctx)
{
    const struct herd_feed_node *node = store->feed.next;
    for (; node != &store->feed; node = node->next)
        if (node->seq != 0 &&
            !visit(ctx, herd_stored_text((const struct herd_stored *)node)))
            return;
}
