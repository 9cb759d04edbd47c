/* SPDX-License-Identifier: ISC */
/* The status report of a server, and its presentations. */
#ifndef CTL_STATUS_H
#define CTL_STATUS_H

#include "herd/buf.h"
#include "servers.h"
#include "wire.h"

enum status_state {
    STATUS_UP,
    STATUS_DOWN,      /* no process holds the lock of the pid file */
    STATUS_SILENT,    /* a process holds the lock, but its control socket does not answer */
    STATUS_UNKNOWN,   /* there is no telling, see look.h */
    STATUS_ELSEWHERE, /* it is of another machine, see look.h */
};

struct report {
    enum status_state state;
    pid_t pid;                    /* 0: not known, or none */
    struct herd_error_text error; /* why it is neither up nor down */
    struct herd_buf text; /* STATUS_UP: the reply to STATUS, without its empty line */
};

/* Fetches the status of server `i` over its control socket. The report is freed by
 * report_free, whatever its state. */
void report_fetch(struct report *report, const struct servers *servers, uint32_t i,
                  const struct ctl *ctl);
void report_free(struct report *report);

/* "up", "down", "silent", "unknown" or "elsewhere"; static. */
const char *report_state(const struct report *report);

/* Whether `error` says why the server is neither up nor down. */
bool report_has_reason(const struct report *report);

/* Prints that reason, if there is one, as an error about the server `name`. */
void report_put_reason(const struct report *report, const char *name);

/* One line of the reply, split at its first blank. The slices live as long as the report.
 */
struct report_line {
    struct herd_slice key;
    struct herd_slice value;
};

/* Removes the next line from the front of *rest, which starts as the bytes of report->text.
 * False: there is none. */
bool report_next(struct herd_slice *rest, struct report_line *line);

/* The value of the first line with this key; an empty slice if there is none. */
struct herd_slice report_get(const struct report *report, const char *key);

/* The value of a link line: NAME up HOW BEHIND MODE RTT_US SKEW_MS, or NAME down - 0 WHY...
 * Missing words are empty: older servers send neither MODE nor the words after it. Further
 * words are those of later versions and are ignored. */
struct report_link {
    struct herd_slice name, state;
    struct herd_slice how;                   /* "dialled" or "accepted" */
    struct herd_slice behind;                /* records that are still to be sent */
    struct herd_slice mode, rtt_us, skew_ms; /* up only */
    struct herd_slice why;                   /* down only */
    bool up;
};

void report_parse_link(struct herd_slice value, struct report_link *link);

/* The value of a follower line: NAME MODE BEHIND UNACKNOWLEDGED. Further words are ignored.
 */
struct report_follower {
    struct herd_slice name, mode;
    struct herd_slice behind;         /* records that are still to be sent */
    struct herd_slice unacknowledged; /* changes */
};

void report_parse_follower(struct herd_slice value, struct report_follower *follower);

/* The value of the disk line, of a server with state-dir: NAME STATE BEHIND WHY..., WHY
 * being "-" while it follows. */
struct report_disk {
    struct herd_slice name, state;
    struct herd_slice behind; /* changes that are not known to be on the disk */
    struct herd_slice why;    /* empty: nothing is wrong */
};

void report_parse_disk(struct herd_slice value, struct report_disk *disk);

/* The value of a refusal line, about a server that was refused as neighbour: NAME COUNT
 * WHY... */
struct report_refusal {
    struct herd_slice name, count, why;
};

void report_parse_refusal(struct herd_slice value, struct report_refusal *refusal);

/* The value of a places line, about the provider and its circuit breaker: PROVIDER
 * closed|open|paused|probing RETRY_MS. Older servers send no such line. Further words are
 * ignored.
 */
struct report_places {
    struct herd_slice provider, state, retry_ms;
};

void report_parse_places(struct herd_slice value, struct report_places *places);

/* Parses an integer with or without a minus sign; `otherwise` if `text` is none. */
int64_t report_int(struct herd_slice text, int64_t otherwise);

/* The description of a key; "" if it has none; static. */
const char *report_describe(struct herd_slice key);

/* ---- parts of the presentations for people, on standard output, without LF ---- */

/* The escape sequence of a state's colour; static. */
const char *status_colour(enum status_state state);

/* The state of a link, without its name. */
void status_put_link(const struct report_link *link);

/* Whether the table of all servers has a note about an up link: a full sync is going on or
 * due, or the clocks differ by more than a second. */
bool status_link_needs_note(const struct report_link *link);

void status_put_follower(const struct report_follower *follower);

void status_put_disk(const struct report_disk *disk);

/* Whether the table of all servers has a note about the disk: it does not follow. */
bool status_disk_needs_note(const struct report_disk *disk);

void status_put_refusal(const struct report_refusal *refusal);

/* The provider and the state of its circuit breaker. */
void status_put_places(const struct report_places *places);

/* Whether the table of all servers has a note about Places: the circuit is not closed. */
bool status_places_needs_note(const struct report_places *places);

/* ---- showing all: `reports` are those of the servers of `selection`, in its order ---- */

void status_table(const struct servers *servers, const struct selection *selection,
                  const struct report *reports);
void status_details(const struct servers *servers, uint32_t i, const struct report *report);

/* False: out of memory. */
bool status_json(const struct servers *servers, const struct selection *selection,
                 const struct report *reports);

#endif
