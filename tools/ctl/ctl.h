/* SPDX-License-Identifier: ISC */
/* Shared by all parts of herdctl: its options, exit codes, output and commands. */
#ifndef CTL_CTL_H
#define CTL_CTL_H

#include "herd/err.h"
#include "herd/slice.h"

#include <stdbool.h>
#include <stdint.h>

/* Exit codes; most functions of herdctl return one, as `status`. */
enum ctl_status {
    CTL_OK = 0,
    CTL_FAILED = 1, /* the reply begins with '?', or an operation failed */
    CTL_USAGE = 2,  /* wrong arguments, or errors in the configuration */
    CTL_DOWN = 3,   /* the server is not running, or does not accept connections */
    CTL_TIMED_OUT = 4,
};

/* Default timeouts: of WHATSAT, which may query Places, of commands that read all records,
 * for which they may have to wait until others are done, of stopping servers with
 * state-dir, whose disk may be slow, and of all other commands. */
enum {
    CTL_TIMEOUT_MS = 5000,
    CTL_PLACES_TIMEOUT_MS = 15000,
    CTL_RECORDS_TIMEOUT_MS = 60000,
    CTL_STATE_TIMEOUT_MS = 10000,
};

struct ctl {
    const char *self;      /* argv[0] */
    const char *conf_path; /* NULL: see io_conf_file_find */
    const char *server;    /* -s or HERD_SERVER; NULL: choose one */
    bool server_given;     /* it came from -s */
    int64_t timeout_ms;    /* 0: the default of the command */
    bool json, verbose;
};

/* The timeout of a command: -t, or else `default_ms`. */
int64_t ctl_timeout_ms(const struct ctl *ctl, int64_t default_ms);

/* `status` unless it is CTL_OK, else `next`. */
int ctl_first_failure(int status, int next);

/* Writes "herdctl: TEXT\n" to standard error, printf-style, escaped as for a
 * terminal; returns `status`. */
__attribute__((format(printf, 2, 3))) int ctl_error(int status, const char *format, ...);

/* Finds out whether standard output and standard error are terminals; called first. */
void ctl_print_start(void);

/* Writes foreign bytes to standard output: as they are, or, on a terminal, escaped as
 * HERD_ESCAPE_TEXT. A failure is reported by ctl_print_end(). */
void ctl_print(struct herd_slice bytes);

/* Flushes standard output. A failure is reported by ctl_print_end(). */
void ctl_flush(void);

/* Whether standard output has failed: more of it is in vain. */
bool ctl_print_failed(void);

/* Writes "MARK LINE\n" to standard error, without the LF that `line` may end with. */
void ctl_print_wire(char mark, struct herd_slice line);

/* Whether to use colours: standard output is a terminal, and NO_COLOR is unset or empty. */
bool ctl_colour(void);

/* Flushes standard output and returns `status`. If some output was lost, the status becomes
 * CTL_FAILED unless it is a failure already, and an error is printed, except when the
 * reader of a pipe has closed it. */
int ctl_print_end(int status);

/* ---- the commands: each gets its operands, prints its own errors, returns a status ----
 */

int ctl_iamat(const struct ctl *ctl, int count, char **words);
int ctl_whatsat(const struct ctl *ctl, int count, char **words);
int ctl_forget(const struct ctl *ctl, int count, char **clients);
int ctl_get(const struct ctl *ctl, int count, char **clients);
int ctl_clients(const struct ctl *ctl, int count, char **words);
int ctl_watch(const struct ctl *ctl, int count, char **words);
int ctl_dump(const struct ctl *ctl, int count, char **words);
int ctl_load(const struct ctl *ctl, int count, char **words);
int ctl_send(const struct ctl *ctl, int count, char **lines);
int ctl_start(const struct ctl *ctl, int count, char **names);
int ctl_stop(const struct ctl *ctl, int count, char **names);
int ctl_bench(const struct ctl *ctl, int count, char **words);
int ctl_show_status(const struct ctl *ctl, int count, char **names);

/* Runs commands from standard input, until its end or `quit`. */
int ctl_shell(const struct ctl *ctl);

#endif
