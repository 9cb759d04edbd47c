/* SPDX-License-Identifier: ISC */
#include "send.h"

#include "batch.h"
#include "decimal.h"
#include "herd/err.h"
#include "partner.h"

#include <inttypes.h>
#include <string.h>

enum {
    SEEK_STEPS = 4096,       /* records that a marker moves back in one turn */
    SLOTS = 2,               /* full syncs at the same time ... */
    SLOT_MS = 5000,          /* ... a longer one keeps no slot */
    BURST_RECORDS_MIN = 256, /* a shorter burst is never lagging */
};

static struct herd_cursor cursor_at(const struct herd_links *links, uint64_t seq)
{
    struct herd_cursor position = {.seq = seq, .known = true};
    memcpy(position.feed, links->context->setup.feed_id, HERD_FEED_ID);
    return position;
}

/* ---- beginning and end ---- */

void herd_send_start(struct herd_partner *partner)
{
    partner->send = (struct herd_send){.mode = HERD_SEND_NONE};
}

void herd_send_stop(struct herd_partner *partner)
{
    herd_marker_stop(&partner->send.marker);
    partner->send.mode = HERD_SEND_NONE;
}

static void start_feed(struct herd_send *send)
{
    send->mode = HERD_SEND_FEED;
    send->burst_records = 0;
}

static void start_full_sync(struct herd_links *links, struct herd_partner *partner,
                            uint64_t after, bool repair)
{
    struct herd_send *send = &partner->send;
    herd_marker_start(links->store, &send->marker);
    send->mode = HERD_SEND_FULL_SYNC;
    send->walk = (struct herd_table_walk){0};
    send->sync_seq = links->store->tail_seq;
    send->sync_after_seq = after;
    send->repair = repair;
    struct herd_cursor from = cursor_at(links, send->sync_seq);
    herd_cursor_send(links, partner->peer, "SYNC", &from);
}

static void finish_full_sync(struct herd_links *links, struct herd_partner *partner)
{
    struct herd_send *send = &partner->send;
    struct herd_cursor at = cursor_at(links, send->sync_seq);
    send->announced_seq = send->sync_seq;
    send->slot_until = (struct herd_mono){0};
    start_feed(send);
    herd_cursor_send(links, partner->peer, "SYNCED", &at);
}

/* ---- slots for full syncs ---- */

static bool has_slot(const struct herd_links *links, const struct herd_send *send)
{
    return send->mode == HERD_SEND_FULL_SYNC &&
           !herd_mono_reached(links->context->mono, send->slot_until);
}

/* Each kind of partners has slots of its own, so that followers do not delay neighbours. */
static bool slot_is_free(const struct herd_links *links, const struct herd_partner *partner)
{
    int taken = 0;
    for (uint32_t i = 0; i < links->partner_count; i++)
        taken += links->partners[i]->kind == partner->kind &&
                 has_slot(links, &links->partners[i]->send);
    return taken < SLOTS;
}

static void start_sync_in_slot(struct herd_links *links, struct herd_partner *partner,
                               bool repair)
{
    start_full_sync(links, partner, 0, repair);
    partner->send.slot_until = herd_mono_add_ms(links->context->mono, SLOT_MS);
}

bool herd_send_repair(struct herd_links *links, struct herd_partner *partner)
{
    if (!slot_is_free(links, partner))
        return false;
    start_sync_in_slot(links, partner, true);
    return true;
}

/* ---- frames ---- */

static void resume(struct herd_links *links, struct herd_partner *partner, uint64_t seq)
{
    struct herd_send *send = &partner->send;
    struct herd_cursor from = cursor_at(links, seq);
    herd_marker_start(links->store, &send->marker);
    send->mode = HERD_SEND_SEEK;
    send->seek_seq = seq;
    send->announced_seq = seq;
    send->acked_seq = seq;
    links->context->stats.resumes++;
    herd_cursor_send(links, partner->peer, "RESUME", &from);
}

static void sync_or_wait(struct herd_links *links, struct herd_partner *partner)
{
    links->context->stats.syncs++;
    if (slot_is_free(links, partner)) {
        start_sync_in_slot(links, partner, false);
        return;
    }
    partner->send.mode = HERD_SEND_WAIT;
    links->context->stats.waits_sent++;
    herd_peer_sendf(links, partner->peer, "WAIT 0 %d\n", (int)SLOT_MS);
}

int herd_peer_on_have(struct herd_links *links, struct herd_peer *peer,
                      const struct herd_call *call)
{
    struct herd_partner *partner = peer->partner;
    struct herd_cursor has;
    if (partner == NULL || partner->send.mode != HERD_SEND_NONE ||
        herd_cursor_parse(call, &has) != HERD_OK)
        return HERD_EBAD;
    struct herd_cursor same = cursor_at(links, has.seq);
    if (herd_cursor_equal(&has, &same) && has.seq <= links->store->tail_seq) {
        resume(links, partner, has.seq);
        return HERD_OK;
    }
    links->context->stats.cursors_unknown += has.known;
    sync_or_wait(links, partner);
    return HERD_OK;
}

