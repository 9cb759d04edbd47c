/* One core under a fuzzer: a careful caller, as include/herd/core.h wants it, that checks
 * what the core does to it. Memory of the core is counted. */
#ifndef TESTS_FUZZ_BENCH_H
#define TESTS_FUZZ_BENCH_H

#include "fuzz.h"

#include "herd/core.h"

enum { BENCH_CONNS = 64, BENCH_LOOKUPS = 64, BENCH_SERVERS = 8 };

struct bench;

/* What a fuzzer wants to hear of; each may be NULL. Connections are called by the low half
 * of their ids here and below; the bench makes up the high one. */
struct bench_ears {
    void (*sent)(void *ctx, uint32_t conn, struct herd_slice bytes);
    void (*closed)(void *ctx, uint32_t conn);    /* by the core */
    void (*dialled)(void *ctx, uint32_t server); /* answer after the step */
    void *ctx;
};

struct bench_conn {
    bool open;
    bool paused;
    uint32_t generation;
    bool owes; /* DRAINED */
};

struct bench {
    struct fuzz_mem mem;
    const struct herd_conf *conf;
    struct herd_core *core;
    struct herd_mono mono;
    struct herd_wall wall;
    struct bench_ears ears;
    struct bench_conn conn[BENCH_CONNS];
    bool dialling[BENCH_SERVERS];
    uint64_t lookup[BENCH_LOOKUPS]; /* under way, the oldest first */
    size_t lookup_count;
};

/* Parses a configuration once and for all; the text has no mistakes. `*conf` is kept by the
 * caller, zero at first, and never freed. */
const struct herd_conf *bench_conf(struct herd_conf *conf, const char *text);

/* The server called `self`. `key` (forge.h) is of the herd, or NULL; `n` makes the boot
 * and feed ids of several benches differ. */
void bench_start(struct bench *bench, const struct herd_conf *conf, const char *self,
                 uint8_t *key, uint8_t n);

/* Frees the core, and checks that it gave all its memory back. */
void bench_end(struct bench *bench);

/* One event; the clocks are filled in, and the bytes copied. */
void bench_step(struct bench *bench, struct herd_event event);

void bench_open(struct bench *bench, uint32_t conn, enum herd_role role, int64_t server);

/* Does nothing when the connection is not open, or paused (then it returns false). */
bool bench_data(struct bench *bench, uint32_t conn, struct herd_slice bytes);
void bench_eof(struct bench *bench, uint32_t conn);
void bench_close(struct bench *bench, uint32_t conn);

/* Time passes; then the kernel takes everything if `drain`, and a turn ends. */
void bench_turn(struct bench *bench, int64_t ms, bool drain);

/* Answers the oldest lookup that is under way, if there is one. */
void bench_answer(struct bench *bench, int status, struct herd_slice body);

/* Checks that every record held is one that the validator accepts. */
void bench_check_records(const struct bench *bench);

#endif
