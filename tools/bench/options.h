/* What herdbench was asked to do. */
#ifndef BENCH_OPTIONS_H
#define BENCH_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

/* What lines are about. */
enum work_kind {
    WORK_KNOWN,   /* a report of a client that the herd knows, newer than what it holds */
    WORK_NEW,     /* a report of a client that nobody has heard of */
    WORK_STALE,   /* a report that is older than what the herd holds */
    WORK_WHATSAT, /* a question about a client that it knows */
    WORK_INVALID, /* a line that is no command */
    WORK_KINDS
};

extern const char *const work_kind_names[WORK_KINDS];

/* What is spoken. All but SPEAK_HERD know only WORK_KNOWN, and no time of a report. */
enum speak {
    SPEAK_HERD,
    SPEAK_SET,    /* Redis: SET id "location time" */
    SPEAK_GEOADD, /* Redis: GEOADD herdbench:fleet longitude latitude id */
    SPEAK_ECHO    /* lines that come back as they are, as long as a command and its reply
                     are on average */
};

enum command { COMMAND_LOAD, COMMAND_SPREAD, COMMAND_FLOOR };

enum plot { PLOT_NONE, PLOT_CURVE, PLOT_HISTOGRAM };

enum { MIX_WEIGHT_MAX = 1000, PIDS_MAX = 16 };

struct bench_options {
    enum command command;
    const char *conf_path; /* never NULL */
    const char *server;    /* NULL: the whole herd */
    const char *remote;    /* a host other than this one that may be loaded, or NULL */
    int64_t connections, pipeline, idle, cold, fresh, clients;
    int64_t rate;  /* lines a second; 0: closed loop */
    int64_t count; /* lines to measure; 0: by time */
    int64_t duration_ns, warmup_ns, timeout_ns;
    int64_t samples, port, seed;
    int64_t pids[PIDS_MAX]; /* of --server; those behind the last one are 0 */
    enum speak speak;
    enum plot plot;
    int weight[WORK_KINDS]; /* their sum is > 0 */
    bool pipeline_given, no_fill, places_ok, json, quiet;
};

/* Reads argv behind argv[0]; it ends with NULL. Returns -1 to go on, else an exit code:
 * help or the version has been printed, or a complaint. */
int options_read(struct bench_options *options, char **argv);

#endif
