/* What the parts of the load share. */
#ifndef BENCH_LOAD_INNER_H
#define BENCH_LOAD_INNER_H

#include "cold.h"
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
    struct pollfd *fds; /* one each, and behind them those of cold.flying */
    uint32_t count, alive;
    struct cold cold;
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

/* Keeps the words of what goes wrong, of the first time. */
__attribute__((format(printf, 2, 3))) void load_note(struct load *load, const char *format,
                                                     ...);

/* Counts what a reply that is whole was worth; true: it was right. */
bool load_judge(struct load *load, const struct session *session,
                const struct flight *flight, enum verdict verdict, struct herd_slice line);

/* The time at which line number `i` of the open loop is due. */
int64_t load_due(const struct load *load, uint64_t i);

/* Writes a line by chance into a place that session_add gave. */
void load_put(struct load *load, struct flight *flight, int64_t due_ns);

/* Whether --count lines have been sent. */
bool load_enough(const struct load *load);

/* Sends all that the connection may send now; that each one may. */
void load_top_up(struct load *load, struct session *session);
void load_top_up_all(struct load *load);

/* The open loop: lines that have become due go to the connections in turn. */
void load_fall_due(struct load *load);

/* Takes what has come, and tops the connection up. */
void load_hear(struct load *load, struct session *session);

/* Progress on the terminal: now and then, and at the end. */
void load_show(struct load *load);
void load_show_end(struct load *load);

#endif
