/* Lists of those that all wait equally long: first come, first served, so that beginning,
 * ending and the next deadline each cost the same however many wait.
 *
 * A wait is counted from the first io_wait_over after its beginning, not from its
 * beginning: the loop may have slept since it last told the time, and a time that is too
 * old would end waits too early. For the files of the connections and their tests only. */
#ifndef IO_CONN_WAIT_H
#define IO_CONN_WAIT_H

#include "herd/instant.h"

struct io_wait_list;

/* Embedded in what waits; zeros: not waiting. */
struct io_wait {
    struct io_wait *prev;
    struct io_wait *next;
    struct io_wait_list *list; /* NULL: not waiting */
    struct herd_mono since;    /* meaningful when not among the fresh ones */
};

struct io_wait_list {
    struct io_wait *first;
    struct io_wait *last;
    struct io_wait *fresh; /* the first of those whose time is not counted yet */
    int64_t wait_ms;
};

/* Starts to wait, anew if it waits already, whatever it was waiting for. */
void io_wait_begin(struct io_wait_list *list, struct io_wait *wait);

/* Does nothing when it does not wait. */
void io_wait_end(struct io_wait *wait);

/* The one that has waited longest, if its time is over, else NULL; it stays in the list.
 * `now` never goes back. */
struct io_wait *io_wait_over(struct io_wait_list *list, struct herd_mono now);

/* When io_wait_over has something to say: HERD_NEVER if nobody waits. `now` is the time
 * last told to io_wait_over. May be too early, never too late. */
struct herd_mono io_wait_deadline(const struct io_wait_list *list, struct herd_mono now);

#endif
