/* SPDX-License-Identifier: ISC */
/* report-ack disk: replies to reports wait until the disk has the report.
 *
 * The reports that a client sends in one turn of the loop have one held reply, behind which
 * their replies are collected, with those of other commands in between. It is complete when
 * the disk is known to have the last change of them. The waits of all clients are in one
 * list in the order of their beginning, so the ones that are over are at its front. A wait
 * may be behind another of the same turn that waits for a later change: then it is over a
 * little later than it could be. */
#ifndef HERD_CORE_CLIENT_DISK_WAITS_H
#define HERD_CORE_CLIENT_DISK_WAITS_H

#ifndef HERD_IN_client
#error "private to src/core/client: include client/clients.h"
#endif

#include "client.h"

/* One held reply. */
struct herd_disk_wait {
    struct herd_held_reply reply; /* first */
    struct herd_list_node in_all; /* of clients->disk_waits.all */
    struct herd_clients *clients; /* borrowed, as `client` */
    struct herd_client *client;
    uint64_t seq;     /* of the change that it waits for */
    uint64_t turn;    /* in which it began */
    uint64_t reports; /* that it is for */
    struct herd_mono since;
};

/* The wait of the report that is obeyed now; its reply is to be added to the client's
 * replies as usual, after this call. NULL: out of memory, and the session ends. */
struct herd_disk_wait *herd_disk_wait_for(struct herd_clients *clients,
                                          struct herd_client *client);

/* The report has led to the change `seq`, or the client knows of that change by its reply.
 */
void herd_disk_wait_until(struct herd_disk_wait *wait, uint64_t seq);

#endif
