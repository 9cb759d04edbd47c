/* What every part of herdctl knows: the options, the exit codes, and how it prints. */
#ifndef CTL_CTL_H
#define CTL_CTL_H

#include "herd/slice.h"

#include <stdbool.h>
#include <stdint.h>

/* Exit codes; the functions of herdctl return them too. */
enum ctl_status {
    CTL_OK = 0,
    CTL_REFUSED = 1, /* a reply that begins with '?', or something did not work */
    CTL_USAGE = 2,
    CTL_DOWN = 3, /* the server is not running, or nobody answers there */
    CTL_LATE = 4, /* timed out */
};

enum { CTL_TIMEOUT_MS = 5000, CTL_PLACES_TIMEOUT_MS = 15000 };

struct ctl {
    const char *self;      /* argv[0] */
    const char *conf_path; /* never NULL */
    const char *server;    /* -s or HERD_SERVER; NULL: choose one */
    bool server_given;     /* it came from -s */
    int64_t timeout_ms;    /* 0: what the command takes by default */
    bool json, verbose;
};

/* The time that a command may take: -t, or else its own. */
int64_t ctl_timeout_ms(const struct ctl *ctl, int64_t usual_ms);

/* The first failure counts: `status` unless it is CTL_OK, else `next`. */
int ctl_first(int status, int next);

/* Writes "herdctl: TEXT\n" to standard error, control bytes escaped; returns `status`. */
__attribute__((format(printf, 2, 3))) int ctl_complain(int status, const char *format, ...);

/* Decides once what standard output and standard error are. */
void ctl_print_start(void);

/* Writes foreign bytes to standard output: as they are, or, on a terminal, with control
 * bytes other than LF and tab escaped as \xNN. */
void ctl_print(struct herd_slice bytes);

/* Hands on what standard output holds back. */
void ctl_flush(void);

/* One line of the wire to standard error, behind `mark` and a blank. */
void ctl_print_wire(char mark, struct herd_slice line);

/* Whether standard output takes colours: a terminal, and nobody set NO_COLOR. */
bool ctl_colour(void);

/* Flushes standard output. Complains (unless its reader has gone) and returns CTL_REFUSED
 * when it took not all, else `status`. */
int ctl_print_end(int status);

/* ---- the commands: each gets its operands, complains itself, returns a status ---- */

int ctl_iamat(const struct ctl *ctl, int count, char **words);
int ctl_whatsat(const struct ctl *ctl, int count, char **words);
int ctl_send(const struct ctl *ctl, int count, char **lines);
int ctl_start(const struct ctl *ctl, int count, char **names);
int ctl_stop(const struct ctl *ctl, int count, char **names);
int ctl_bench(const struct ctl *ctl, int count, char **words);
int ctl_show_status(const struct ctl *ctl, int count, char **names);

/* Commands from standard input, until its end or `quit`. */
int ctl_shell(const struct ctl *ctl);

#endif