int herd_peer_on_ack(struct herd_links *links, struct herd_peer *peer,
                     const struct herd_call *call)
{
    struct herd_partner *partner = peer->partner;
    uint64_t seq;
    (void)links;
    if (partner == NULL ||
        herd_uint_parse(call->words.word[1], UINT64_MAX, &seq) != HERD_OK)
        return HERD_EBAD;
    struct herd_send *send = &partner->send;
    if (seq < send->acked_seq || seq > send->announced_seq)
        return HERD_EBAD;
    send->acked_seq = seq;
    return HERD_OK;
}

static void send_batch(struct herd_links *links, struct herd_partner *partner)
{
    /* The tail is measured from the first batch of a burst. */
    if (partner->send.burst_records == 0)
        partner->send.burst_tail_seq = links->store->tail_seq;
    if (!herd_send_batch(links, partner))
        return;
    if (partner->send.mode == HERD_SEND_FULL_SYNC)
        finish_full_sync(links, partner);
    else
        start_feed(&partner->send); /* a new burst */
}

/* ---- turns ---- */

/* The order of changes has become unfair: many records were sent without reaching the tail,
 * and the tail grew at least half as fast. Clients that report often are moved to the tail
 * again and again, and others may never be sent. */
static bool is_lagging(const struct herd_links *links, const struct herd_send *send)
{
    uint64_t grown = links->store->tail_seq - send->burst_tail_seq;
    return send->burst_records >= BURST_RECORDS_MIN &&
           send->burst_records >= links->store->count / 4 &&
           grown >= send->burst_records / 2;
}

static bool has_work(const struct herd_links *links, const struct herd_partner *partner)
{
    const struct herd_send *send = &partner->send;
    if (partner->peer == NULL || partner->peer->session.ending)
        return false;
    switch (send->mode) {
    case HERD_SEND_NONE: return false;
    case HERD_SEND_WAIT: return slot_is_free(links, partner);
    case HERD_SEND_SEEK: return true;
    case HERD_SEND_FULL_SYNC: return !send->batch_in_flight;
    case HERD_SEND_FEED: break;
    }
    return !send->batch_in_flight && herd_marker_peek(links->store, &send->marker) != NULL;
}

static void do_work(struct herd_links *links, struct herd_partner *partner)
{
    struct herd_send *send = &partner->send;
    if (send->mode == HERD_SEND_WAIT) {
        start_sync_in_slot(links, partner, false);
    } else if (send->mode == HERD_SEND_SEEK) {
        if (herd_marker_seek(links->store, &send->marker, send->seek_seq, SEEK_STEPS))
            start_feed(send);
    } else {
        if (send->mode == HERD_SEND_FEED && is_lagging(links, send)) {
            links->context->stats.syncs_lagging++;
            start_full_sync(links, partner, send->marker.seen_seq, false);
        }
        if (!partner->peer->session.ending)
            send_batch(links, partner);
    }
}

bool herd_send_idle(const struct herd_links *links, const struct herd_partner *partner)
{
    const struct herd_send *send = &partner->send;
    return send->mode == HERD_SEND_FEED && !send->batch_in_flight &&
           herd_marker_peek(links->store, &send->marker) == NULL;
}

uint64_t herd_send_behind(const struct herd_links *links,
                          const struct herd_partner *partner)
{
    const struct herd_store *store = links->store;
    uint64_t changes = store->tail_seq - partner->send.announced_seq;
    if (herd_send_idle(links, partner))
        return 0;
    if (partner->send.mode == HERD_SEND_FULL_SYNC)
        return store->count;
    return changes < store->count ? changes : store->count;
}

const char *herd_send_mode_name(const struct herd_send *send)
{
    if (send->mode == HERD_SEND_FULL_SYNC)
        return "sync";
    return send->mode == HERD_SEND_NONE || send->mode == HERD_SEND_WAIT ? "wait" : "feed";
}

/* This server shuts down, and nothing is left to be sent to the partner. */
static bool can_close(const struct herd_links *links, const struct herd_partner *partner)
{
    bool wants_nothing = partner->send.mode == HERD_SEND_NONE && !partner->kind->must_have;
    return links->context->stopping && partner->peer != NULL &&
           !partner->peer->session.ending &&
           (wants_nothing || herd_send_idle(links, partner)) &&
           (!partner->must_ack || partner->send.acked_seq == partner->send.announced_seq);
}

void herd_send_tick(struct herd_links *links)
{
    for (uint32_t i = 0; i < links->partner_count; i++) {
        struct herd_partner *partner = links->partners[i];
        if (has_work(links, partner))
            do_work(links, partner);
        else if (can_close(links, partner))
            herd_peer_send_bye(links, partner->peer, "closing",
                               "this server is going down");
    }
}

struct herd_mono herd_send_deadline(const struct herd_links *links)
{
    struct herd_mono slot = HERD_NEVER;
    bool waiting = false;
    for (uint32_t i = 0; i < links->partner_count; i++) {
        const struct herd_partner *partner = links->partners[i];
        if (has_work(links, partner) || can_close(links, partner))
            return (struct herd_mono){0};
        waiting = waiting || partner->send.mode == HERD_SEND_WAIT;
        if (has_slot(links, &partner->send))
            slot = herd_mono_min(slot, partner->send.slot_until);
    }
    return waiting ? slot : HERD_NEVER;
}
