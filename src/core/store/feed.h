/* SPDX-License-Identifier: ISC */
/* The ring of the change feed: records in the order of their last change, and the markers
 * of followers between them. Nodes are members of what they stand for and own nothing. */
#ifndef HERD_CORE_STORE_FEED_H
#define HERD_CORE_STORE_FEED_H

#ifndef HERD_IN_store
#error "private to src/core/store: include store/store.h"
#endif

#include "store.h"

/* Takes a node out of the ring. */
static inline void herd_feed_unlink(struct herd_feed_node *node)
{
    node->prev->next = node->next;
    node->next->prev = node->prev;
}

/* Puts a node after `place`, which is in the ring. */
static inline void herd_feed_link_after(struct herd_feed_node *place,
                                        struct herd_feed_node *node)
{
    node->prev = place;
    node->next = place->next;
    place->next->prev = node;
    place->next = node;
}

/* A record has changed: gives it the next sequence number, at the tail. */
static inline void herd_feed_append(struct herd_store *store, struct herd_stored *stored)
{
    stored->node.seq = ++store->tail_seq;
    herd_feed_link_after(store->feed.prev, &stored->node);
}

#endif
