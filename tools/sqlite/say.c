/* SPDX-License-Identifier: ISC */
#include "say.h"

#include "escape.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { INTERVAL_MS = 10000, BURST = 8 };

void say_init(struct say *say, const char *path)
{
    *say = (struct say){.path = path};
    herd_ratelimit_init(&say->limit, INTERVAL_MS, BURST);
}

void say(struct say *say, struct herd_mono now, const char *format, ...)
{
    char text[SAY_LINE] = "", out[HERD_ESCAPE_GROWTH * SAY_LINE];
    uint64_t left_out = 0;
    va_list args;
    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (strcmp(text, say->last) == 0 || !herd_ratelimit_pass(&say->limit, now, &left_out))
        return;
    memcpy(say->last, text, sizeof text);
    struct herd_slice rest = herd_slice_str(text);
    size_t len = herd_escape(out, sizeof out, &rest, HERD_ESCAPE_LINE);
    if (left_out > 0)
        (void)fprintf(stderr, "herd-sqlite: %s: %.*s (and %" PRIu64 " messages left out)\n",
                      say->path, (int)len, out, left_out);
    else
        (void)fprintf(stderr, "herd-sqlite: %s: %.*s\n", say->path, (int)len, out);
}
