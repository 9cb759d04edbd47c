/* SPDX-License-Identifier: ISC */
#include "establish.h"

#include "admission.h"
#include "handshake.h"
#include "neighbour.h"

/* ---- up ---- */

/* A restarted neighbour is a new source: it has lost the records that came from it. */
static void assign_source_id(struct herd_links *links, struct herd_neighbour *neighbour,
                             uint64_t boot_id)
{
    struct herd_partner *partner = &neighbour->partner;
    if (partner->source_id != 0 && neighbour->boot_id == boot_id)
        return;
    neighbour->boot_id = boot_id;
    partner->source_id = ++links->last_source_id;
}

static void bring_up(struct herd_links *links, struct herd_peer *peer)
{
    struct herd_neighbour *neighbour = peer->neighbour;
    assign_source_id(links, neighbour, peer->handshake->boot_id);
    if (!peer->dialled)
        herd_handshake_send_up(links, peer);
    herd_handshake_end(links, peer);
    herd_partner_start(links, &neighbour->partner, peer);
    herd_logf(links->context, peer->session.id, "link to %s is up (%s)",
              neighbour->partner.name, peer->dialled ? "dialled" : "accepted");
}

/* The old connection no longer carries the link, and its end is not the end of the link.
 * The server that dialled the new connection closes the old one: the other server may not
 * know yet that it is replaced. */
static void retire(struct herd_links *links, struct herd_peer *old, bool new_dialled)
{
    old->stage = HERD_STAGE_RETIRED;
    herd_partner_stop(&old->neighbour->partner);
    if (new_dialled)
        herd_peer_send_bye(links, old, "duplicate",
                           "another connection carries this link now");
    else
        herd_timer_arm(&links->handshakes, &old->handshake_timer, links->context->mono);
}

/* The server that accepted this connection regards it as the link once it has sent UP. If
 * that was the neighbour, the neighbour closes it: when it sees the other connection, and
 * then the end of this one is not the end of the link. */
static void refuse_duplicate(struct herd_links *links, struct herd_peer *peer)
{
    if (!peer->dialled) {
        herd_peer_send_bye(links, peer, "duplicate",
                           "another connection carries this link");
        return;
    }
    herd_handshake_end(links, peer);
    peer->stage = HERD_STAGE_RETIRED;
    herd_timer_arm(&links->handshakes, &peer->handshake_timer, links->context->mono);
}

/* Dials that crossed have been decided by then. */
static bool is_past_collisions(const struct herd_links *links,
                               const struct herd_link_fsm *fsm)
{
    int64_t ms = links->context->setup.conf->handshake_timeout_ms;
    return herd_mono_reached(links->context->mono, herd_mono_add_ms(fsm->up_since, ms));
}

void herd_link_establish(struct herd_links *links, struct herd_peer *peer)
{
    struct herd_neighbour *neighbour = peer->neighbour;
    struct herd_peer *old = neighbour->partner.peer;
    herd_conn_id old_id;
    switch (herd_link_fsm_on_handshake_done(&neighbour->fsm, peer->session.id,
                                            peer->dialled, peer->handshake->boot_id,
                                            links->context->mono, &old_id)) {
    case HERD_LINK_ACCEPT:
        links->context->stats.links_up++;
        bring_up(links, peer);
        break;
    case HERD_LINK_REPLACE:
        retire(links, old, peer->dialled);
        bring_up(links, peer);
        break;
    case HERD_LINK_REFUSE:
        refuse_duplicate(links, peer);
        /* A neighbour that dials again later has lost its end of the connection. */
        if (!peer->dialled && is_past_collisions(links, &neighbour->fsm))
            herd_heartbeat_probe(links, &neighbour->partner);
        break;
    case HERD_LINK_NAME_IN_USE:
        links->context->stats.peers_name_in_use++;
        herd_peer_refuse(links, peer, herd_handshake_remote_name(peer), "taken",
                         "another server of this name is connected");
        herd_heartbeat_probe(links, &neighbour->partner);
        break;
    }
}

/* ---- down ---- */

static void take_link_down(struct herd_links *links, struct herd_partner *partner,
                           struct herd_slice reason)
{
    herd_partner_stop(partner);
    links->context->stats.links_down++;
    if (partner->down_reason.text[0] == '\0')
        (void)herd_partner_set_reason(partner, reason);
    herd_logf(links->context, 0, "link to %s is down: %s", partner->name,
              partner->down_reason.text);
}

void herd_link_on_peer_gone(struct herd_links *links, struct herd_peer *peer,
                            struct herd_slice reason)
{
    struct herd_context *context = links->context;
    if (herd_link_fsm_on_lost(&peer->neighbour->fsm, peer->session.id, peer->refused,
                              context->mono, herd_random(context)))
        take_link_down(links, &peer->neighbour->partner, reason);
}
