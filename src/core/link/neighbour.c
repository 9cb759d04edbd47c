/* What all that deals with neighbours stands on: who they are, what is said to them, and
 * what the log tells of them. */
#include "peer.h"

#include <assert.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

enum { REASON_MAX = 95 }; /* bytes of a reason that are kept: some come from outside */

/* ---- neighbours ---- */

struct herd_neighbour *herd_neighbour_of(struct herd_links *links, int64_t server)
{
    for (uint32_t i = 0; i < links->neighbour_count; i++)
        if (links->neighbours[i].server == server)
            return &links->neighbours[i];
    return NULL;
}

struct herd_neighbour *herd_neighbour_linked(const struct herd_peer *peer)
{
    return peer->stage == HERD_STAGE_UP ? peer->neighbour : NULL;
}

const char *herd_neighbour_name(const struct herd_links *links,
                                const struct herd_neighbour *neighbour)
{
    return links->context->setup.conf->servers[neighbour->server].name;
}

/* Operators read this on a terminal, and some of it comes from the neighbour. */
bool herd_neighbour_set_reason(struct herd_neighbour *neighbour, struct herd_slice reason)
{
    char printable[REASON_MAX + 1];
    size_t len = reason.len < REASON_MAX ? reason.len : REASON_MAX;
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)reason.data[i];
        printable[i] = c < ' ' || c == 0x7f ? '?' : reason.data[i];
    }
    printable[len] = '\0';
    if (strcmp(printable, neighbour->reason.text) == 0)
        return false;
    memcpy(neighbour->reason.text, printable, len + 1);
    return true;
}

/* ---- the log ---- */

bool herd_peer_is_stranger(const struct herd_peer *peer)
{
    return !peer->ours && peer->stage <= HERD_STAGE_AUTH;
}

/* One decision for all lines about a connection, so that what is told of it is whole. */
bool herd_peer_logged(struct herd_links *links, struct herd_peer *peer)
{
    uint64_t left_out = 0;
    if (!herd_peer_is_stranger(peer))
        return true;
    if (!peer->log_asked) {
        peer->log_asked = true;
        peer->logged =
            herd_ratelimit_pass(&links->strangers_logged, links->context->mono, &left_out);
    }
    if (left_out > 0)
        herd_logf(links->context, 0, "%" PRIu64 " strangers were left out of this log",
                  left_out);
    return peer->logged;
}

/* ---- frames out ---- */

void herd_peer_sendf(struct herd_links *links, struct herd_peer *peer, const char *format,
                     ...)
{
    char frame[HERD_FRAME_HEADER_MAX];
    va_list args;
    va_start(args, format);
    int len = vsnprintf(frame, sizeof frame, format, args);
    va_end(args);
    assert(len > 0 && len < (int)sizeof frame);
    herd_session_send(&peer->session, herd_slice(frame, (size_t)len));
    if (links->context->setup.conf->log_traffic && !peer->session.ending &&
        herd_peer_logged(links, peer))
        herd_log_copy(links->context, HERD_TOPIC_PEER, peer->session.id, '>',
                      herd_slice(frame, (size_t)len - 1));
}

void herd_peer_send_bye(struct herd_links *links, struct herd_peer *peer, const char *code,
                        const char *why)
{
    if (peer->session.ending)
        return;
    herd_peer_sendf(links, peer, "BYE 0 %s %s\n", code, why);
    herd_session_end(&peer->session);
}
