/* SPDX-License-Identifier: ISC */
#include "bench.h"

#include "escape.h"
#include "io/clock.h"

#include <signal.h>
#include <stdarg.h>
#include <stdio.h>

static volatile sig_atomic_t stopped;

int bench_error(int status, const char *format, ...)
{
    char text[1024];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args);
    va_end(args);
    (void)fflush(stdout);
    (void)fputs("herdbench: ", stderr);
    struct herd_slice rest = herd_slice_str(text);
    while (rest.len > 0) {
        char escaped[256];
        size_t len = herd_escape(escaped, sizeof escaped, &rest, HERD_ESCAPE_TEXT);
        (void)fwrite(escaped, 1, len, stderr);
    }
    (void)fputc('\n', stderr);
    return status;
}

static void note_stop(int number)
{
    (void)number;
    stopped = 1;
}

void bench_catch_signals(void)
{
    struct sigaction note = {.sa_handler = note_stop};
    struct sigaction ignore = {.sa_handler = SIG_IGN};
    (void)sigemptyset(&note.sa_mask);
    (void)sigemptyset(&ignore.sa_mask);
    (void)sigaction(SIGINT, &note, NULL);
    (void)sigaction(SIGTERM, &note, NULL);
    (void)sigaction(SIGPIPE, &ignore, NULL);
}

bool bench_stopped(void)
{
    return stopped != 0;
}

int64_t bench_now_ns(void)
{
    return io_clock_mono().ns;
}
