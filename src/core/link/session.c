/* SPDX-License-Identifier: ISC */
/* The session of a peer connection: dispatches its frames, and ends it. */
#include "admission.h"
#include "establish.h"
#include "handshake.h"
#include "herd/err.h"
#include "neighbour.h"

#include <assert.h>

/* ---- frames in ---- */

/* The partner of which an event on this connection explains why it has no connection, or
 * NULL. It does not while another connection carries the link, nor before the other side
 * has authenticated: it may only claim the name. */
static struct herd_partner *explained_partner(const struct herd_peer *peer)
{
    struct herd_neighbour *neighbour = peer->neighbour;
    if (peer->partner != NULL)
        return peer->partner;
    return neighbour != NULL && peer->dialled && peer->stage < HERD_STAGE_UP &&
                   neighbour->partner.peer == NULL
               ? &neighbour->partner
               : NULL;
}

static int on_bye(struct herd_links *links, struct herd_peer *peer,
                  const struct herd_call *call)
{
    struct herd_partner *partner = explained_partner(peer);
    struct herd_slice code = call->words.count > 1 ? call->words.word[1] : HERD_LIT("");
    peer->refused = herd_slice_eq(code, HERD_LIT("refused"));
    if (partner != NULL && !herd_slice_eq(code, HERD_LIT("duplicate")) &&
        herd_partner_set_reason(partner, call->line))
        herd_logf(links->context, peer->session.id, "%s sent BYE: %s", partner->name,
                  partner->down_reason.text);
    herd_session_end(&peer->session);
    return HERD_OK;
}

static void close_malformed(struct herd_links *links, struct herd_peer *peer,
                            const char *why)
{
    const struct herd_partner_kind *kind =
        peer->partner != NULL ? peer->partner->kind : &herd_neighbour_kind;
    struct herd_partner *partner = explained_partner(peer);
    herd_partner_count(links, kind->malformed);
    peer->refused = true;
    if (herd_peer_is_logged(links, peer))
        herd_logf(links->context, peer->session.id, "closed: %s", why);
    if (partner != NULL)
        (void)herd_partner_set_reason(partner, herd_slice_str(why));
    herd_peer_send_bye(links, peer, "malformed", why);
}

/* All frames of the link protocol. */
static const struct frame_type {
    struct herd_command command;
    int (*handle)(struct herd_links *links, struct herd_peer *peer,
                  const struct herd_call *call);
} frame_types[] = {
    {HERD_COMMAND("BATCH", 3, HERD_ANY_OPERANDS), herd_peer_on_batch},
    {HERD_COMMAND("ACK", 1, HERD_ANY_OPERANDS), herd_peer_on_ack},
    {HERD_COMMAND("PING", 5, HERD_ANY_OPERANDS), herd_peer_on_ping},
    {HERD_COMMAND("PONG", 1, HERD_ANY_OPERANDS), herd_peer_on_pong},
    {HERD_COMMAND("HELLO", 9, HERD_ANY_OPERANDS), herd_peer_on_hello},
    {HERD_COMMAND("AUTH", 1, HERD_ANY_OPERANDS), herd_peer_on_auth},
    {HERD_COMMAND("UP", 2, HERD_ANY_OPERANDS), herd_peer_on_up},
    {HERD_COMMAND("HAVE", 2, HERD_ANY_OPERANDS), herd_peer_on_have},
    {HERD_COMMAND("RESUME", 2, HERD_ANY_OPERANDS), herd_peer_on_resume},
    {HERD_COMMAND("SYNC", 2, HERD_ANY_OPERANDS), herd_peer_on_sync},
    {HERD_COMMAND("SYNCED", 2, HERD_ANY_OPERANDS), herd_peer_on_synced},
    {HERD_COMMAND("WAIT", 1, HERD_ANY_OPERANDS), herd_peer_on_wait},
    {HERD_COMMAND("BYE", 0, HERD_ANY_OPERANDS), on_bye},
};

