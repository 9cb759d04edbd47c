/* SPDX-License-Identifier: ISC */
/* A neighbour: a server that the configuration links to this one, and all that is known
 * about it. It lives as long as the links; its connections come and go. */
#ifndef HERD_CORE_LINK_NEIGHBOUR_H
#define HERD_CORE_LINK_NEIGHBOUR_H

#ifndef HERD_IN_link
#error "private to src/core/link: include link/links.h"
#endif

#include "fsm.h"
#include "partner.h"

#include <stdint.h>

struct herd_neighbour {
    struct herd_partner partner; /* its connection is the one that carries the link */
    struct herd_link_fsm fsm;
    uint32_t server;  /* index in the configuration */
    uint64_t boot_id; /* of the start that partner.source_id names, if that is not 0 */
};

/* A neighbour that is all zero so far; `name` lives as long as the configuration. */
void herd_neighbour_init(struct herd_neighbour *neighbour, const char *name);

/* What a peer connection is before a HELLO was accepted. */
extern const struct herd_partner_kind herd_neighbour_kind;

/* The neighbour with that index in the configuration, or NULL. */
struct herd_neighbour *herd_neighbour_find(struct herd_links *links, int64_t server);

#endif
