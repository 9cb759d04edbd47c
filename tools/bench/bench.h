/* What every part of herdbench knows: exit codes, complaints, and being told to stop. */
#ifndef BENCH_BENCH_H
#define BENCH_BENCH_H

#include <stdbool.h>
#include <stdint.h>

/* Exit codes; most functions of herdbench return them too. */
enum bench_status {
    BENCH_OK = 0,
    BENCH_WRONG = 1, /* a reply was wrong or missing, a connection was lost */
    BENCH_USAGE = 2,
    BENCH_DOWN = 3,      /* nobody answers there */
    BENCH_LATE = 4,      /* no reply within the time limit */
    BENCH_STOPPED = 130, /* Ctrl-C; what was measured until then has been printed */
};

/* Writes "herdbench: TEXT\n" to standard error, control bytes escaped; returns `status`. */
__attribute__((format(printf, 2, 3))) int bench_complain(int status, const char *format,
                                                         ...);

/* Catches SIGINT and SIGTERM; ignores SIGPIPE. */
void bench_catch_signals(void);

/* Whether one of them has come. */
bool bench_stopped(void);

/* Nanoseconds of the monotonic clock. */
int64_t bench_now_ns(void);

#endif
