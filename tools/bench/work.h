/* SPDX-License-Identifier: ISC */
/* The workload: lines to send, and the check of their replies. */
#ifndef BENCH_WORK_H
#define BENCH_WORK_H

#include "herd/slice.h"
#include "options.h"

#include <stdbool.h>
#include <stdint.h>

enum {
    WORK_LINE = 112, /* bytes of the longest line, LF included */
    WORK_NAME = 65,  /* of a server's name, with NUL */
    WORK_STAMP = 20, /* of the time of a report */
    WORK_ID = 14,    /* of a client id like bench-00000000 */
};

struct work {
    enum speak speak;
    uint32_t clients;
    uint64_t random;                /* state of the random generator */
    uint8_t kinds[MIX_WEIGHT_MAX];  /* kinds[0..kind_count), as often as their weight */
    uint32_t kind_count, new_count; /* new clients so far */
    char tag[9];                    /* of this run; part of the ids of new clients */
    char stamp[WORK_STAMP + 1];     /* the next report's time; grows by 1 ns each */
};

/* The result of checking a line of a reply. */
enum verdict {
    VERDICT_RIGHT,
    VERDICT_MORE,    /* right so far; the reply continues with the next line */
    VERDICT_REFUSED, /* the server answered `?` to a valid line */
    VERDICT_WRONG
};

/* `wall_ns`: the present time, at which the times of reports begin. */
void work_init(struct work *work, const struct bench_options *options, int64_t wall_ns);

/* Draws a kind from the mix. */
enum work_kind work_draw(struct work *work);

/* Writes a line of this kind, about a random client, to `line` (WORK_LINE bytes; no NUL);
 * returns its length with the LF. */
size_t work_put(struct work *work, enum work_kind kind, char *line);

/* The same for WORK_KNOWN about the client number `client`, which is below work->clients.
 */
size_t work_put_client(struct work *work, uint32_t client, char *line);

/* Checks line number `at` (from 0) of a reply, without its LF, to a line that was sent,
 * with its LF. `server` (WORK_NAME bytes) is the name of the server; if it is "", the name
 * in the reply is stored there. A reply of one line has no line 1. */
enum verdict work_check(const struct work *work, enum work_kind kind,
                        struct herd_slice sent, struct herd_slice reply, unsigned at,
                        char *server);

#endif
