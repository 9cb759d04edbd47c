/* SPDX-License-Identifier: ISC */
/* A loop, a group of connections, and for each connection a record of the calls of its
 * handlers, with the other side's bare socket. One rig at a time. */
#ifndef TESTS_IO_CONN_RIG_H
#define TESTS_IO_CONN_RIG_H

#include "check.h"
#include "fail_mem.h"
#include "io/clock.h"
#include "io/conn.h"

enum { RIG_HIGH = 64 * 1024, RIG_MAX = 256 * 1024, RIG_STALL_MS = 1000 };
enum { RIG_LINGER_MS = 200, RIG_REASON = 128, RIG_HEARD = 64 * 1024 };

struct talk {
    struct io_conn *conn; /* NULL once it is gone */
    int other;            /* the other side's socket, or -1 */
    int fd;               /* of the connection; the test only inspects it */
    int pieces;           /* calls of `data` */
    size_t bytes;
    size_t longest; /* piece, in bytes */
    int eof;
    int drained;
    int closed;
    char reason[RIG_REASON];
    bool echo;
    bool muted;                      /* no handler may be called */
    void (*then)(struct talk *talk); /* at the end of each `data` */
    void (*at_eof)(struct talk *talk);
    void (*at_drained)(struct talk *talk);
    void (*at_closed)(struct talk *talk);
    struct talk *friend;
};

struct rig {
    struct fail_mem fail;
    struct io_loop *loop;
    struct io_conn_group *group;
    struct herd_mono now; /* the time of the next tick: tests advance it */
    int open_before;
};

extern struct rig rig;
extern const struct io_conn_handlers rig_handlers;

/* False when it failed, which is then already reported. */
bool rig_up(void);
bool rig_up_with(struct io_conn_limits limits);
struct io_conn_limits rig_limits(void);

/* Checks that no memory and no descriptor is left. The other sides are to be closed. */
void rig_down(void);

/* An accepted connection over a unix or a TCP socket. The unix one buffers little, so that
 * unsent bytes are sent in several steps. */
bool talk_begin(struct talk *talk, bool tcp);
void talk_end(struct talk *talk);

/* One turn that does not sleep, and a tick. Returns the number of callbacks. */
int rig_turn(void);

/* Turns until the condition holds or five seconds are over, sleeping in between. */
bool rig_until(bool (*holds)(const struct talk *talk), const struct talk *talk);

/* Time passes, then a tick. */
void rig_later(int64_t ms);

bool is_closed(const struct talk *talk);
bool has_eof(const struct talk *talk);
bool has_bytes(const struct talk *talk);
bool is_drained(const struct talk *talk);
bool all_closed(const struct talk *talk);

/* Reads the bytes that have arrived at the other side, at most RIG_HEARD; -1: end, reset.
 */
long talk_hear(const struct talk *talk, char *bytes);

/* Sends a pattern until more than `size` bytes are unsent; returns the number of bytes
 * sent. */
size_t talk_send_until_unsent(struct talk *talk, size_t size);

/* The other side reads once and checks that the pattern continues at *at, which advances.
 * False: no bytes were there. */
bool talk_hear_some(const struct talk *talk, size_t *at);

/* Likewise for all bytes that have arrived. */
void talk_hear_pattern(const struct talk *talk, size_t *at);

/* Milliseconds from rig.now to the deadline of the group. */
int64_t rig_ms_left(void);

/* The other side sends `size` bytes, at most RIG_HEARD. */
void talk_say(const struct talk *talk, size_t size);

/* The other side closes its TCP socket with a reset. */
void talk_reset(struct talk *talk);

#endif
