/* SPDX-License-Identifier: ISC */
/* The messages of herd-sqlite: lines on standard error, few however much fails. */
#ifndef SQLITE_SAY_H
#define SQLITE_SAY_H

#include "herd/instant.h"
#include "ratelimit.h"

enum { SAY_LINE = 1024 };

struct say {
    const char *path; /* of the file, at the start of each line; borrowed */
    struct herd_ratelimit limit;
    char last[SAY_LINE];
};

void say_init(struct say *say, const char *path);

/* One line, printf-style; control characters are escaped. One that says what the one before
 * has said is left out; of more than a few in ten seconds only the number is told. */
void say(struct say *say, struct herd_mono now, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
