/* SPDX-License-Identifier: ISC */
#include "peer.h"

#include <assert.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

/* ---- the log ---- */

bool herd_peer_is_unauthenticated(const struct herd_peer *peer)
{
    return !peer->dialled && peer->stage < HERD_STAGE_UP;
}

/* One decision for all lines about a connection, so that they are complete or absent. */
bool herd_peer_is_logged(struct herd_links *links, struct herd_peer *peer)
{
    uint64_t left_out = 0;
    if (!herd_peer_is_unauthenticated(peer))
        return true;
    if (!peer->log_decided) {
        peer->log_decided = true;
        peer->logged = herd_ratelimit_pass(&links->unauthenticated_log_limit,
                                           links->context->mono, &left_out);
    }
    if (left_out > 0)
        herd_logf(links->context, 0,
                  "%" PRIu64 " unauthenticated connections were left out of this log",
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
        herd_peer_is_logged(links, peer))
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
