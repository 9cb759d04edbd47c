/* SPDX-License-Identifier: ISC */
/* A connection that sends one query at a time and measures its reply. */
#ifndef BENCH_PROBE_H
#define BENCH_PROBE_H

#include "line.h"
#include "targets.h"

enum { PROBE_READ = 16 * 1024 };

struct probe {
    int fd; /* -1: closed */
    struct target *target;
    struct herd_line lines;
    struct herd_slice rest; /* of `piece`: bytes that are not yet returned as lines */
    char piece[PROBE_READ];
    int64_t received_ns; /* when the last bytes were read */
};

/* Connects. Returns an exit code after printing an error; probe_close is needed in any
 * case. */
int probe_open(struct probe *probe, struct target *target, int64_t timeout_ns);
void probe_close(struct probe *probe);

/* Sends a line, which ends with LF. False: the connection was lost. */
bool probe_send(struct probe *probe, struct herd_slice line);

/* Receives the next line into *line, without its LF; it lives until the next call. False:
 * the connection was lost, or `until_ns` was reached first. */
bool probe_receive(struct probe *probe, int64_t until_ns, struct herd_slice *line);

/* Checks with one report and one query to each server that it has no API key for Places, so
 * that WHATSAT costs nothing. Returns BENCH_USAGE after printing an error if one has a key.
 */
int probe_places(const struct targets *targets, const struct bench_options *options);

#endif
