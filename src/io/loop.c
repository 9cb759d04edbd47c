/* SPDX-License-Identifier: ISC */
#include "loop.h"

#include "herd/err.h"
#include "clock.h"
#include "loop_internal.h"

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <poll.h>

struct io_loop *io_loop_new(const struct herd_mem *mem)
{
    struct io_loop *loop = herd_mem_zalloc(mem, sizeof *loop);
    if (loop == NULL)
        return NULL;
    loop->set.mem = mem;
    loop->clock = io_clock_mono;
    return loop;
}

void io_loop_free(struct io_loop *loop)
{
    if (loop == NULL)
        return;
    assert(loop->set.len == 0);
    io_loop_set_free(&loop->set);
    herd_mem_free(loop->set.mem, loop, sizeof *loop);
}

/* ---- watches ----------------------------------------------------------------------- */

static short events_of(unsigned want)
{
    return (short)(((want & IO_READ) ? POLLIN : 0) | ((want & IO_WRITE) ? POLLOUT : 0));
}

int io_loop_add(struct io_loop *loop, struct io_watch *watch, unsigned want)
{
    assert(watch->fd >= 0 && watch->ready != NULL);
    watch->pinned = false;
    watch->last = false;
    watch->queued = false;
    return io_loop_set_add(&loop->set, watch, events_of(want));
}

/* A change of wants means that the connection is in use: it is likely to be ready soon. */
void io_loop_want(struct io_loop *loop, struct io_watch *watch, unsigned want)
{
    io_loop_set_warm(&loop->set, watch);
    loop->set.fds[watch->place].events = events_of(want);
}

void io_loop_pin(struct io_loop *loop, struct io_watch *watch)
{
    watch->pinned = true;
    io_loop_set_warm(&loop->set, watch);
}

void io_loop_pin_last(struct io_loop *loop, struct io_watch *watch)
{
    io_loop_pin(loop, watch);
    watch->last = true;
}

/* ---- ready watches ----------------------------------------------------------------- */

/* The few that must not wait come before those that anybody can open. */
static void queue(struct io_loop *loop, struct io_watch *watch)
{
    bool front = watch->pinned && !watch->last;
    watch->queued = true;
    watch->prev = front ? NULL : loop->last;
    watch->next = front ? loop->first : NULL;
    *(watch->prev != NULL ? &watch->prev->next : &loop->first) = watch;
    *(watch->next != NULL ? &watch->next->prev : &loop->last) = watch;
}

static void unqueue(struct io_loop *loop, struct io_watch *watch)
{
    if (!watch->queued)
        return;
    watch->queued = false;
    *(watch->prev != NULL ? &watch->prev->next : &loop->first) = watch->next;
    *(watch->next != NULL ? &watch->next->prev : &loop->last) = watch->prev;
}

void io_loop_remove(struct io_loop *loop, struct io_watch *watch)
{
    unqueue(loop, watch);
    io_loop_set_remove(&loop->set, watch);
}

/* The wants may have changed since poll(): events that are no longer wanted are left out.
 * POLLNVAL is reported like an error: some libraries close a descriptor before they say
 * so. */
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

/* All ready watches are found before the first callback, so that callbacks may move
 * entries; a watch that they remove leaves the queue. */
static void find_ready(struct io_loop *loop, int hits)
{
    struct io_loop_set *set = &loop->set;
    struct io_watch *last = NULL;
    loop->ready_count = 0;
    for (size_t i = 0; i < set->len && hits > 0; i++) {
        if (set->fds[i].revents == 0)
            continue;
        struct io_watch *watch = set->watches[i];
        hits--;
        if (watch->last)
            last = watch;
        else
            queue(loop, watch);
        loop->ready_count += !watch->pinned;
        io_loop_set_warm(set, watch);
    }
    if (last != NULL)
        queue(loop, last);
}

size_t io_loop_ready_count(const struct io_loop *loop)
{
    return loop->ready_count;
}

/* Clears revents before each callback: outside of a turn no entry has any. */
static int call_ready(struct io_loop *loop)
{
    int calls = 0;
    while (loop->first != NULL) {
        struct io_watch *watch = loop->first;
        struct pollfd *entry = &loop->set.fds[watch->place];
        unsigned ready = ready_of(entry);
        entry->revents = 0;
        unqueue(loop, watch);
        if (ready == 0)
            continue;
        calls++;
        watch->ready(watch, ready);
    }
    return calls;
}

/* ---- poll() ------------------------------------------------------------------------ */

void io_loop_on_idle(struct io_loop *loop, struct io_idle idle)
{
    loop->idle = idle;
}