/* Words above HERD_WORDS_MAX are ignored: a later version may add some. */
static struct herd_call call_of(const struct herd_frame *frame)
{
    struct herd_call call = {.line = frame->args, .payload = frame->payload};
    herd_words_split(frame->args, &call.words);
    if (call.words.count >= HERD_WORDS_MAX)
        call.words.count = HERD_WORDS_MAX - 1;
    memmove(&call.words.word[1], &call.words.word[0],
            call.words.count * sizeof *call.words.word);
    call.words.word[0] = frame->verb;
    call.words.count++;
    return call;
}

static void on_frame(struct herd_links *links, struct herd_peer *peer,
                     const struct herd_frame *frame)
{
    struct herd_call call = call_of(frame);
    const struct frame_type *type =
        herd_command_find(frame_types, sizeof frame_types, sizeof *frame_types, &call);
    if (peer->stage == HERD_STAGE_RETIRED) {
        /* The neighbour has not seen yet that another connection carries the link, and
         * sends these frames again there. */
        if (type != NULL && type->handle == on_bye)
            on_bye(links, peer, &call);
    } else if (type != NULL) {
        if (!herd_command_fits(&type->command, &call) ||
            type->handle(links, peer, &call) != HERD_OK)
            close_malformed(links, peer, "malformed or unexpected frame");
    } else if (peer->stage == HERD_STAGE_UP) {
        links->context->stats.frames_unknown++;
    } else {
        close_malformed(links, peer, "the first frame must be HELLO");
    }
}

void herd_peer_on_data(void *service, struct herd_session *session, struct herd_slice bytes)
{
    struct herd_links *links = service;
    struct herd_peer *peer = herd_peer_of(session);
    struct herd_frame frame;
    int rc = 0;
    if (peer->partner != NULL)
        herd_heartbeat_on_data(links, peer->partner);
    while (!session->ending && (rc = herd_frame_next(&peer->framer, &bytes, &frame)) == 1)
        on_frame(links, peer, &frame);
    if (rc == HERD_ENOMEM) {
        links->context->stats.out_of_memory++;
        herd_peer_send_bye(links, peer, "closing", "out of memory");
    } else if (rc < 0) {
        close_malformed(links, peer,
                        rc == HERD_ETOOLONG ? "frame too long" : "malformed header");
    }
}

/* ---- the end ---- */

static void free_peer(void *service, struct herd_session *session, struct herd_slice reason)
{
    struct herd_links *links = service;
    struct herd_peer *peer = herd_peer_of(session);
    herd_handshake_end(links, peer);
    herd_framer_free(&peer->framer);
    if (peer->neighbour != NULL)
        herd_link_on_peer_gone(links, peer, reason);
}

/* ---- the session ---- */

static void on_opened(void *service, struct herd_session *session,
                      const struct herd_event *event)
{
    herd_handshake_start(service, herd_peer_of(session), event);
}

static void on_open_failed(void *service, const struct herd_event *event)
{
    if (event->server >= 0)
        herd_links_on_dial_failed(service, event->server, HERD_LIT("out of memory"));
}

void herd_peer_on_eof(void *service, struct herd_session *session)
{
    (void)service;
    herd_session_end(session);
}

/* The kernel has taken the last batch. */
void herd_peer_on_drained(void *service, struct herd_session *session)
{
    struct herd_partner *partner = herd_peer_of(session)->partner;
    (void)service;
    if (partner != NULL)
        partner->send.batch_in_flight = false;
}

/* What is up first sends the records that are left: see herd_send_tick. */
void herd_peer_on_stop(void *service, struct herd_session *session)
{
    (void)service;
    if (herd_peer_of(session)->stage != HERD_STAGE_UP)
        herd_session_end(session);
}

void herd_peer_wipe(struct herd_session *session)
{
    herd_framer_wipe(&herd_peer_of(session)->framer);
}

const struct herd_session_ops herd_peer_session_ops = {
    .size = sizeof(struct herd_peer),
    .open = on_opened,
    .open_failed = on_open_failed,
    .data = herd_peer_on_data,
    .eof = herd_peer_on_eof,
    .drained = herd_peer_on_drained,
    .stop = herd_peer_on_stop,
    .wipe = herd_peer_wipe,
    .free = free_peer,
};
