/* One connection under load: lines on the way, and the replies that must come in their
 * order. */
#ifndef BENCH_SESSION_H
#define BENCH_SESSION_H

#include "line.h"
#include "targets.h"
#include "work.h"

/* A line on the way, kept until its reply has come. */
struct flight {
    int64_t due_ns; /* when it was to leave */
    uint8_t kind, len;
    bool measured;
    char line[WORK_LINE];
};

struct session {
    int fd; /* -1: lost */
    struct target *target;
    struct flight *ring; /* `count` flights from `head` on; `depth` places */
    uint32_t depth, head, count;
    uint32_t unsent; /* the last ones of these: not, or not wholly, sent */
    size_t sent_of_first;
    struct herd_line lines;
    unsigned reply_line; /* of the reply that is being read */
    uint64_t next, owed; /* in the open loop: lines that are due, the first one's number */
};

enum { SESSION_PIECE = 64 * 1024 };

/* Takes over the descriptor. False when out of memory. */
bool session_open(struct session *session, struct target *target, int fd, uint32_t depth);
void session_close(struct session *session);

/* Room for one more line, to be filled in; NULL: all places are taken. */
struct flight *session_add(struct session *session);

/* Sends what the system takes. False: the connection is broken (errno). */
bool session_flush(struct session *session);

/* What comes is judged line by line; `told` is called for each reply when it is whole, with
 * its last line, and then the flight is forgotten. `flight` is NULL for a reply that nobody
 * asked for. */
struct session_ear {
    const struct work *work;
    void (*told)(void *arg, struct session *session, const struct flight *flight,
                 enum verdict verdict, struct herd_slice line);
    void *arg;
};

/* Judges bytes that have come. False: a line without end. */
bool session_hear(struct session *session, const struct session_ear *ear,
                  struct herd_slice bytes);

#endif
