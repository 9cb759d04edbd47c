/* SPDX-License-Identifier: ISC */
/* Lists of waits that all last equally long: the oldest is first, so that beginning, ending
 * and the next deadline each take constant time.
 *
 * A wait counts from the first io_wait_over after its beginning, not from its beginning:
 * the loop may have slept since it last told the time, and an old time would end waits too
 * early. For conn.c, conn_group.c and tests only. */
#ifndef IO_CONN_WAIT_H
#define IO_CONN_WAIT_H

#include "herd/instant.h"

struct io_wait_list;

/* Embedded in the object that waits; zeros: not waiting. */
struct io_wait {
    struct io_wait *prev;
    struct io_wait *next;
    struct io_wait_list *list; /* NULL: not waiting */
    struct herd_mono since;    /* set when no longer among the fresh ones */
};

struct io_wait_list {
    struct io_wait *first;
    struct io_wait *last;
    struct io_wait *fresh; /* the first wait whose time does not count yet; NULL: none */
    int64_t wait_ms;       /* duration of each wait */
};

/* Begins a wait at the end of the list; leaves the list that it was in before. */
void io_wait_begin(struct io_wait_list *list, struct io_wait *wait);

/* Ends a wait. Harmless when it does not wait. */
void io_wait_end(struct io_wait *wait);

/* The oldest wait, if its time is over, else NULL; it stays in the list. `now` never goes
 * back. */
struct io_wait *io_wait_over(struct io_wait_list *list, struct herd_mono now);

/* When io_wait_over next returns a wait: HERD_NEVER if the list is empty. `now` is the time
 * last given to io_wait_over. May be too early, never too late. */
struct herd_mono io_wait_deadline(const struct io_wait_list *list, struct herd_mono now);

#endif
