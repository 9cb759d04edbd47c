/* SPDX-License-Identifier: ISC */
/* Marks: rare events that must happen in some of the runs, or the runs prove nothing about
 * them. They are observed from outside, in the frames and the counters of the servers. */
#ifndef TESTS_SIM_MARKS_H
#define TESTS_SIM_MARKS_H

#include "sim.h"

/* X(name, what was seen) */
#define MARKS(X)                                                                           \
    X(RESUME_NONE, "RESUME, no record was missing")                                        \
    X(RESUME_SOME, "RESUME, records were missing")                                         \
    X(SYNC, "SYNC for a server without a cursor")                                          \
    X(SYNC_UNKNOWN, "SYNC for a cursor of another feed")                                   \
    X(WAIT, "WAIT while other full syncs run")                                             \
    X(SYNC_LAGGING, "SYNC because a link was lagging")                                     \
    X(REPAIR, "SYNC to repair a difference")                                               \
    X(DIFFER, "heartbeat that proved a difference")                                        \
    X(ECHO, "echo suppressed")                                                             \
    X(TIE, "tie broken by the bytes of the records")                                       \
    X(AHEAD, "record ordered by its receipt, not its time")                                \
    X(HIDDEN, "report hidden by such a record")                                            \
    X(REPEATED, "greater report of the same time, not stored")                             \
    X(STALE, "report no newer than the record held")                                       \
    X(FORGET, "FORGET")                                                                    \
    X(FORGOTTEN, "tombstone in the place of a report")                                     \
    X(RAISED, "tombstone raised above what it covers")                                     \
    X(COVERED, "greater report not stored, received before FORGET")                        \
    X(BACK, "report in the place of a tombstone")                                          \
    X(GAP, "covered report that came back as documented")                                  \
    X(UNSEEN, "query for a record that has expired")                                       \
    X(REPLACED, "lesser report in the place of an expired one")                            \
    X(EXPIRED, "expired record freed")                                                     \
    X(ORDERLY, "herd whose records expired in their order")                                \
    X(REFUSED, "record of a neighbour refused: over")                                      \
    X(CUT_BATCH, "batch cut by a reset")                                                   \
    X(BAD_RECORD, "malformed record skipped")                                              \
    X(BYE_DUPLICATE, "BYE duplicate")                                                      \
    X(BYE_TAKEN, "BYE taken")                                                              \
    X(BYE_QUIET, "BYE quiet: link timed out")                                              \
    X(STALL, "closed: the other end stalled")                                              \
    X(BYE_PROBE, "BYE quiet: probe timed out")                                             \
    X(BYE_CLOSING, "BYE closing: the server shuts down")                                   \
    X(BYE_SLOW, "handshake took too long")                                                 \
    X(WRONG_KEY, "wrong key refused")                                                      \
    X(NO_KEY, "no key refused")                                                            \
    X(SKEW, "skewed clock refused")                                                        \
    X(RULES, "other merge rules refused")                                                  \
    X(VERSION, "other versions refused")                                                   \
    X(ONE_SIDED, "one-sided link refused")                                                 \
    X(OTHER_HERD, "other herd refused")                                                    \
    X(FOLLOWER_RESUME, "RESUME of a follower")                                             \
    X(FOLLOWER_SYNC, "SYNC of a follower")                                                 \
    X(FOLLOWER_GIVES, "follower that gave a restarted server its records")                 \
    X(FOLLOWER_QUIET, "follower that timed out")                                           \
    X(MEMORY, "connection closed: out of memory")                                          \
    X(MEMORY_REPORT, "report refused: out of memory")                                      \
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

/* Marks the events that this frame proves. */
void marks_frame(struct marks *marks, const struct sim_frame *frame);

/* Marks the events that the counters prove at the end of a run. */
void marks_stats(struct marks *marks, const struct sim *sim);

#endif
