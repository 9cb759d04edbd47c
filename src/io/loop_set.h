/* The loop's descriptors: one dense array for poll(), the active ones in front.
 *
 *     0 ........ hot ................................. len
 *     | active    | quiet for a while                 |
 *
 * The first `hot` entries can be polled alone, which costs what the active connections
 * cost and not what all of them do. An entry comes to the front when something happens to
 * it and leaves when it was quiet for a whole period between two calls of
 * io_loop_set_cool; both are a swap of two entries. No system call is made here, and
 * nobody but the loop includes this. */
#ifndef IO_LOOP_SET_H
#define IO_LOOP_SET_H

#include "loop.h"

#include <poll.h>

/* Two parallel arrays: `fds` is what poll() sees, `watches` says whose entry it is. What
 * moves takes its revents along. */
struct io_loop_set {
    const struct herd_mem *mem;
    struct pollfd *fds;
    struct io_watch **watches;
    size_t hot; /* entries in front */
    size_t len; /* all entries */
    size_t size;
};

/* Frees the arrays, not what they point to. */
void io_loop_set_free(struct io_loop_set *set);

/* A new entry is an active one, and has no revents. Errors: HERD_ENOMEM. */
int io_loop_set_add(struct io_loop_set *set, struct io_watch *watch, short events);

void io_loop_set_remove(struct io_loop_set *set, struct io_watch *watch);

/* Something happened to it: it comes to the front, unless it is there. While one goes
 * through the array, it is safe for the entry that is being looked at if that goes
 * upwards: whatever takes its place has been looked at before. */
void io_loop_set_warm(struct io_loop_set *set, struct io_watch *watch);

/* Moves what was not warmed since the last call, and is not pinned, out of the front. */
void io_loop_set_cool(struct io_loop_set *set);

#endif
