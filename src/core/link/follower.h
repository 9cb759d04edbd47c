/* SPDX-License-Identifier: ISC */
/* A follower: a program on this machine that follows the records through the control
 * socket, and may give some. It is a partner that lives as long as its session: the server
 * remembers nothing about a follower that is not connected. doc/protocol.md, section 4. */
#ifndef HERD_CORE_LINK_FOLLOWER_H
#define HERD_CORE_LINK_FOLLOWER_H

#ifndef HERD_IN_link
#error "private to src/core/link: include link/links.h"
#endif

#include "caught_up.h"
#include "partner.h"
#include "peer.h"

#define HERD_FOLLOWER_LABEL "follower "

struct herd_link_follower {
    struct herd_peer peer; /* first: it is the session */
    struct herd_partner partner;
    struct herd_caught_up caught_up; /* of the disk, with report-ack disk */
    /* HERD_FOLLOWER_LABEL and the name that it gave */
    char label[sizeof HERD_FOLLOWER_LABEL + HERD_FOLLOWER_NAME_MAX];
};

/* Notes whether the disk has been sent everything; once a turn, after what is sent. */
void herd_follower_see_caught_up(struct herd_links *links);

/* The sessions of followers; the service is a struct herd_links. They are not opened, but
 * take over connections: see herd_links_follow. */
extern const struct herd_session_ops herd_follower_session_ops;

#endif
