/* Rare things that must happen in some of the runs: a generator that never makes them
 * happen proves nothing about them. They are seen from outside, on the wires and in the
 * counters of the servers. */
#ifndef TESTS_SIM_MARKS_H
#define TESTS_SIM_MARKS_H

#include "sim.h"

/* X(name, what was seen) */
#define MARKS(X)                                                                           \
    X(RESUME_NONE, "RESUME, nothing was missed")                                           \
    X(RESUME_SOME, "RESUME, something was missed")                                         \
    X(SYNC, "SYNC for a server that has nothing")                                          \
    X(SYNC_UNKNOWN, "SYNC for a server that knew another feed")                            \
    X(WAIT, "WAIT while others are served")                                                \
    X(WALK, "walk of its own accord")                                                      \
    X(REPAIR, "walk to repair a difference")                                               \
    X(DIFFER, "heartbeat that showed a difference")                                        \
    X(ECHO, "record not sent back")                                                        \
    X(TIE, "tie broken by the bytes of the records")                                       \
    X(STALE, "report that is not news")                                                    \
    X(CUT_BATCH, "batch cut by a reset")                                                   \
    X(BAD_RECORD, "malformed record skipped")                                              \
    X(BYE_DUPLICATE, "BYE duplicate")                                                      \
    X(BYE_TAKEN, "BYE taken")                                                              \
    X(BYE_QUIET, "BYE quiet: nothing was heard")                                           \
    X(STALL, "closed: nothing was taken for too long")                                     \
    X(BYE_PROBE, "BYE quiet: probed, and gave no sign of life")                            \
    X(BYE_CLOSING, "BYE closing: the server is going down")                                \
    X(BYE_SLOW, "handshake took too long")                                                 \
    X(WRONG_KEY, "wrong key refused")                                                      \
    X(NO_KEY, "no key refused")                                                            \
    X(SKEW, "skewed clock refused")                                                        \
    X(RULES, "other merge rules refused")                                                  \
    X(VERSION, "other versions refused")                                                   \
    X(ONE_SIDED, "one-sided link refused")                                                 \
    X(OTHER_HERD, "other herd refused")                                                    \
    X(MEMORY, "connection closed for want of memory")                                      \
    X(MEMORY_REPORT, "report refused for want of memory")                                  \
    X(DIAL_FAILED, "dial that failed")

enum mark {
#define MARK(name, what) MARK_##name,
    MARKS(MARK)
#undef MARK
        MARK_COUNT
};

struct marks {
    uint64_t seen[MARK_COUNT];
};

const char *mark_text(enum mark mark);

/* What a frame on its way shows. */
void marks_frame(struct marks *marks, const struct sim_frame *frame);

/* What the counters show at the end of a run. */
void marks_stats(struct marks *marks, const struct sim *sim);

#endif
