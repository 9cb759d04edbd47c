/* One connection to a server: lines out, lines in, and never longer than a deadline. */
#ifndef CTL_WIRE_H
#define CTL_WIRE_H

#include "ctl.h"
#include "herd/buf.h"
#include "herd/instant.h"
#include "servers.h"

enum { WIRE_WHY = 320 };

struct wire {
    int fd;        /* -1: not connected */
    bool verbose;  /* show every line on standard error */
    bool done;     /* nothing more to send: half-close when the output has gone */
    bool in_reply; /* some bytes of a reply have come */
    int64_t timeout_ms;
    struct herd_mono deadline;
    struct herd_buf in, out;
    size_t taken; /* bytes of `in` that the caller has as its line */
    char name[SERVERS_ADDRESS];
    char why[WIRE_WHY];
};

/* Takes no memory. */
void wire_init(struct wire *wire, bool verbose);
void wire_close(struct wire *wire);

/* From now on everything together may take so long. */
void wire_allow(struct wire *wire, int64_t timeout_ms);

/* Connects. CTL_OK, CTL_DOWN, CTL_LATE; the reason is in `why`. */
int wire_dial(struct wire *wire, const struct place *place);
int wire_dial_unix(struct wire *wire, const char *name, const char *path);

/* Whether the connection is open and the server has neither closed it nor sent anything
 * since the last reply. */
bool wire_quiet(struct wire *wire);

/* Queues a line, to which LF is added; wire_line sends it. CTL_OK or CTL_REFUSED with
 * `why`. */
int wire_put(struct wire *wire, struct herd_slice line);

/* Nothing more will be put. */
void wire_done(struct wire *wire);

/* The next line, with its LF (the last before the server closed may lack it); it lives
 * until the next call. CTL_OK; CTL_REFUSED: the server closed the connection, or the
 * line has no end; CTL_DOWN: the connection broke; CTL_LATE. `why` says what happened. */
int wire_line(struct wire *wire, struct herd_slice *line);

#endif
