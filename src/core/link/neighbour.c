/* What all that deals with neighbours stands on: who they are, what is said to them, and
 * what the log tells of them. */
#include "peer.h"

#include <assert.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

/* ---- neighbours ---- */

struct herd_neighbour *herd_neighbour_of(struct herd_core *core, int64_t server)
{
    for (uint32_t i = 0; i < core->neighbour_count; i++)
        if (core->neighbours[i].server == server)
            return &core->neighbours[i];
    return NULL;
}

struct herd_neighbour *herd_neighbour_linked(const struct herd_conn *conn)
{
    return conn->peer.stage == HERD_STAGE_UP ? conn->peer.neighbour : NULL;
}

const char *herd_neighbour_name(const struct herd_core *core,
                                const struct herd_neighbour *neighbour)
{
    return core->setup.conf->servers[neighbour->server].name;
}

/* Operators read this on a terminal, and some of it comes from the neighbour. */
bool herd_neighbour_set_reason(struct herd_neighbour *neighbour, struct herd_slice why)
{
    char before[HERD_WHY_MAX];
    size_t len = why.len < HERD_WHY_MAX - 1 ? why.len : HERD_WHY_MAX - 1;
    memcpy(before, neighbour->why, sizeof before);
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)why.data[i];
        neighbour->why[i] = c < ' ' || c == 0x7f ? '?' : why.data[i];
    }
    neighbour->why[len] = '\0';
    return strcmp(before, neighbour->why) != 0;
}

/* ---- the log ---- */

bool herd_peer_is_stranger(const struct herd_peer *peer)
{
    return !peer->ours && peer->stage <= HERD_STAGE_AUTH;
}

/* One decision for all lines about a connection, so that what is told of it is whole. */
bool herd_peer_logged(struct herd_core *core, struct herd_conn *conn)
{
    struct herd_peer *peer = &conn->peer;
    uint64_t left_out = 0;
    if (!herd_peer_is_stranger(peer))
        return true;
    if (!peer->log_asked) {
        peer->log_asked = true;
        peer->logged = herd_ratelimit_pass(&core->strangers_logged, core->mono, &left_out);
    }
    if (left_out > 0)
        herd_logf(core, 0, "%" PRIu64 " strangers were left out of this log", left_out);
    return peer->logged;
}

/* ---- frames out ---- */

void herd_peer_sendf(struct herd_core *core, struct herd_conn *conn, const char *format,
                     ...)
{
    char frame[HERD_FRAME_HEADER_MAX];
    va_list args;
    va_start(args, format);
    int len = vsnprintf(frame, sizeof frame, format, args);
    va_end(args);
    assert(len > 0 && len < (int)sizeof frame);
    herd_conn_send(core, conn, herd_slice(frame, (size_t)len));
    if (core->setup.conf->log_traffic && !conn->ending && herd_peer_logged(core, conn))
        herd_log_copy(core, HERD_TOPIC_PEER, conn->id, '>',
                      herd_slice(frame, (size_t)len - 1));
}

void herd_peer_send_bye(struct herd_core *core, struct herd_conn *conn, const char *code,
                        const char *why)
{
    if (conn->ending)
        return;
    herd_peer_sendf(core, conn, "BYE 0 %s %s\n", code, why);
    herd_conn_end(core, conn);
}