/* Rounded up: waking just before the deadline would mean to spin until it is reached. */
static int ms_until(struct herd_mono now, struct herd_mono deadline)
{
    if (herd_mono_is_never(deadline))
        return -1;
    if (herd_mono_reached(now, deadline))
        return 0;
    int64_t left = deadline.ns - now.ns;
    int64_t ms = left / HERD_NS_PER_MS + (left % HERD_NS_PER_MS != 0);
    return ms < INT_MAX ? (int)ms : INT_MAX;
}

static int poll_all(struct io_loop *loop, int timeout_ms)
{
    loop->polls_of_all++;
    return poll(loop->set.fds, (nfds_t)loop->set.len, timeout_ms);
}

static int poll_hot(struct io_loop *loop, int timeout_ms)
{
    loop->polls_of_hot++;
    return poll(loop->set.fds, (nfds_t)loop->set.hot, timeout_ms);
}

static bool has_idle_work(const struct io_loop *loop)
{
    return loop->idle.pending != NULL && loop->idle.pending(loop->idle.arg);
}

/* Does the idle work, if any, before a sleep; returns the time afterwards. */
static struct herd_mono before_sleep(struct io_loop *loop, struct herd_mono now)
{
    if (!has_idle_work(loop))
        return now;
    loop->idle.idle(loop->idle.arg);
    return loop->clock();
}

/* With idle work pending, polls without sleeping first. */
static int turn_few(struct io_loop *loop, struct herd_mono deadline)
{
    struct herd_mono now = {0};
    if (!herd_mono_is_never(deadline))
        now = loop->clock();
    int timeout_ms = ms_until(now, deadline);
    if (timeout_ms == 0 || !has_idle_work(loop))
        return poll_all(loop, timeout_ms);
    int hits = poll_all(loop, 0);
    if (hits != 0)
        return hits;
    loop->idle.idle(loop->idle.arg);
    return poll_all(loop, ms_until(loop->clock(), deadline));
}

static int poll_hot_until(struct io_loop *loop, struct herd_mono now,
                          struct herd_mono until)
{
    int hits = poll_hot(loop, 0);
    if (hits != 0 || herd_mono_reached(now, until)) {
        loop->age += IO_LOOP_AGE_BUSY;
        return hits;
    }
    now = before_sleep(loop, now);
    loop->age += IO_LOOP_AGE_SLEPT;
    return poll_hot(loop, ms_until(now, until));
}

/* Raises the estimate slowly, since preemption inflates single measurements, and lowers it
 * at once. */
static void note_cost(struct io_loop *loop, int64_t cost_ns)
{
    int64_t most_ns = loop->cost_ns + loop->cost_ns / 4 + 1000;
    loop->cost_ns = loop->cost_ns == 0 || cost_ns < most_ns ? cost_ns : most_ns;
}

static struct herd_mono next_of_all(struct herd_mono now, int64_t cost_ns)
{
    const int64_t most_ns = IO_LOOP_APART_MS * HERD_NS_PER_MS;
    int64_t apart_ns =
        cost_ns < most_ns / IO_LOOP_SHARE ? cost_ns * IO_LOOP_SHARE : most_ns;
    return (struct herd_mono){now.ns + apart_ns};
}

/* Polls without sleeping first, which measures the cost of a poll of all. */
static int poll_all_until(struct io_loop *loop, struct herd_mono now,
                          struct herd_mono deadline)
{
    int hits = poll_all(loop, 0);
    struct herd_mono after = loop->clock();
    note_cost(loop, after.ns - now.ns);
    loop->all_at = next_of_all(after, loop->cost_ns);
    if (hits != 0 || herd_mono_reached(after, deadline)) {
        loop->age += IO_LOOP_AGE_BUSY;
        return hits;
    }
    after = before_sleep(loop, after);
    loop->age += IO_LOOP_AGE_SLEPT;
    hits = poll_all(loop, ms_until(after, deadline));
    loop->all_at = next_of_all(loop->clock(), loop->cost_ns);
    return hits;
}

static int turn_many(struct io_loop *loop, struct herd_mono deadline)
{
    struct herd_mono now = loop->clock();
    if (loop->set.hot > 0 && !herd_mono_reached(now, loop->all_at)) {
        struct herd_mono until = herd_mono_min(deadline, loop->all_at);
        int hits = poll_hot_until(loop, now, until);
        if (hits != 0 || herd_mono_reached(until, deadline))
            return hits;
        now = loop->clock();
    }
    return poll_all_until(loop, now, deadline);
}

int io_loop_turn(struct io_loop *loop, struct herd_mono deadline)
{
    int hits =
        loop->set.len <= IO_LOOP_FEW ? turn_few(loop, deadline) : turn_many(loop, deadline);
    if (hits < 0)
        return errno == EINTR || errno == EAGAIN ? 0 : HERD_ESYS;
    if (loop->age >= IO_LOOP_AGE_COOL) {
        loop->age = 0;
        io_loop_set_cool(&loop->set);
    }
    find_ready(loop, hits);
    return call_ready(loop);
}
