/* SPDX-License-Identifier: ISC */
/* The loop's descriptors: one dense array for poll() that begins with the active ones.
 *
 *     0 ........ hot ................................. len
 *     | active    | quiet for a while                 |
 *
 * The first `hot` entries can be polled alone, at the cost of the active connections only.
 * An entry joins them when it has an event and leaves when it had none in a whole period
 * between two calls of io_loop_set_cool; both are a swap of two entries. No system call is
 * made here. For loop.c and tests only. */
#ifndef IO_LOOP_SET_H
#define IO_LOOP_SET_H

#include "loop.h"

#include <poll.h>

/* Two parallel arrays: `fds` is given to poll(), `watches` has the watch of each entry. An
 * entry that moves keeps its revents. */
struct io_loop_set {
    const struct herd_mem *mem;
    struct pollfd *fds;
    struct io_watch **watches;
    size_t hot;  /* active entries */
    size_t len;  /* all entries */
    size_t size; /* of the arrays, in entries */
};

/* Frees the arrays, not the watches. */
void io_loop_set_free(struct io_loop_set *set);

/* Adds an active entry without revents. `events` as for poll(). Errors: HERD_ENOMEM. */
int io_loop_set_add(struct io_loop_set *set, struct io_watch *watch, short events);

/* Removes the entry of an added watch. */
void io_loop_set_remove(struct io_loop_set *set, struct io_watch *watch);

/* Makes the entry an active one, after an event. A loop over the array in ascending order
 * may call this for its current entry: the entry that takes its place was visited before.
 */
void io_loop_set_warm(struct io_loop_set *set, struct io_watch *watch);

/* Makes the entries quiet that were not warmed since the last call and are not pinned. */
void io_loop_set_cool(struct io_loop_set *set);

#endif
