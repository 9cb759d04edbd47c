/* What a process has used of the machine. */
#ifndef BENCH_USAGE_H
#define BENCH_USAGE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct usage {
    bool known;
    int64_t cpu_ns;              /* in hundredths of a second from another process */
    int64_t memory, memory_most; /* bytes in main memory; -1: not told */
};

/* Of processes on this machine, together, where there is a /proc that tells; else not
 * known. 0 ends the list. */
void usage_read(struct usage *usage, const pid_t *pids, int most);

/* Of this process. */
void usage_read_own(struct usage *usage);

#endif
