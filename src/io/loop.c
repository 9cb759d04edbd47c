#include "io/loop.h"

#include "herd/err.h"
#include "io/clock.h"

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <string.h>

enum { FIRST_SIZE = 64 };

/* Two parallel dense arrays: `fds` is what poll() sees, `watches` says whose entry it is.
 * Outside of a turn, and for entries that a turn has already looked at, revents is 0:
 * what moves into a place or is added there never finds somebody else's events. */
struct io_loop {
    const struct herd_mem *mem;
    struct pollfd *fds;
    struct io_watch **watches;
    size_t len;
    size_t size;
    struct io_idle idle;
};

struct io_loop *io_loop_new(const struct herd_mem *mem)
{
    struct io_loop *loop = herd_mem_zalloc(mem, sizeof *loop);
    if (loop != NULL)
        loop->mem = mem;
    return loop;
}

static void free_arrays(struct io_loop *loop)
{
    herd_mem_free(loop->mem, loop->fds, loop->size * sizeof *loop->fds);
    herd_mem_free(loop->mem, loop->watches, loop->size * sizeof(struct io_watch *));
}

void io_loop_free(struct io_loop *loop)
{
    if (loop == NULL)
        return;
    assert(loop->len == 0);
    free_arrays(loop);
    herd_mem_free(loop->mem, loop, sizeof *loop);
}

/* Both arrays or none: the old ones are given up only when both new ones are there. */
static int grow(struct io_loop *loop)
{
    size_t size = loop->size > 0 ? loop->size * 2 : FIRST_SIZE;
    struct pollfd *fds = herd_mem_alloc(loop->mem, size * sizeof *fds);
    if (fds == NULL)
        return HERD_ENOMEM;
    struct io_watch **watches = herd_mem_alloc(loop->mem, size * sizeof(struct io_watch *));
    if (watches == NULL) {
        herd_mem_free(loop->mem, fds, size * sizeof *fds);
        return HERD_ENOMEM;
    }
    if (loop->len > 0) {
        memcpy(fds, loop->fds, loop->len * sizeof *fds);
        memcpy(watches, loop->watches, loop->len * sizeof(struct io_watch *));
    }
    free_arrays(loop);
    loop->fds = fds;
    loop->watches = watches;
    loop->size = size;
    return HERD_OK;
}

static short events_of(unsigned want)
{
    return (short)(((want & IO_READ) ? POLLIN : 0) | ((want & IO_WRITE) ? POLLOUT : 0));
}

int io_loop_add(struct io_loop *loop, struct io_watch *watch, unsigned want)
{
    assert(watch->fd >= 0 && watch->ready != NULL);
    if (loop->len == loop->size && grow(loop) != HERD_OK)
        return HERD_ENOMEM;
    watch->place = loop->len++;
    loop->fds[watch->place] =
        (struct pollfd){.fd = watch->fd, .events = events_of(want), .revents = 0};
    loop->watches[watch->place] = watch;
    return HERD_OK;
}

void io_loop_want(struct io_loop *loop, struct io_watch *watch, unsigned want)
{
    assert(watch->place < loop->len && loop->watches[watch->place] == watch);
    loop->fds[watch->place].events = events_of(want);
}

/* The last entry fills the gap and takes its revents along: 0 when this turn has already
 * looked at it, its own otherwise. */
void io_loop_remove(struct io_loop *loop, struct io_watch *watch)
{
    assert(watch->place < loop->len && loop->watches[watch->place] == watch);
    size_t last = --loop->len;
    if (watch->place != last) {
        loop->fds[watch->place] = loop->fds[last];
        loop->watches[watch->place] = loop->watches[last];
        loop->watches[watch->place]->place = watch->place;
    }
}

void io_loop_on_idle(struct io_loop *loop, struct io_idle idle)
{
    loop->idle = idle;
}

/* Rounded up: waking just before the deadline would mean to spin until it is reached. */
static int ms_until(struct herd_mono deadline)
{
    if (herd_mono_is_never(deadline))
        return -1;
    struct herd_mono now = io_clock_mono();
    if (herd_mono_reached(now, deadline))
        return 0;
    int64_t left = deadline.ns - now.ns;
    int64_t ms = left / HERD_NS_PER_MS + (left % HERD_NS_PER_MS != 0);
    return ms < INT_MAX ? (int)ms : INT_MAX;
}

static int ask(struct io_loop *loop, int timeout_ms)
{
    return poll(loop->fds, (nfds_t)loop->len, timeout_ms);
}

/* Like ask(), but with work that waits for a quiet moment asks without sleeping first. */
static int ask_or_idle(struct io_loop *loop, struct herd_mono deadline)
{
    int timeout_ms = ms_until(deadline);
    const struct io_idle *idle = &loop->idle;
    if (timeout_ms == 0 || idle->pending == NULL || !idle->pending(idle->arg))
        return ask(loop, timeout_ms);
    int hits = ask(loop, 0);
    if (hits != 0)
        return hits;
    idle->idle(idle->arg);
    return ask(loop, ms_until(deadline));
}

/* The wants may have changed since poll() looked: what is no longer wanted is not told.
 * POLLNVAL is told like an error: libraries have been seen to close a descriptor before
 * they say so. */
static unsigned ready_of(const struct pollfd *entry)
{
    unsigned want = ((entry->events & POLLIN) ? IO_READ : 0U) |
                    ((entry->events & POLLOUT) ? IO_WRITE : 0U);
    if (entry->revents & (POLLERR | POLLHUP | POLLNVAL))
        return want != 0 ? want : IO_READ;
    unsigned ready = ((entry->revents & POLLIN) ? IO_READ : 0U) |
                     ((entry->revents & POLLOUT) ? IO_WRITE : 0U);
    return ready & want;
}

/* Downwards, since removing fills gaps from the end: what moves is either done already or
 * moves to a lower place that is still to come. Callbacks may shrink the array to less
 * than `i`, and add entries, which have no revents. */
static int call_ready(struct io_loop *loop, int hits)
{
    int calls = 0;
    for (size_t i = loop->len; i-- > 0 && hits > 0;) {
        if (i >= loop->len || loop->fds[i].revents == 0)
            continue;
        hits--;
        unsigned ready = ready_of(&loop->fds[i]);
        loop->fds[i].revents = 0;
        if (ready == 0)
            continue;
        calls++;
        struct io_watch *watch = loop->watches[i];
        watch->ready(watch, ready);
    }
    return calls;
}

int io_loop_turn(struct io_loop *loop, struct herd_mono deadline)
{
    int hits = ask_or_idle(loop, deadline);
    if (hits >= 0)
        return call_ready(loop, hits);
    return errno == EINTR || errno == EAGAIN ? 0 : HERD_ESYS;
}
