/* SPDX-License-Identifier: ISC */
#include "admission.h"

#include "neighbour.h"

#include <inttypes.h>
#include <stdio.h>

/* ---- refusing ---- */

/* For STATUS; a few names are enough to see which configuration is wrong. */
static void remember_refusal(struct herd_links *links, struct herd_slice name,
                             const char *why)
{
    struct herd_refusal *at = links->refusals;
    size_t len = name.len < HERD_CONF_NAME_MAX ? name.len : HERD_CONF_NAME_MAX;
    char text[HERD_CONF_NAME_MAX + 1] = "-";
    for (size_t i = 0; i < len; i++) {
        text[i] = name.data[i] > ' ' && name.data[i] < 0x7f ? name.data[i] : '?';
        text[i + 1] = '\0';
    }
    while (at->count > 0 && strcmp(at->name, text) != 0 &&
           at < links->refusals + HERD_REFUSALS - 1)
        at++;
    if (at->count > 0 && strcmp(at->name, text) != 0)
        at->count = 0;
    snprintf(at->name, sizeof at->name, "%s", text);
    snprintf(at->reason.text, sizeof at->reason.text, "%s", why);
    at->count++;
}

void herd_peer_refuse(struct herd_links *links, struct herd_peer *peer,
                      struct herd_slice name, const char *code, const char *why)
{
    struct herd_neighbour *neighbour = peer->neighbour;
    if (peer->session.ending)
        return;
    links->context->stats.peers_refused++;
    remember_refusal(links, name, why);
    if (herd_peer_is_logged(links, peer))
        herd_logf(links->context, peer->session.id, "refused %.*s: %s",
                  (int)(name.len < 64 ? name.len : 64), name.data, why);
    if (neighbour != NULL && neighbour->partner.peer == NULL)
        (void)herd_partner_set_reason(&neighbour->partner, herd_slice_str(why));
    herd_peer_send_bye(links, peer, code, why);
}

/* ---- limits ---- */

/* The unauthenticated connections at one stage. */
struct waiting {
    uint32_t count;
    struct herd_peer *oldest_neighbour; /* from the address of a neighbour; or NULL */
    struct herd_peer *oldest_other;     /* or NULL */
};

/* links->handshakes is in the order of arrival. */
static struct waiting find_waiting(const struct herd_links *links, enum herd_stage stage)
{
    struct waiting waiting = {0};
    const struct herd_timer *timer = herd_timerq_first(&links->handshakes);
    for (; timer != NULL; timer = herd_timerq_next(&links->handshakes, timer)) {
        struct herd_peer *peer = timer->owner;
        struct herd_peer **oldest = peer->from_neighbour_address ? &waiting.oldest_neighbour
                                                                 : &waiting.oldest_other;
        if (peer->session.ending || !herd_peer_is_unauthenticated(peer) ||
            peer->stage != stage)
            continue;
        waiting.count++;
        if (*oldest == NULL)
            *oldest = peer;
    }
    return waiting;
}

void herd_handshake_evict_oldest(struct herd_links *links, enum herd_stage stage)
{
    struct waiting waiting = find_waiting(links, stage);
    if (waiting.count <= (uint64_t)links->context->setup.conf->handshakes_max)
        return;
    links->context->stats.peers_evicted++;
    herd_peer_refuse(links,
                     waiting.oldest_other != NULL ? waiting.oldest_other
                                                  : waiting.oldest_neighbour,
                     HERD_LIT("-"), "closing",
                     stage == HERD_STAGE_HELLO
                         ? "too many connections that have not said who they are"
                         : "too many connections that have not proven who they are");
}
