/* SPDX-License-Identifier: ISC */
/* A run of a simulated herd as data: its shape, and the operations on it, work of clients
 * and operators and faults. A plan is drawn from a seed, or read from a text; the same plan
 * gives the same run. Because it is data, a plan that fails can be shrunk. */
#ifndef TESTS_SIM_PLAN_H
#define TESTS_SIM_PLAN_H

#include "shape.h"

#include <stdio.h>

/* X(name, word, operands, what happens). Operands: "a" a server; "ab" two servers, "l" two
 * linked ones; "c" a client and "n" a number, in this order. With "~" it lasts. */
#define OPS(X)                                                                             \
    X(REPORT, "report", "acn", "a client reports; n/4 is the time")                        \
    X(FUTURE, "future", "acn", "likewise, but n years ahead")                              \
    X(AHEAD, "ahead", "acn", "likewise, but n ms ahead of the right time")                 \
    X(BULK, "bulk", "an", "n clients report")                                              \
    X(STORM, "storm", "an~", "few clients report n times a second")                        \
    X(FORGET, "forget", "ac", "an operator forgets a client")                              \
    X(QUERY, "query", "ac", "a client asks whether another one is known")                  \
    X(CUT, "cut", "l~", "connections are reset, dials are refused")                        \
    X(ONE_WAY, "one-way", "l~", "nothing gets from the first to the second")               \
    X(STALL, "stall", "l~", "nothing gets through in both directions")                     \
    X(HALF_OPEN, "half-open", "ln", "connections die silently; n: both directions")        \
    X(SLOW, "slow", "ln~", "n bytes a second get through")                                 \
    X(RESET, "reset", "l", "connections are reset, and what is under way is lost")         \
    X(PIECES, "pieces", "l~", "every byte comes alone")                                    \
    X(CRASH, "crash", "a~", "the server ends, and starts again")                           \
    X(VANISH, "vanish", "a~", "likewise, without a reset")                                 \
    X(LEAVE, "leave", "a~", "likewise, by an orderly shutdown")                            \
    X(FREEZE, "freeze", "a~", "the server is stopped, and continues")                      \
    X(CLOCK, "clock", "an", "its clock jumps by n ms")                                     \
    X(SKEW, "skew", "an~", "its clock is n ms off, and its connections are reset")         \
    X(TWIN, "twin", "an~", "a second server of its name; n: it vanishes at last")          \
    X(ONE_SIDED, "one-sided", "l~", "the first one's configuration lacks the link")        \
    X(OTHER_HERD, "other-herd", "a~", "its configuration names another herd")              \
    X(WRONG_KEY, "wrong-key", "an~", "it has another key; n: none, or one against none")   \
    X(VERSIONS, "versions", "a~", "it speaks other versions of the protocol")              \
    X(RULES, "rules", "a~", "it merges by other rules")                                    \
    X(MEMORY, "memory", "an~", "the n-th allocation fails, and all after it until healed") \
    X(HICCUP, "hiccup", "an", "only the n-th allocation fails")                            \
    X(SPOIL, "spoil", "l", "a record is damaged on its way from the first to the second")

enum op_kind {
#define NAME(name, word, operands, what) OP_##name,
    OPS(NAME)
#undef NAME
        OP_KINDS
};

/* Work of clients and operators; the others are faults. */
static inline bool op_is_work(enum op_kind kind)
{
    return kind < OP_CUT;
}

struct op {
    enum op_kind kind;
    int64_t at_ms, for_ms; /* for_ms 0: for ever, or at once */
    uint32_t a, b;         /* servers */
    uint32_t client;
    int64_t n;
};

enum { PLAN_OPS = 256, PLAN_CLIENTS = 24, PLAN_FOLLOWERS = 3 };

struct plan {
    uint64_t seed; /* of everything that is not written here */
    enum shape shape;
    uint32_t servers;
    bool keyed;
    int64_t ping_ms, timeout_ms, retry_max_ms, handshake_ms, connect_ms, skew_max_ms;
    int64_t expire_s;   /* 0: records do not expire */
    int64_t latency_ms; /* of each path at most */
    int64_t rate;       /* of each path, bytes a second; 0: any */
    uint32_t segment;   /* as in sim_path */
    size_t kernel;      /* as in sim */
    int64_t followers;  /* the n-th follows the n-th server, and again from the first on */
    struct op op[PLAN_OPS];
    size_t op_count; /* in the order of time */
    int64_t end_ms;  /* of the faults */
    uint32_t dead;   /* servers that stay dead then, one bit each ... */
    bool dead_silently;
    uint64_t dead_links; /* ... and links, by their place in the configuration */
    int64_t idle_ms;     /* how long it is watched in the end */
};

/* Each seed knows some kinds of faults only: swarm testing. */
void plan_draw(struct plan *plan, uint64_t seed);

void plan_conf(const struct plan *plan, char out[SHAPE_CONF]);

/* As a text that plan_read understands. */
void plan_print(const struct plan *plan, FILE *out);
void plan_print_op(const struct op *op, char *out, size_t size);

/* Reads lines until the end or one that begins with "--". Returns NULL, or what is wrong
 * with the line *line. */
const char *plan_read(struct plan *plan, const char *text, int *line);

const char *op_word(enum op_kind kind);

void plan_sort(struct plan *plan);

/* Nothing happens, or lasts, after plan->end_ms. */
void plan_clip(struct plan *plan);

/* The text of the n-th time: some of different n are the same instant. */
void plan_time(int64_t n, char *out, size_t size);

#endif
