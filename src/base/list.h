/* SPDX-License-Identifier: ISC */
/* A doubly linked list of structs that hold its nodes themselves: putting in and taking out
 * cost a few pointer writes and no memory, and a struct is in as many lists as it has
 * nodes.
 *
 *     struct query {
 *         struct herd_list_node in_request;
 *         ...
 *     };
 *     for (n = herd_list_first(&request->queries); n != NULL;
 *          n = herd_list_next(&request->queries, n)) {
 *         struct query *query = herd_list_item(n, offsetof(struct query, in_request));
 *
 * The list is a ring through its own head, so no node is a special case, and a node is
 * taken out without knowing its list. Used as a queue (push_back, pop_front), as a stack
 * (push_front, pop_front), as an order of age (move to the back what was used) or as a set
 * without an order.
 *
 * A list owns nothing. A struct must be taken out before its memory is freed, and neither
 * it nor the list may move in memory while it is in. */
#ifndef HERD_BASE_LIST_H
#define HERD_BASE_LIST_H

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* All zero: in no list. */
struct herd_list_node {
    struct herd_list_node *prev, *next;
};

struct herd_list {
    struct herd_list_node head; /* before the first node, and after the last */
};

/* Makes the list empty. Every list begins with this call: zeros are no empty list. */
static inline void herd_list_init(struct herd_list *list)
{
    list->head.prev = &list->head;
    list->head.next = &list->head;
}

static inline bool herd_list_is_empty(const struct herd_list *list)
{
    return list->head.next == &list->head;
}

/* Whether the node is in a list (of any). */
static inline bool herd_list_linked(const struct herd_list_node *node)
{
    return node->next != NULL;
}

/* Puts `node`, which is in no list, right before `place`, which is in one (or is its head).
 */
static inline void herd_list_insert(struct herd_list_node *place,
                                    struct herd_list_node *node)
{
    assert(node->next == NULL);
    node->prev = place->prev;
    node->next = place;
    place->prev->next = node;
    place->prev = node;
}

static inline void herd_list_push_back(struct herd_list *list, struct herd_list_node *node)
{
    herd_list_insert(&list->head, node);
}

static inline void herd_list_push_front(struct herd_list *list, struct herd_list_node *node)
{
    herd_list_insert(list->head.next, node);
}

/* Takes the node out of its list. Does nothing for a node in no list. */
static inline void herd_list_remove(struct herd_list_node *node)
{
    if (node->next == NULL)
        return;
    node->prev->next = node->next;
    node->next->prev = node->prev;
    node->prev = NULL;
    node->next = NULL;
}

/* The node after `node`, which is in `list`; NULL: it was the last. A loop that takes nodes
 * out asks for the next one first. */
static inline struct herd_list_node *herd_list_next(const struct herd_list *list,
                                                    const struct herd_list_node *node)
{
    return node->next == &list->head ? NULL : node->next;
}

/* The node before `node`, which is in `list`; NULL: it was the first. */
static inline struct herd_list_node *herd_list_prev(const struct herd_list *list,
                                                    const struct herd_list_node *node)
{
    return node->prev == &list->head ? NULL : node->prev;
}

/* NULL: the list is empty. */
static inline struct herd_list_node *herd_list_first(const struct herd_list *list)
{
    return herd_list_next(list, &list->head);
}

/* NULL: the list is empty. */
static inline struct herd_list_node *herd_list_last(const struct herd_list *list)
{
    return herd_list_prev(list, &list->head);
}

/* Takes the first node out and returns it; NULL: the list is empty. */
static inline struct herd_list_node *herd_list_pop_front(struct herd_list *list)
{
    struct herd_list_node *first = herd_list_first(list);
    if (first != NULL)
        herd_list_remove(first);
    return first;
}

/* The struct that holds `node` at `offset`, which is offsetof() its member; NULL for NULL.
 */
static inline void *herd_list_item(const struct herd_list_node *node, size_t offset)
{
    return node != NULL ? (char *)(uintptr_t)node - offset : NULL;
}

#endif
