/* SPDX-License-Identifier: ISC */
#include "wait.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { NAP_MS = 3 };

int64_t now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

bool wait_fd(int fd, short events, int64_t until_ms)
{
    struct pollfd p = {.fd = fd, .events = events};
    for (;;) {
        int64_t left = until_ms - now_ms();
        int n = poll(&p, 1, left > 0 ? (int)left : 0);
        if (n >= 0 || errno != EINTR)
            return n > 0;
    }
}

void nap(void)
{
    (void)poll(NULL, 0, NAP_MS);
}

void note(const char *format, ...)
{
    va_list args;
    if (getenv("HERD_TEST_NOTES") == NULL)
        return;
    va_start(args, format);
    fputs("\n    note: ", stderr);
    vfprintf(stderr, format, args);
    va_end(args);
}
