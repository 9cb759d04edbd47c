/* Lines to send, and whether what comes back is right. */
#ifndef BENCH_WORK_H
#define BENCH_WORK_H

#include "herd/slice.h"
#include "options.h"

#include <stdbool.h>
#include <stdint.h>

enum { WORK_LINE = 112, WORK_NAME = 65, WORK_STAMP = 20 };

struct work {
    enum speak speak;
    uint32_t clients;
    uint64_t chance;                /* state of the generator of chance */
    uint8_t kinds[MIX_WEIGHT_MAX];  /* kinds[0..kind_count), as often as their weight */
    uint32_t kind_count, new_count; /* new clients so far */
    char tag[9];                    /* of this run; in the names of new clients */
    char stamp[WORK_STAMP + 1];     /* the next report's time; grows by 1 ns each */
};

/* What is told by one reply. */
enum verdict {
    VERDICT_RIGHT,
    VERDICT_MORE,    /* right so far; the reply goes on with the next line */
    VERDICT_REFUSED, /* the server said `?` to what is no mistake */
    VERDICT_WRONG
};

/* `wall_ns`: the time now, from which reports count. */
void work_init(struct work *work, const struct bench_options *options, int64_t wall_ns);

/* Draws from the mix. */
enum work_kind work_draw(struct work *work);

/* Writes a line of this kind, about a client by chance, to `line` (WORK_LINE bytes);
 * returns its length. */
size_t work_put(struct work *work, enum work_kind kind, char *line);

/* Likewise, WORK_KNOWN about client number `client` < work->clients. */
size_t work_put_client(struct work *work, uint32_t client, char *line);

/* Judges a reply's line (without LF) to a line that was sent (with LF). `server` (WORK_NAME
 * bytes) is the name of the server; if it is empty it becomes the one that the reply tells.
 * `at` counts the lines of this reply from 0; a reply of one line gets no 1. */
enum verdict work_check(const struct work *work, enum work_kind kind,
                        struct herd_slice sent, struct herd_slice reply, unsigned at,
                        char *server);

#endif
