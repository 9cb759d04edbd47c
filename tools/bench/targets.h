/* The servers that are loaded. */
#ifndef BENCH_TARGETS_H
#define BENCH_TARGETS_H

#include "herd/conf.h"
#include "io/sock.h"
#include "options.h"
#include "usage.h"
#include "work.h"

struct target {
    char name[WORK_NAME];               /* of the server; "" until it is known */
    char text[HERD_CONF_HOST_MAX + 16]; /* for people: the name, or HOST:PORT as given */
    struct io_addr addr;
    pid_t pids[PIDS_MAX]; /* its processes; behind the last one: 0 */
    uint32_t index;       /* in conf.servers; UINT32_MAX: none */
    struct usage before, after;
};

struct targets {
    struct target *list;
    uint32_t count;
    bool has_conf; /* `conf` is there */
    struct herd_conf conf;
};

/* Finds them: all of the configuration, or the one of --server. One whose address is not on
 * loopback is refused unless its host is that of --remote. Complains; returns an exit code,
 * and leaves nothing to free unless that is 0. */
int targets_open(struct targets *targets, const struct bench_options *options);
void targets_close(struct targets *targets);

/* How many links news passes from a to b; 0: the same, UINT32_MAX: there is no way. */
uint32_t targets_hops(const struct targets *targets, uint32_t a, uint32_t b);

/* A connection, non-blocking, or -1 with *status set to an exit code; complains. */
int target_dial(const struct target *target, int64_t timeout_ns, int *status);

#endif
