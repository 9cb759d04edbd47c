/* Connections accepted from whoever comes: how many may wait to say who they are and to
 * prove it, who gives way, and who is turned away. */
#include "peer.h"

#include <inttypes.h>
#include <stdio.h>

/* ---- turning away ---- */

/* Operators ask who cannot get in; a few names are enough to see what is wrong. */
static void note_refusal(struct herd_core *core, struct herd_slice name, const char *why)
{
    struct herd_refusal *at = core->refusals;
    size_t len = name.len < HERD_CONF_NAME_MAX ? name.len : HERD_CONF_NAME_MAX;
    char text[HERD_CONF_NAME_MAX + 1] = "-";
    for (size_t i = 0; i < len; i++) {
        text[i] = name.data[i] > ' ' && name.data[i] < 0x7f ? name.data[i] : '?';
        text[i + 1] = '\0';
    }
    while (at->count > 0 && strcmp(at->name, text) != 0 &&
           at < core->refusals + HERD_REFUSALS - 1)
        at++;
    if (at->count > 0 && strcmp(at->name, text) != 0)
        at->count = 0;
    snprintf(at->name, sizeof at->name, "%s", text);
    snprintf(at->why, sizeof at->why, "%s", why);
    at->count++;
}

void herd_peer_turn_away(struct herd_core *core, struct herd_conn *conn,
                         struct herd_slice name, const char *code, const char *why)
{
    struct herd_neighbour *neighbour = conn->peer.neighbour;
    if (conn->ending)
        return;
    core->stats.peers_refused++;
    note_refusal(core, name, why);
    if (herd_peer_logged(core, conn))
        herd_logf(core, conn->id, "turned away %.*s: %s",
                  (int)(name.len < 64 ? name.len : 64), name.data, why);
    if (neighbour != NULL && neighbour->conn == NULL)
        (void)herd_neighbour_set_reason(neighbour, herd_slice_str(why));
    herd_peer_send_bye(core, conn, code, why);
}

/* ---- how many there may be ---- */

/* Those at one stage, the oldest first: all of them wait for their handshake to end. */
struct crowd {
    uint32_t count;
    struct herd_conn *first_far, *first_near;
};

static struct crowd look(const struct herd_core *core, enum herd_stage stage)
{
    struct crowd crowd = {0};
    const struct herd_timer *timer = herd_timerq_first(&core->handshakes);
    for (; timer != NULL; timer = herd_timerq_next(&core->handshakes, timer)) {
        struct herd_conn *conn = timer->owner;
        struct herd_conn **first = conn->peer.near ? &crowd.first_near : &crowd.first_far;
        if (conn->ending || !herd_peer_is_stranger(&conn->peer) ||
            conn->peer.stage != stage)
            continue;
        crowd.count++;
        if (*first == NULL)
            *first = conn;
    }
    return crowd;
}

void herd_handshake_evict_oldest(struct herd_core *core, enum herd_stage stage)
{
    struct crowd crowd = look(core, stage);
    if (crowd.count <= (uint64_t)core->setup.conf->handshakes_max)
        return;
    core->stats.peers_crowded++;
    herd_peer_turn_away(core, crowd.first_far != NULL ? crowd.first_far : crowd.first_near,
                        HERD_LIT("-"), "closing",
                        stage == HERD_STAGE_HELLO
                            ? "too many connections that have not said who they are"
                            : "too many connections that have not proven who they are");
}
