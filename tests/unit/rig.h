/* One core on a bench: a configuration from text, clocks that the test moves, and a
 * transcript of what the core wants done.
 *
 * The rig is a careful caller: it carries out the actions in order, never mentions a
 * connection after its end, and hands out DATA in memory of exactly its size. */
#ifndef TESTS_UNIT_RIG_H
#define TESTS_UNIT_RIG_H

#include "fail_mem.h"
#include "herd/core.h"

enum { RIG_CONNS = 128, RIG_SERVERS = 8, RIG_LOOKUPS = 512 };

/* 0.263873386 s after the time in the example of the protocol. */
#define RIG_WALL_NS INT64_C(1621464828223371889)

struct rig_text {
    char *data; /* ends with NUL */
    size_t len, size;
};

typedef void rig_watch(void *watcher, const struct herd_action *action);

struct rig {
    struct fail_mem mem, conf_mem;
    struct herd_conf conf;
    struct herd_core *core; /* NULL: herd_core_new failed */
    struct herd_mono mono;
    struct herd_wall wall;
    bool logs;                    /* the transcript shows LOG actions too */
    rig_watch *watch;             /* unless NULL, is told each action ... */
    void *watcher;                /* ... with this */
    bool open[RIG_CONNS];         /* by connection id */
    bool dialling[RIG_SERVERS];   /* a DIAL waits for its answer */
    struct rig_text said;         /* the actions, one a line, indented */
    struct rig_text sent;         /* all bytes sent to connection 1 */
    size_t sends;                 /* SEND actions so far */
    uint64_t lookup[RIG_LOOKUPS]; /* by number, from 1 on, in the order of FETCHes */
    size_t lookup_count;
};

/* The server called `self` of the herd in `conf`. Places can be asked. */
void rig_start(struct rig *rig, const char *conf, const char *self);

/* Clark of the herd in `conf`, with these options behind it. */
void rig_start_with(struct rig *rig, const char *conf, const char *options);

/* The same, but the setup is the caller's to change before rig_build. */
void rig_prepare(struct rig *rig, const char *conf, const char *self,
                 struct herd_core_setup *setup);
void rig_build(struct rig *rig, const struct herd_core_setup *setup);

/* Frees everything and checks that the core gave all its memory back. */
void rig_end(struct rig *rig);

/* One event; the clocks are filled in. */
void rig_step(struct rig *rig, struct herd_event event);

void rig_open(struct rig *rig, herd_conn_id conn, enum herd_role role, int64_t server);
/* A PEER that was accepted from the address of a neighbour. */
void rig_open_near(struct rig *rig, herd_conn_id conn);
/* A client that is not on this machine: 127.0.0.1 is where all others come from. */
void rig_open_from(struct rig *rig, herd_conn_id conn, struct herd_slice address);
void rig_data(struct rig *rig, herd_conn_id conn, struct herd_slice bytes);
void rig_tick(struct rig *rig);
void rig_pass_ms(struct rig *rig, int64_t ms);

/* Forgets the transcript so far. */
void rig_hush(struct rig *rig);

void rig_text_add(struct rig_text *text, struct herd_slice bytes);
void rig_text_printf(struct rig_text *text, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void rig_text_clear(struct rig_text *text);
void rig_text_free(struct rig_text *text);

/* The count of `field` in the core's statistics. */
#define RIG_STAT(rig, field) ((int64_t)herd_core_stats((rig)->core)->field)

#endif
