/* SPDX-License-Identifier: ISC */
/* Shared by all parts of herdbench: exit codes, errors, signals, time. */
#ifndef BENCH_BENCH_H
#define BENCH_BENCH_H

#include <stdbool.h>
#include <stdint.h>

/* Exit codes; most functions of herdbench return one, as `status`. */
enum bench_status {
    BENCH_OK = 0,
    BENCH_FAILED = 1, /* a reply was wrong or missing, a connection was lost */
    BENCH_USAGE = 2,
    BENCH_DOWN = 3,      /* a server does not accept connections */
    BENCH_TIMED_OUT = 4, /* no reply within the timeout */
    BENCH_STOPPED = 130, /* SIGINT or SIGTERM; results so far have been printed */
};

/* Writes "herdbench: TEXT\n" to standard error, printf-style, with control bytes
 * escaped; returns `status`. */
__attribute__((format(printf, 2, 3))) int bench_error(int status, const char *format, ...);

/* Catches SIGINT and SIGTERM; ignores SIGPIPE. */
void bench_catch_signals(void);

/* Whether one of these signals has been received. */
bool bench_stopped(void);

/* The monotonic clock, in ns. */
int64_t bench_now_ns(void);

#endif
