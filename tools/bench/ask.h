/* One question at a time over a connection of its own. */
#ifndef BENCH_ASK_H
#define BENCH_ASK_H

#include "line.h"
#include "targets.h"

enum { ASK_PIECE = 16 * 1024 };

struct ask {
    int fd; /* -1: closed */
    const struct target *target;
    struct herd_line lines;
    struct herd_slice rest; /* of `piece`, not yet taken as lines */
    char piece[ASK_PIECE];
    int64_t heard_ns; /* when the last bytes came */
};

/* Connects; complains, returns an exit code. */
int ask_open(struct ask *ask, const struct target *target, int64_t timeout_ns);
void ask_close(struct ask *ask);

/* Sends the bytes of a line with its LF. False: broken. */
bool ask_send(struct ask *ask, struct herd_slice line);

/* The next line without LF; it lives until the next call. False: the connection was lost,
 * or `until_ns` came first. */
bool ask_line(struct ask *ask, int64_t until_ns, struct herd_slice *line);

/* Whether WHATSAT does no harm: finds out, with one client and one question to each server,
 * that they have no key for Places. Complains and returns BENCH_USAGE when one has. */
int ask_places(const struct targets *targets, const struct bench_options *options);

#endif
