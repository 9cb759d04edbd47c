/* SPDX-License-Identifier: ISC */
/* Connections that send one line each, at a random time of the measurement, while others
 * keep the servers busy: the latency of quiet connections (cold, opened at the start) and
 * of new ones (fresh, whose latency includes connecting). */
#ifndef BENCH_COLD_H
#define BENCH_COLD_H

#include "histogram.h"
#include "session.h"

#include <poll.h>
#include <stdbool.h>
#include <stdint.h>

struct load;

/* When a connection sends its line, after the start of the measurement. */
struct cold_due {
    int64_t after_ns;
    uint32_t index;
};

struct cold_set {
    bool fresh;
    uint32_t count, next; /* due[next..count) are not yet sent */
    struct session *sessions;
    struct cold_due *due;      /* in order of time */
    struct histogram *latency; /* in the outcome */
};

struct cold_request {
    struct cold_set *set;
    struct session *session;
};

enum { COLD_SETS = 2 };

struct cold {
    struct cold_set sets[COLD_SETS];
    struct cold_request *outstanding; /* connections that wait for a reply */
    uint32_t outstanding_count;
};

/* Fills `due` with random times for `count` connections, uniform in [0, duration_ns), in
 * order of time. The same seed gives the same times. */
void cold_plan(struct cold_due *due, uint32_t count, int64_t duration_ns, uint64_t seed);

/* Allocates and connects what the options ask for. Returns an exit code after printing an
 * error. cold_close closes and frees all of it, whatever cold_open returned, and counts
 * connections that were closed or received data without a request. */
int cold_open(struct load *load);
void cold_close(struct load *load);

/* cold_send_due sends the lines that are due by load->now_ns; cold_next_ns is when the next
 * one is due, or INT64_MAX. */
void cold_send_due(struct load *load);
int64_t cold_next_ns(const struct load *load);

/* Handles the events of poll() on outstanding connections; returns the number of these. */
int cold_turn(struct load *load);

/* At the end: counts lines without a reply, with the time that they have waited. */
void cold_count_rest(struct load *load);

#endif
