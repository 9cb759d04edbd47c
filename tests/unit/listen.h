/* SPDX-License-Identifier: ISC */
/* What a neighbour hears: the frames that a core sends on one connection, taken apart.
 *
 * Records are counted when they are about clients called c0000 to c8191. */
#ifndef TESTS_UNIT_LISTEN_H
#define TESTS_UNIT_LISTEN_H

#include "protocol/frame.h"
#include "rig/rig.h"

enum { LISTEN_CLIENTS = 8192, LISTEN_TEXT = 96 };

struct listen {
    struct rig *rig;
    herd_conn_id conn;
    struct herd_framer framer;
    struct rig_text frames; /* their headers, one a line; BATCH as BATCH FROM TO COUNT */
    size_t batches, records;
    uint32_t times[LISTEN_CLIENTS]; /* how often each client was told about */
    char last[LISTEN_CLIENTS][LISTEN_TEXT];
    size_t counted; /* clients told about at least once */
};

/* Hears what is sent on `conn` from now on. */
void listen_start(struct listen *listen, struct rig *rig, herd_conn_id conn);
void listen_end(struct listen *listen);

/* Forgets what was heard, but goes on. */
void listen_forget(struct listen *listen);

/* Reports about clients from `first` on to the core, on connection 1, which is open. `time`
 * is that of the first; each has one more. */
void listen_report(struct rig *rig, int first, int count, int64_t time);

/* Ticks and takes what is sent, until the core has no more to send. Returns the number of
 * ticks. */
size_t listen_drain(struct listen *listen);

/* Whether what was heard last about each client is what the core holds. */
bool listen_has_all(const struct listen *listen, int clients);

#endif
