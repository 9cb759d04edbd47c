/* SPDX-License-Identifier: ISC */
/* The CPU time and memory that processes have used. */
#ifndef BENCH_USAGE_H
#define BENCH_USAGE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct usage {
    bool known;
    int64_t cpu_ns;              /* of other processes in steps of 10 ms */
    int64_t memory, memory_most; /* resident bytes now, and at most; -1: unknown */
};

/* Adds up processes of this machine, by /proc; without one, usage->known is false. `pids`
 * has at most `most` elements; 0 ends the list earlier. */
void usage_read(struct usage *usage, const pid_t *pids, int most);

/* The usage of this process. */
void usage_read_own(struct usage *usage);

#endif
