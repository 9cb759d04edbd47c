/* What the parts of the load share. */
#ifndef BENCH_LOAD_INNER_H
#define BENCH_LOAD_INNER_H

#include "load.h"
#include "session.h"

#include <poll.h>

enum phase {
    PHASE_FILL,  /* the clients are made known */
    PHASE_RUN,   /* warm-up and measurement */
    PHASE_DRAIN, /* the last replies */
    PHASE_OVER
};

/* The clients that a server is told in PHASE_FILL. */
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
    struct pollfd *fds; /* one each */
    uint32_t count, alive;
    int *idle;
    uint32_t idle_count;
    struct share *shares; /* one each target */
    int64_t now_ns;       /* of what is being handled */
    int64_t start_ns;     /* of PHASE_RUN */
    int64_t heard_ns;     /* the last reply, or when waiting for one began */
    int64_t drain_end_ns;
    uint64_t flying;   /* lines on the way */
    uint64_t due_next; /* in the open loop: the number of the line that is due next */
    uint64_t measured; /* lines sent to be measured */
    bool usage_before, usage_after;
    int64_t shown_ns; /* when progress was shown, and how many replies there were */
    uint64_t shown_replies;
    bool shown, show;
};

/* Connects everything; complains. Returns an exit code. load_disconnect undoes it. */
int load_connect(struct load *load);
void load_disconnect(struct load *load);

/* Progress on the terminal: now and then, and at the end. */
void load_show(struct load *load);
void load_show_end(struct load *load);

#endif
