/* Connections accepted from whoever comes: how many may wait to say who they are and to
 * prove it, who gives way, and who is turned away. */
#include "peer.h"

#include <inttypes.h>
#include <stdio.h>

/* ---- turning away ---- */

/* Operators ask who cannot get in; a few names are enough to see what is wrong. */
static void note_refusal(struct herd_links *links, struct herd_slice name, const char *why)
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

void herd_peer_turn_away(struct herd_links *links, struct herd_peer *peer,
                         struct herd_slice name, const char *code, const char *why)
{
    struct herd_neighbour *neighbour = peer->neighbour;
    if (peer->session.ending)
        return;
    links->context->stats.peers_refused++;
    note_refusal(links, name, why);
    if (herd_peer_logged(links, peer))
        herd_logf(links->context, peer->session.id, "turned away %.*s: %s",
                  (int)(name.len < 64 ? name.len : 64), name.data, why);
    if (neighbour != NULL && neighbour->peer == NULL)
        (void)herd_neighbour_set_reason(neighbour, herd_slice_str(why));
    herd_peer_send_bye(links, peer, code, why);
}

/* ---- how many there may be ---- */

/* Those at one stage, the oldest first: all of them wait for their handshake to end. */
struct crowd {
    uint32_t count;
    struct herd_peer *first_far, *first_near;
};

static struct crowd look(const struct herd_links *links, enum herd_stage stage)
{
    struct crowd crowd = {0};
    const struct herd_timer *timer = herd_timerq_first(&links->handshakes);
    for (; timer != NULL; timer = herd_timerq_next(&links->handshakes, timer)) {
        struct herd_peer *peer = timer->owner;
        struct herd_peer **first =
            peer->from_neighbour_address ? &crowd.first_near : &crowd.first_far;
        if (peer->session.ending || !herd_peer_is_stranger(peer) || peer->stage != stage)
            continue;
        crowd.count++;
        if (*first == NULL)
            *first = peer;
    }
    return crowd;
}

void herd_handshake_evict_oldest(struct herd_links *links, enum herd_stage stage)
{
    struct crowd crowd = look(links, stage);
    if (crowd.count <= (uint64_t)links->context->setup.conf->handshakes_max)
        return;
    links->context->stats.peers_crowded++;
    herd_peer_turn_away(links, crowd.first_far != NULL ? crowd.first_far : crowd.first_near,
                        HERD_LIT("-"), "closing",
                        stage == HERD_STAGE_HELLO
                            ? "too many connections that have not said who they are"
                            : "too many connections that have not proven who they are");
}
