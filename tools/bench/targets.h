/* SPDX-License-Identifier: ISC */
/* The servers under load. */
#ifndef BENCH_TARGETS_H
#define BENCH_TARGETS_H

#include "herd/conf.h"
#include "io/sock.h"
#include "options.h"
#include "usage.h"
#include "work.h"

struct target {
    char name[WORK_NAME];               /* of the server; "" until a reply tells it */
    char text[HERD_CONF_HOST_MAX + 16]; /* for messages: the name, or HOST:PORT as given */
    char host[HERD_CONF_HOST_MAX + 1];
    unsigned port;
    struct io_addr addr;  /* the first of the host; then that connected to last */
    pid_t pids[PIDS_MAX]; /* its processes; 0 ends the list */
    uint32_t index;       /* in conf.servers; UINT32_MAX: none */
    struct usage before, after;
};

struct targets {
    struct target *list;
    uint32_t count;
    bool has_conf;         /* `conf` is filled */
    const char *conf_path; /* of `conf`; borrowed */
    struct herd_conf conf;
};

/* Finds the targets: all servers of the configuration, or the one of --server. An address
 * beyond loopback is refused unless it is that of --remote. Returns an exit code after
 * printing an error, and then there is nothing to close. */
int targets_open(struct targets *targets, const struct bench_options *options);
void targets_close(struct targets *targets);

/* The number of links on the shortest path from server a to server b of the configuration;
 * UINT32_MAX: there is no path. */
uint32_t targets_hops(const struct targets *targets, uint32_t a, uint32_t b);

/* Connects within `timeout_ns`. Returns a non-blocking descriptor that the caller closes,
 * or -1 after setting *status to an exit code and printing an error. */
int target_dial(struct target *target, int64_t timeout_ns, int *status);

#endif
