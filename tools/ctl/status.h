/* What a server says about itself, and ways to show it. */
#ifndef CTL_STATUS_H
#define CTL_STATUS_H

#include "herd/buf.h"
#include "servers.h"
#include "wire.h"

enum status_state {
    STATUS_UP,
    STATUS_DOWN,   /* no process holds the lock of the pid file */
    STATUS_SILENT, /* one does, but its control socket did not answer */
};

struct report {
    enum status_state state;
    pid_t pid;
    char why[WIRE_WHY];   /* STATUS_SILENT only */
    struct herd_buf text; /* the reply to STATUS, without its empty line */
};

/* Asks server `i`. The report is given back by report_free. */
void report_ask(struct report *report, const struct servers *servers, uint32_t i,
                const struct ctl *ctl);
void report_free(struct report *report);

/* "up", "down", "silent". */
const char *report_state(const struct report *report);

/* One line of the reply in two parts, which live as long as the report. */
struct report_line {
    struct herd_slice key;
    struct herd_slice value;
};

/* Takes the next line off *rest, which begins as the bytes of report->text. */
bool report_next(struct herd_slice *rest, struct report_line *line);

/* The value of a key, or an empty slice. */
struct herd_slice report_get(const struct report *report, const char *key);

/* A value of a link line: NAME up HOW BEHIND MODE RTT_US SKEW_MS, or NAME down - 0 WHY...
 * Words that the line does not have are empty: older servers send no MODE and what is
 * behind it. More words are for later versions. */
struct report_link {
    struct herd_slice name, state, how, behind;
    struct herd_slice mode, rtt_us, skew_ms; /* up only */
    struct herd_slice why;                   /* down only */
    bool up;
};

void report_link(struct herd_slice value, struct report_link *link);

/* A value of a refusal line: NAME COUNT WHY... A refused peer connection. */
struct report_refusal {
    struct herd_slice name, count, why;
};

void report_refusal(struct herd_slice value, struct report_refusal *refusal);

/* A value of a places line: PROVIDER closed|open|probing RETRY_MS. Older servers send no
 * such line. More words are for later versions. */
struct report_places {
    struct herd_slice provider, state, retry_ms;
};

void report_places(struct herd_slice value, struct report_places *places);

/* A number with or without a minus sign; `otherwise` when it is none. */
int64_t report_int(struct herd_slice text, int64_t otherwise);

/* What a key means, or "". */
const char *report_meaning(struct herd_slice key);

/* ---- showing to people ---- */

/* The state of a link, without its name and without LF. */
void status_put_link(const struct report_link *link);

/* Whether people should know more about a link than that it is up: everything is being
 * sent, or waits for that, or the clocks differ by more than a second. */
bool status_link_is_odd(const struct report_link *link);

void status_put_refusal(const struct report_refusal *refusal);

/* The provider and its state, without LF. */
void status_put_places(const struct report_places *places);

/* Whether people should know more: it is not asked after failures, or just probed. */
bool status_places_is_odd(const struct report_places *places);

/* ---- showing all: `reports` are those of the servers of `choice`, in its order ---- */

void status_table(const struct servers *servers, const struct choice *choice,
                  const struct report *reports);
void status_details(const struct servers *servers, uint32_t i, const struct report *report);

/* False: out of memory. */
bool status_json(const struct servers *servers, const struct choice *choice,
                 const struct report *reports);

#endif
