/* SPDX-License-Identifier: ISC */
/* A dialler with a resolver of the test's own: names that it knows, and names whose lookup
 * hangs until the test lets it go. One rig at a time. */
#ifndef TESTS_IO_DIAL_RIG_H
#define TESTS_IO_DIAL_RIG_H

#include "check.h"
#include "fail_mem.h"
#include "io/clock.h"
#include "io/dial.h"

#include <pthread.h>

enum { DIAL_CONNECT_MS = 3000, DIAL_ENDS = 64 };

/* One dial, and its end. */
struct dialled {
    int ended;
    int fd;
    struct io_addr addr;
    unsigned to_self;
    char error[HERD_ERROR_TEXT_MAX];
    bool again; /* dials once more when it has ended */
    struct io_dial_order order;
};

struct dial_rig {
    struct fail_mem fail;
    struct io_loop *loop;
    struct io_dialler *dialler;
    int64_t later_ms; /* how much later than the clock the dialler believes it is */
    int open_before;

    pthread_mutex_t lock; /* of the rest: threads of the resolver */
    pthread_cond_t changed;
    bool hold;        /* names that begin with "slow" hang */
    int running;      /* lookups that hang now */
    int most_running; /* and at most */
    int asked;        /* lookups so far */
};

extern struct dial_rig dial_rig;

/* Names: "both" 127.0.0.2 and 127.0.0.1; "here" and "slow..." 127.0.0.1; "six" ::1 and
 * 127.0.0.1; "many" more than IO_DIAL_ATTEMPTS addresses of 127.0.0.0/8; others are
 * unknown. False when it failed, which is then already reported. */
bool dial_rig_up(void);

/* Lets all lookups go, waits for their threads, and checks that nothing is left. */
void dial_rig_down(void);

/* Waits until so many descriptors are open again: a thread that has answered closes its end
 * of the pipe last. */
void dial_rig_wait_closed(int open_before);

/* Starts a dial of host:port. */
bool dial_rig_dial(struct dialled *dialled, const char *host, unsigned port);

void dial_rig_turn(void);

/* Turns until it has ended; false after five seconds. */
bool dial_rig_until_ended(const struct dialled *dialled);

/* Lets the lookups that hang, or keeps those that begin hanging. */
void dial_rig_hold(bool hold);

/* Waits until so many lookups hang; false after five seconds. */
bool dial_rig_wait_running(int count);

/* Listens on host (a number); the port is chosen if it is 0. -1: the system has no such
 * address. */
int dial_rig_listen(const char *host, unsigned *port);

#endif
