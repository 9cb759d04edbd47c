/* SPDX-License-Identifier: ISC */
#include "loop_set.h"

#include "herd/err.h"

#include <assert.h>
#include <string.h>

enum { FIRST_SIZE = 64 };

void io_loop_set_free(struct io_loop_set *set)
{
    herd_mem_free(set->mem, set->fds, set->size * sizeof *set->fds);
    herd_mem_free(set->mem, set->watches, set->size * sizeof(struct io_watch *));
}

/* Frees the old arrays only when both new ones are there: both grow or none. */
static int grow(struct io_loop_set *set)
{
    size_t size = set->size > 0 ? set->size * 2 : FIRST_SIZE;
    struct pollfd *fds = herd_mem_alloc(set->mem, size * sizeof *fds);
    if (fds == NULL)
        return HERD_ENOMEM;
    struct io_watch **watches = herd_mem_alloc(set->mem, size * sizeof(struct io_watch *));
    if (watches == NULL) {
        herd_mem_free(set->mem, fds, size * sizeof *fds);
        return HERD_ENOMEM;
    }
    if (set->len > 0) {
        memcpy(fds, set->fds, set->len * sizeof *fds);
        memcpy(watches, set->watches, set->len * sizeof(struct io_watch *));
    }
    io_loop_set_free(set);
    set->fds = fds;
    set->watches = watches;
    set->size = size;
    return HERD_OK;
}

static void put(struct io_loop_set *set, size_t place, struct pollfd entry,
                struct io_watch *watch)
{
    set->fds[place] = entry;
    set->watches[place] = watch;
    watch->place = place;
}

static void swap(struct io_loop_set *set, size_t a, size_t b)
{
    if (a == b)
        return;
    struct pollfd entry = set->fds[a];
    struct io_watch *watch = set->watches[a];
    put(set, a, set->fds[b], set->watches[b]);
    put(set, b, entry, watch);
}

int io_loop_set_add(struct io_loop_set *set, struct io_watch *watch, short events)
{
    if (set->len == set->size && grow(set) != HERD_OK)
        return HERD_ENOMEM;
    struct pollfd entry = {.fd = watch->fd, .events = events, .revents = 0};
    put(set, set->len++, entry, watch);
    io_loop_set_warm(set, watch);
    return HERD_OK;
}

/* The last active entry fills a gap among the active ones, the last entry fills the gap
 * that this leaves. */
void io_loop_set_remove(struct io_loop_set *set, struct io_watch *watch)
{
    assert(watch->place < set->len && set->watches[watch->place] == watch);
    if (watch->place < set->hot)
        swap(set, watch->place, --set->hot);
    swap(set, watch->place, --set->len);
}

void io_loop_set_warm(struct io_loop_set *set, struct io_watch *watch)
{
    assert(watch->place < set->len && set->watches[watch->place] == watch);
    watch->warm = true;
    if (watch->place >= set->hot)
        swap(set, watch->place, set->hot++);
}

/* In descending order, so that the entry that fills a gap was visited before. */
void io_loop_set_cool(struct io_loop_set *set)
{
    for (size_t i = set->hot; i-- > 0;) {
        struct io_watch *watch = set->watches[i];
        if (!watch->warm && !watch->pinned)
            swap(set, i, --set->hot);
        watch->warm = false;
    }
}
