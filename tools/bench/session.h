/* SPDX-License-Identifier: ISC */
/* One connection under load: its outstanding requests, and the check that replies have the
 * order of the requests. */
#ifndef BENCH_SESSION_H
#define BENCH_SESSION_H

#include "line.h"
#include "targets.h"
#include "work.h"

/* A line that is kept until its reply is complete. */
struct request {
    int64_t due_ns; /* when it was to be sent */
    uint8_t kind, len;
    bool measured;
    char line[WORK_LINE];
};

struct session {
    int fd; /* -1: lost */
    struct target *target;
    struct request *ring; /* a ring of `depth`; `count` from `head` on are used */
    uint32_t depth, head, count;
    uint32_t unsent; /* the last of these: not, or partly, sent */
    size_t sent_of_first;
    struct herd_line lines;
    unsigned reply_line;    /* number of the next line in the current reply */
    uint64_t next, backlog; /* open loop: the number of due lines, and of the first one */
};

enum { SESSION_READ = 64 * 1024 };

/* Owns `fd` afterwards; `depth` is the size of the pipeline. False when out of memory. */
bool session_open(struct session *session, struct target *target, int fd, uint32_t depth);

/* Closes the connection and frees all memory. */
void session_close(struct session *session);

/* A new request, which the caller fills; NULL: the pipeline is full. */
struct request *session_add(struct session *session);

/* Sends as much as the system accepts. False: the connection was lost (errno). */
bool session_flush(struct session *session);

/* `on_reply` is called for each complete reply with its last line (without LF), which lives
 * during the call; then the request is removed. `request` is NULL for a reply without a
 * request. */
struct session_handler {
    const struct work *work;
    void (*on_reply)(void *arg, struct session *session, const struct request *request,
                     enum verdict verdict, struct herd_slice line);
    void *arg;
};

/* Checks received bytes line by line. False: a line is too long, or memory ran out. */
bool session_receive(struct session *session, const struct session_handler *handler,
                     struct herd_slice bytes);

#endif
