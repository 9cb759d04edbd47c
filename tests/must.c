/* SPDX-License-Identifier: ISC */
#include "must.h"

#include <stdio.h>
#include <stdlib.h>

static must_tell *listener;

void must_fail(const char *what, const char *file, int line)
{
    if (listener != NULL) {
        listener(what, file, line);
        return;
    }
    fprintf(stderr, "%s:%d: not so: %s\n", file, line, what);
    abort();
}

void must_tell_to(must_tell *tell)
{
    listener = tell;
}
