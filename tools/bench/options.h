/* SPDX-License-Identifier: ISC */
/* The command line of herdbench. */
#ifndef BENCH_OPTIONS_H
#define BENCH_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

/* The kinds of lines that are sent. */
enum work_kind {
    WORK_KNOWN,   /* a report of a client that the herd knows, newer than what it holds */
    WORK_NEW,     /* a report of a client that no server knows */
    WORK_STALE,   /* a report that is older than what the herd holds */
    WORK_WHATSAT, /* a query for a client that the herd knows */
    WORK_INVALID, /* an invalid command */
    WORK_KINDS
};

/* The names of the kinds in --mix and in reports. */
extern const char *const work_kind_names[WORK_KINDS];

/* The protocol. All but SPEAK_HERD support WORK_KNOWN only. */
enum speak {
    SPEAK_HERD,
    SPEAK_SET,    /* Redis: SET id "location time" */
    SPEAK_GEOADD, /* Redis: GEOADD herdbench:fleet longitude latitude id */
    SPEAK_ECHO    /* lines that are echoed, of the mean length of a command and its reply */
};

enum command { COMMAND_LOAD, COMMAND_SPREAD, COMMAND_FLOOR };

enum plot { PLOT_NONE, PLOT_CURVE, PLOT_HISTOGRAM };

enum {
    MIX_WEIGHT_MAX = 1000, /* of all kinds together */
    PIDS_MAX = 16,
};

struct bench_options {
    enum command command;
    const char *conf_path; /* of -c; NULL: see io_conf_file_find */
    const char *server;    /* NULL: the whole herd */
    const char *remote;    /* a host beyond loopback that may be loaded; NULL: none */
    int64_t connections, pipeline, idle, cold, fresh, clients;
    int64_t rate;  /* lines/s of all connections; 0: closed loop */
    int64_t count; /* lines to measure; 0: by time */
    int64_t duration_ns, warmup_ns, timeout_ns;
    int64_t samples, port, seed;
    int64_t pids[PIDS_MAX]; /* of --server; 0 ends the list */
    enum speak speak;
    enum plot plot;
    int weight[WORK_KINDS]; /* their sum is > 0 */
    bool pipeline_given, no_fill, places_ok, json, quiet;
};

enum { OPTIONS_CONTINUE = -1 };

/* Parses argv, which starts after the name of the program and ends with NULL; *options
 * borrows its texts. Returns OPTIONS_CONTINUE, or an exit code: help or the version has
 * been printed, or an error. */
int options_read(struct bench_options *options, char **argv);

#endif
