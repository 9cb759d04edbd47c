/* SPDX-License-Identifier: ISC */
#include "conn_wait.h"

#include <stddef.h>

void io_wait_begin(struct io_wait_list *list, struct io_wait *wait)
{
    io_wait_end(wait);
    wait->list = list;
    wait->prev = list->last;
    wait->next = NULL;
    if (list->last != NULL)
        list->last->next = wait;
    else
        list->first = wait;
    list->last = wait;
    if (list->fresh == NULL)
        list->fresh = wait;
}

void io_wait_end(struct io_wait *wait)
{
    struct io_wait_list *list = wait->list;
    if (list == NULL)
        return;
    if (list->fresh == wait)
        list->fresh = wait->next;
    if (wait->prev != NULL)
        wait->prev->next = wait->next;
    else
        list->first = wait->next;
    if (wait->next != NULL)
        wait->next->prev = wait->prev;
    else
        list->last = wait->prev;
    *wait = (struct io_wait){0};
}

struct io_wait *io_wait_over(struct io_wait_list *list, struct herd_mono now)
{
    for (; list->fresh != NULL; list->fresh = list->fresh->next)
        list->fresh->since = now;
    struct io_wait *first = list->first;
    if (first == NULL ||
        !herd_mono_reached(now, herd_mono_add_ms(first->since, list->wait_ms)))
        return NULL;
    return first;
}

struct herd_mono io_wait_deadline(const struct io_wait_list *list, struct herd_mono now)
{
    if (list->first == NULL)
        return HERD_NEVER;
    struct herd_mono since = list->first == list->fresh ? now : list->first->since;
    return herd_mono_add_ms(since, list->wait_ms);
}
