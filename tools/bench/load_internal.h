/* SPDX-License-Identifier: ISC */
/* Shared by load.c, load_connect.c, load_flow.c and cold.c. */
#ifndef BENCH_LOAD_INTERNAL_H
#define BENCH_LOAD_INTERNAL_H

#include "cold.h"
#include "load.h"
#include "session.h"

#include <poll.h>

enum phase {
    PHASE_FILL,  /* the clients are reported */
    PHASE_RUN,   /* warm-up and measurement */
    PHASE_DRAIN, /* waiting for the last replies */
    PHASE_OVER
};

/* The clients [next, end) that are still to be reported to a server in PHASE_FILL. */
struct share {
    uint32_t next, end;
};

struct load {
    const struct bench_options *options;
    struct targets *targets;
    struct outcome *outcome;
    struct work work;
    enum phase phase;
    struct session *sessions;
    struct pollfd *fds; /* [0..count) of sessions, then those of cold.outstanding */
    uint32_t count, alive;
    struct cold cold;
    int *idle;
    uint32_t idle_count;
    struct share *shares; /* one for each target */
    int64_t now_ns;       /* of the event that is being handled */
    int64_t start_ns;     /* of PHASE_RUN */
    int64_t received_ns;  /* of the last reply, or since when one is awaited */
    int64_t drain_end_ns;
    uint64_t outstanding; /* lines without a reply */
    uint64_t due_next;    /* open loop: the number of the next due line */
    uint64_t measured;    /* lines sent to be measured */
    bool usage_before, usage_after;
    int64_t shown_ns; /* when progress was shown last */
    uint64_t shown_replies;
    bool shown, show;
};

/* Opens all connections. Returns an exit code after printing an error. load_disconnect
 * closes and frees all of it, whatever load_connect returned. */
int load_connect(struct load *load);
void load_disconnect(struct load *load);

/* Keeps the text of the first error, printf-style; later ones are dropped. */
__attribute__((format(printf, 2, 3))) void load_record_error(struct load *load,
                                                             const char *format, ...);

/* Counts a complete reply by its verdict; true: it was right. `request` is NULL for a reply
 * without a request. */
bool load_judge(struct load *load, const struct session *session,
                const struct request *request, enum verdict verdict,
                struct herd_slice line);

/* The time at which line number `i` of the open loop is due. */
int64_t load_due(const struct load *load, uint64_t i);

/* Writes a random line into a request of session_add. */
void load_put(struct load *load, struct request *request, int64_t due_ns);

/* Whether there is a --count, and that number of lines has been sent. */
bool load_count_reached(const struct load *load);

/* Send the lines that the pipeline of this connection, or of every one, has room for. */
void load_fill(struct load *load, struct session *session);
void load_fill_all(struct load *load);

/* Open loop: assigns due lines to the connections in turn, and sends them. */
void load_send_due(struct load *load);

/* Receives replies, and fills the pipeline again. */
void load_receive(struct load *load, struct session *session);

/* Show progress on the terminal, at most four times a second; clear it at the end. */
void load_show(struct load *load);
void load_show_end(struct load *load);

#endif
