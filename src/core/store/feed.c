/* SPDX-License-Identifier: ISC */
#include "feed.h"

#include "table.h"

#include <stdint.h>

void herd_marker_stop(struct herd_marker *marker)
{
    if (marker->node.next != NULL)
        herd_feed_unlink(&marker->node);
    marker->node = (struct herd_feed_node){NULL, NULL, 0};
}

void herd_marker_start(struct herd_store *store, struct herd_marker *marker)
{
    herd_marker_stop(marker);
    herd_feed_link_after(store->feed.prev, &marker->node);
    marker->seen_seq = store->tail_seq;
}

bool herd_marker_seek(struct herd_store *store, struct herd_marker *marker, uint64_t seq,
                      size_t steps)
{
    struct herd_feed_node *place = marker->node.prev;
    bool there = false;
    for (; !there && steps > 0; steps--) {
        while (place != &store->feed && place->seq == 0)
            place = place->prev;
        there = place == &store->feed || place->seq <= seq;
        if (!there)
            place = place->prev;
    }
    herd_feed_unlink(&marker->node);
    herd_feed_link_after(place, &marker->node);
    if (there)
        marker->seen_seq = seq;
    return there;
}

const struct herd_stored *herd_marker_peek(const struct herd_store *store,
                                           const struct herd_marker *marker)
{
    struct herd_feed_node *node = marker->node.next;
    while (node != NULL && node != &store->feed && node->seq == 0)
        node = node->next;
    return node == NULL || node == &store->feed ? NULL : (struct herd_stored *)node;
}

void herd_marker_advance(struct herd_marker *marker, const struct herd_stored *stored)
{
    struct herd_feed_node *place = (struct herd_feed_node *)(uintptr_t)&stored->node;
    herd_feed_unlink(&marker->node);
    herd_feed_link_after(place, &marker->node);
    marker->seen_seq = stored->node.seq;
    herd_table_prefetch_node(marker->node.next);
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
