/* SPDX-License-Identifier: ISC */
/* The program that keeps the records of this server in state-dir: when it is started, and
 * when the server may accept clients and neighbours.
 *
 * It is a follower like others, with a name of its own, and gives back what it holds as
 * soon as it is connected. The server listens when that is done: who asks it then gets what
 * it knew before. It does not wait for a program that fails again and again, or that makes
 * no progress: then it listens without, and says so. */
#ifndef HERD_CORE_DISK_DISK_H
#define HERD_CORE_DISK_DISK_H

#include "client/clients.h"
#include "herd/err.h"
#include "link/links.h"

#include <stdbool.h>
#include <stdint.h>

struct herd_disk {
    struct herd_context *context;       /* borrowed */
    struct herd_links *links;           /* borrowed */
    const struct herd_clients *clients; /* borrowed */
    bool on;                            /* state-dir is set; else nothing below is used */
    bool runs;                 /* DISK_START was given, and DISK_ENDED has not come */
    bool loaded;               /* it has given back what it holds, since it was started */
    bool listens;              /* LISTEN was given */
    bool told_waits;           /* the log has that clients wait for the disk */
    bool stopped;              /* DISK_STOP was given */
    uint32_t failures;         /* in a row */
    uint64_t records_received; /* when progress was last seen */
    struct herd_mono started_at;
    struct herd_mono start_at;      /* while it does not run: when it is started */
    struct herd_mono patient_until; /* while the server does not listen */
    struct herd_error_text reason;  /* the last line that it wrote, or why it ended */
};

/* All that is handed in must outlive the disk. */
void herd_disk_init(struct herd_disk *disk, struct herd_context *context,
                    struct herd_links *links, const struct herd_clients *clients);

/* TICK: starts the program, lets the server listen, and, when it shuts down and everything
 * was sent, ends the program. */
void herd_disk_tick(struct herd_disk *disk);

/* When herd_disk_tick has something to do that no event leads to. */
struct herd_mono herd_disk_deadline(const struct herd_disk *disk);

/* DISK_SAID: it wrote a line for people. Logged with control characters escaped. */
void herd_disk_on_said(struct herd_disk *disk, struct herd_slice line);

/* DISK_ENDED: it has ended, or could not be started; `how` is text for people. */
void herd_disk_on_ended(struct herd_disk *disk, struct herd_slice how);

/* For STATUS. */
struct herd_disk_status {
    const char *state;  /* "down", "starting", "loading", "following" */
    uint64_t behind;    /* changes that are not known to be on the disk */
    const char *reason; /* why it is not following, or "-"; lives until the next step */
};
struct herd_disk_status herd_disk_status(const struct herd_disk *disk);

#endif
