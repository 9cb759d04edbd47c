/* SPDX-License-Identifier: ISC */
/* A blocking connection to a server, by lines, with a deadline. */
#ifndef CTL_WIRE_H
#define CTL_WIRE_H

#include "ctl.h"
#include "herd/buf.h"
#include "herd/instant.h"
#include "servers.h"

struct wire {
    int fd;            /* -1: not connected */
    bool verbose;      /* copy every line to standard error */
    bool output_ended; /* half-close when `out` is empty */
    bool in_reply;     /* a line has been received since the last one was sent */
    int64_t timeout_ms;
    struct herd_mono deadline;
    struct herd_buf in, out;
    size_t returned;              /* bytes of `in` that the caller holds as its line */
    char name[SERVERS_ADDRESS];   /* of the server, for messages */
    struct herd_error_text error; /* of the last call that failed */
};

/* Allocates nothing. */
void wire_init(struct wire *wire, bool verbose);

/* Closes the connection and frees its buffers; it may be dialled again. */
void wire_close(struct wire *wire);

/* Sets the deadline to `timeout_ms` from now, for all calls that follow together. */
void wire_set_timeout(struct wire *wire, int64_t timeout_ms);

/* Connect. CTL_OK; CTL_DOWN or CTL_TIMED_OUT with wire->error, and wire->fd is -1. `name`
 * is that of the server, for messages. */
int wire_dial(struct wire *wire, const struct endpoint *endpoint);
int wire_dial_unix(struct wire *wire, const char *name, const char *path);

/* Whether the connection is open, and the server has neither closed it nor sent anything
 * since the last reply. */
bool wire_is_idle(struct wire *wire);

/* Queues a line, to which LF is added; wire_receive sends it. CTL_OK, or CTL_FAILED with
 * wire->error. */
int wire_send(struct wire *wire, struct herd_slice line);

/* Half-closes the connection once all queued lines are sent. */
void wire_end_output(struct wire *wire);

/* Receives the next line, with its LF (the last one before the server closed may lack it);
 * it lives until the next call. CTL_OK; CTL_FAILED: the server closed the connection, or
 * the line is too long; CTL_DOWN: the connection was lost; CTL_TIMED_OUT. Failures set
 * wire->error. */
int wire_receive(struct wire *wire, struct herd_slice *line);

#endif
