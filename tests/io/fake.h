/* SPDX-License-Identifier: ISC */
/* Runs tools/fake-places and talks to it with raw bytes over a loopback socket.
 *
 * Every wait has a deadline of FAKE_WAIT_MS, after which the call says false. */
#ifndef TESTS_IO_FAKE_H
#define TESTS_IO_FAKE_H

#include "herd/slice.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum { FAKE_WAIT_MS = 10000, FAKE_ARGUMENTS = 6 };

struct fake {
    pid_t pid;
    int out; /* its standard output */
    unsigned port;
    char dir[64];   /* a folder of its own, gone after fake_stop */
    char log[80];   /* the request log in there */
    char line[160]; /* the first line of its output */
};

/* Starts the program, with `-f fault` unless that is NULL, and waits until it is ready.
 * False: nothing runs. */
bool fake_start(struct fake *f, const char *fault);

/* As fake_start, with these arguments: at most FAKE_ARGUMENTS, ended by NULL. */
bool fake_start_with(struct fake *f, const char *const *arguments);

/* Sends the signal and waits. The exit status, or -1 when it had to be killed or ended by
 * a signal. */
int fake_stop(struct fake *f, int signal);

/* Runs the program with one argument that makes it end by itself: the exit status, or
 * -1. */
int fake_run(const char *argument);

/* Milliseconds of the monotonic clock. */
int64_t fake_now_ms(void);

/* A connection; what has come and is not yet taken is data[0..len). */
struct wire {
    int fd;
    char *data;
    size_t len;
    size_t size;
    bool eof;
    bool reset;
};

bool wire_open(struct wire *w, const struct fake *f);
void wire_close(struct wire *w);
bool wire_send(struct wire *w, struct herd_slice bytes);

/* Reads until there are `len` bytes; false when the connection ends before. */
bool wire_fill(struct wire *w, size_t len);

/* Reads until the other side closes or resets. */
bool wire_drain(struct wire *w);

/* One reply: its head (with the empty line) and as many bytes of body as its
 * Content-Length says. The slices live until the next call. */
struct wire_reply {
    int status;
    struct herd_slice head;
    struct herd_slice body;
};

/* Reads up to the end of the head; the body is empty, what follows the head stays. */
bool wire_read_head(struct wire *w, struct wire_reply *out);

/* Reads a whole reply. */
bool wire_read(struct wire *w, struct wire_reply *out);

/* Takes a reply away. */
void wire_drop(struct wire *w, const struct wire_reply *reply);

/* Does the head hold this line? */
bool wire_has(const struct wire_reply *reply, const char *line);

#endif
