/* SPDX-License-Identifier: ISC */
/* When an acknowledgement covers a report.
 *
 * A record that changes again before it was sent is sent at its later place in the feed. So
 * that a partner has acknowledged position 5 does not mean that it has the record that
 * changed at 5, or a newer one: that may have moved to 9 meanwhile, and still be on its
 * way. It does mean that when nothing was left to be sent at the moment in which 5 was the
 * position: then every record had been sent. These positions are remembered until they are
 * acknowledged. */
#ifndef HERD_CORE_LINK_CAUGHT_UP_H
#define HERD_CORE_LINK_CAUGHT_UP_H

#ifndef HERD_IN_link
#error "private to src/core/link: include link/links.h"
#endif

#include <stdint.h>

struct herd_links;
struct herd_partner;

enum { HERD_CAUGHT_UP_MAX = 64 };

/* All zero at the beginning of a connection. */
struct herd_caught_up {
    uint64_t position[HERD_CAUGHT_UP_MAX]; /* ascending */
    uint32_t count;
    uint64_t acked; /* the last position that was acknowledged and left this list */
};

/* Remembers the position of the partner if nothing is left to be sent to it. When there is
 * no room, it replaces the last one: acknowledged later, it covers as much and more. */
void herd_caught_up_see(struct herd_caught_up *caught_up, const struct herd_links *links,
                        const struct herd_partner *partner);

/* The last of these positions that an ACK of `acked_seq` covers; 0: none. */
uint64_t herd_caught_up_acked(struct herd_caught_up *caught_up, uint64_t acked_seq);

#endif
