/* Connections that say one line each, at a time by chance within what is measured, while
 * the others keep the servers busy: how long somebody waits who has been quiet (cold,
 * connected from the start), or who comes only then (fresh: connecting counts, too). */
#ifndef BENCH_COLD_H
#define BENCH_COLD_H

#include "histogram.h"
#include "session.h"

#include <poll.h>
#include <stdbool.h>
#include <stdint.h>

struct load;

/* When a connection says its line, after the start of what is measured. */
struct cold_due {
    int64_t after_ns;
    uint32_t index;
};

struct cold_set {
    bool fresh;
    uint32_t count, next; /* due[next..count) are still to come */
    struct session *sessions;
    struct cold_due *due;      /* by time */
    struct histogram *latency; /* of the outcome */
};

struct cold_flight {
    struct cold_set *set;
    struct session *session;
};

enum { COLD_SETS = 2 };

struct cold {
    struct cold_set sets[COLD_SETS];
    struct cold_flight *flying; /* those that wait for a reply; one descriptor each */
    uint32_t flying_count;
};

/* Times by chance for `count` connections, evenly within [0, duration_ns), in their order.
 */
void cold_plan(struct cold_due *due, uint32_t count, int64_t duration_ns, uint64_t seed);

/* What options ask for: memory and connections; complains. Returns an exit code. cold_close
 * undoes it, and counts connections that did not stay quiet and open. */
int cold_open(struct load *load);
void cold_close(struct load *load);

/* Sends what has become due by load->now_ns; when the next one is, or INT64_MAX. */
void cold_fall_due(struct load *load);
int64_t cold_next_ns(const struct load *load);

/* What poll has told of those that wait; returns how many it had told of. */
int cold_turn(struct load *load);

/* At the end: lines without a reply count with the time that they have waited. */
void cold_count_rest(struct load *load);

#endif
