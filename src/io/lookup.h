/* SPDX-License-Identifier: ISC */
/* Looking up names without blocking the loop.
 *
 * getaddrinfo() blocks, for a minute when no name server answers, and is the only way that
 * honours all of a machine's settings (hosts file, mDNS, directories) on every system. So a
 * thread runs each lookup and has nothing but a copy of the name and one end of a pipe:
 * no memory is shared, and its answer wakes the loop as any descriptor does. At most
 * IO_LOOKUPS_MAX threads exist; further lookups wait for one of them. A thread that hangs
 * delays nobody at the end: the process ends without it.
 *
 * Each answer is asked for anew: the caches of the system know how long one is valid. */
#ifndef IO_LOOKUP_H
#define IO_LOOKUP_H

#include "herd/err.h"
#include "herd/mem.h"
#include "loop.h"
#include "sockaddr.h"

#include <stdbool.h>

enum { IO_LOOKUPS_MAX = 8 };

/* What a thread runs: fills `addrs` (with port 0) and returns HERD_OK, or fails with
 * HERD_EBAD and `error`. It may be called by several threads at once. */
typedef int (*io_lookup_fn)(struct io_addrs *addrs, const char *host,
                            struct herd_error_text *error);

struct io_lookup {
    const char *host; /* a name; borrowed until the end of the lookup */
    /* The answer, which lives until this returns; NULL: `error` tells why there is none.
     * May start and cancel lookups. */
    void (*done)(void *arg, const struct io_addrs *addrs, const char *error);
    void *arg;

    /* private to the resolver */
    struct io_lookup *next;
    bool waiting;
};

struct io_resolver;

/* `run` is what threads run; NULL: getaddrinfo(). `mem` and `loop` are borrowed. NULL when
 * out of memory. */
struct io_resolver *io_resolver_new(const struct herd_mem *mem, struct io_loop *loop,
                                    io_lookup_fn run);

/* Forgets all lookups and does not wait for threads. Accepts NULL. */
void io_resolver_free(struct io_resolver *resolver);

/* `lookup` is borrowed until `done` is called, which is never from inside this call, or
 * until io_resolver_cancel. Lookups of one name at the same time share a thread. Errors:
 * HERD_ESYS, with `error`: the system gives no thread or no descriptors. */
int io_resolver_start(struct io_resolver *resolver, struct io_lookup *lookup,
                      struct herd_error_text *error);

/* Its thread goes on, and counts, until it has an answer. Harmless for one that has ended,
 * or that is zeroed. */
void io_resolver_cancel(struct io_resolver *resolver, struct io_lookup *lookup);

#endif
