/* SPDX-License-Identifier: ISC */
/* A neighbour: a server that the configuration links to this one, and all that is known
 * about it. It lives as long as the links; its connections come and go. */
#ifndef HERD_CORE_LINK_NEIGHBOUR_H
#define HERD_CORE_LINK_NEIGHBOUR_H

#ifndef HERD_IN_link
#error "private to src/core/link: include link/links.h"
#endif

#include "cursor.h"
#include "fsm.h"
#include "heartbeat.h"
#include "peer.h"
#include "receive.h"
#include "send.h"

#include <stdbool.h>
#include <stdint.h>

struct herd_neighbour {
    struct herd_link_fsm fsm;
    uint32_t server; /* index in the configuration */
    struct herd_peer
        *peer; /* the connection that carries the link; NULL: the link is down */
    struct herd_error_text down_reason; /* why it is down; "" when it never was */
    uint64_t boot_id;          /* of the neighbour's start that was connected last */
    uint64_t source_id;        /* names that start as the source of records; 0: none yet */
    struct herd_cursor cursor; /* how far its feed was read; outlives the link */
    struct herd_send send;
    struct herd_receive receive;
    struct herd_heartbeat heartbeat;
};

/* The neighbour with that index in the configuration, or NULL. */
struct herd_neighbour *herd_neighbour_find(struct herd_links *links, int64_t server);

/* Lives as long as the configuration. */
const char *herd_neighbour_name(const struct herd_links *links,
                                const struct herd_neighbour *neighbour);

/* Keeps, for operators, why the link is down: the first 95 bytes, with control characters
 * replaced by '?'. Returns false when this reason was kept already. */
bool herd_neighbour_set_reason(struct herd_neighbour *neighbour, struct herd_slice reason);

#endif
