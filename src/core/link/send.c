/* When a neighbour is sent which records.
 *
 * A neighbour says what it has (HAVE), and is then in one of the modes of enum
 * herd_send_mode:
 *
 *   NONE --HAVE, known place--> BACK --marker is there--> FEED
 *   NONE --HAVE, no place--> WALK (or WAIT, then WALK) --end of the table--> FEED
 *   FEED --fallen behind for good, or a repair--> WALK
 *
 * FEED sends what stands behind the marker, in the order of the changes. WALK goes through
 * the table, and the marker waits where the feed ended when the walk began. */
#include "decimal.h"
#include "herd/err.h"
#include "peer.h"

#include <inttypes.h>

enum {
    BACK_STEPS = 4096, /* records that a marker goes back in one turn */
    SLOTS = 2,         /* neighbours that are sent everything at the same time ... */
    SLOT_MS = 5000,    /* ... unless one of them takes longer */
    STINT_MIN = 256,   /* records, before a link can be called slow */
};

static struct herd_cursor position_of(const struct herd_links *links, uint64_t seq)
{
    struct herd_cursor position = {.seq = seq, .known = true};
    memcpy(position.feed, links->context->setup.feed_id, HERD_FEED_ID);
    return position;
}

/* ---- beginning and end ---- */

void herd_send_start(struct herd_neighbour *neighbour)
{
    neighbour->out = (struct herd_send){.mode = HERD_SEND_NONE};
}

void herd_send_stop(struct herd_neighbour *neighbour)
{
    herd_follow_stop(&neighbour->out.follower);
    neighbour->out.mode = HERD_SEND_NONE;
}

static void begin_feed(struct herd_send *out)
{
    out->mode = HERD_SEND_FEED;
    out->burst_sent = 0;
}

static void begin_walk(struct herd_links *links, struct herd_neighbour *neighbour,
                       uint64_t after, bool repair)
{
    struct herd_send *out = &neighbour->out;
    herd_follow_start(links->store, &out->follower);
    out->mode = HERD_SEND_FULL_SYNC;
    out->walk = (struct herd_walk){0};
    out->walk_from = links->store->tail_seq;
    out->walk_after = after;
    out->repair = repair;
    struct herd_cursor from = position_of(links, out->walk_from);
    herd_cursor_send(links, neighbour->peer, "SYNC", &from);
}

static void end_walk(struct herd_links *links, struct herd_neighbour *neighbour)
{
    struct herd_send *out = &neighbour->out;
    struct herd_cursor at = position_of(links, out->walk_from);
    out->told = out->walk_from;
    out->slot_until = (struct herd_mono){0};
    begin_feed(out);
    herd_cursor_send(links, neighbour->peer, "SYNCED", &at);
}

/* ---- whose turn it is to be sent everything ---- */

static bool has_slot(const struct herd_links *links, const struct herd_send *out)
{
    return out->mode == HERD_SEND_FULL_SYNC &&
           !herd_mono_reached(links->context->mono, out->slot_until);
}

static bool slot_is_free(const struct herd_links *links)
{
    int taken = 0;
    for (uint32_t i = 0; i < links->neighbour_count; i++)
        taken += has_slot(links, &links->neighbours[i].out);
    return taken < SLOTS;
}

static void sync(struct herd_links *links, struct herd_neighbour *neighbour, bool repair)
{
    begin_walk(links, neighbour, 0, repair);
    neighbour->out.slot_until = herd_mono_add_ms(links->context->mono, SLOT_MS);
}

bool herd_send_repair(struct herd_links *links, struct herd_neighbour *neighbour)
{
    if (!slot_is_free(links))
        return false;
    sync(links, neighbour, true);
    return true;
}

/* ---- what neighbours say about it ---- */

static void resume(struct herd_links *links, struct herd_neighbour *neighbour, uint64_t seq)
{
    struct herd_send *out = &neighbour->out;
    struct herd_cursor from = position_of(links, seq);
    herd_follow_start(links->store, &out->follower);
    out->mode = HERD_SEND_SEEK;
    out->back_to = seq;
    out->told = seq;
    out->acked = seq;
    links->context->stats.resumes++;
    herd_cursor_send(links, neighbour->peer, "RESUME", &from);
}

static void sync_or_wait(struct herd_links *links, struct herd_neighbour *neighbour)
{
    links->context->stats.syncs++;
    if (slot_is_free(links)) {
        sync(links, neighbour, false);
        return;
    }
    neighbour->out.mode = HERD_SEND_WAIT;
    links->context->stats.waits_sent++;
    herd_peer_sendf(links, neighbour->peer, "WAIT 0 %d\n", (int)SLOT_MS);
}

int herd_peer_on_have(struct herd_links *links, struct herd_peer *peer,
                      const struct herd_call *call)
{
    struct herd_neighbour *neighbour = herd_neighbour_linked(peer);
    struct herd_cursor has;
    if (neighbour == NULL || neighbour->out.mode != HERD_SEND_NONE ||
        herd_cursor_parse(call, &has) != HERD_OK)
        return HERD_EBAD;
    struct herd_cursor same = position_of(links, has.seq);
    if (herd_cursor_eq(&has, &same) && has.seq <= links->store->tail_seq) {
        resume(links, neighbour, has.seq);
        return HERD_OK;
    }
    links->context->stats.feeds_unknown += has.known;
    sync_or_wait(links, neighbour);
    return HERD_OK;
}

int herd_peer_on_ack(struct herd_links *links, struct herd_peer *peer,
                     const struct herd_call *call)
{
    struct herd_neighbour *neighbour = herd_neighbour_linked(peer);
    uint64_t seq;
    (void)links;
    if (neighbour == NULL ||
        herd_uint_parse(call->words.word[1], UINT64_MAX, &seq) != HERD_OK)
        return HERD_EBAD;
    struct herd_send *out = &neighbour->out;
    if (seq < out->acked || seq > out->told)
        return HERD_EBAD;
    out->acked = seq;
    return HERD_OK;
}

static void send_batch(struct herd_links *links, struct herd_neighbour *neighbour)
{
    /* What came before the first batch of a stint does not make the end recede. */
    if (neighbour->out.burst_sent == 0)
        neighbour->out.burst_tail = links->store->tail_seq;
    if (!herd_send_batch(links, neighbour))
        return;
    if (neighbour->out.mode == HERD_SEND_FULL_SYNC)
        end_walk(links, neighbour);
    else
        begin_feed(&neighbour->out); /* a new stint */
}

/* ---- turns ---- */

/* The order of changes has become unfair: so much was sent without once reaching the end
 * that some records must have been overtaken, and the end recedes about as fast. */
static bool has_fallen_behind(const struct herd_links *links, const struct herd_send *out)
{
    uint64_t grown = links->store->tail_seq - out->burst_tail;
    return out->burst_sent >= STINT_MIN && out->burst_sent >= links->store->count / 4 &&
           grown >= out->burst_sent / 2;
}

static bool wants_more(const struct herd_links *links,
                       const struct herd_neighbour *neighbour)
{
    const struct herd_send *out = &neighbour->out;
    if (neighbour->peer == NULL || neighbour->peer->session.ending)
        return false;
    switch (out->mode) {
    case HERD_SEND_NONE: return false;
    case HERD_SEND_WAIT: return slot_is_free(links);
    case HERD_SEND_SEEK: return true;
    case HERD_SEND_FULL_SYNC: return !out->busy;
    case HERD_SEND_FEED: break;
    }
    return !out->busy && herd_follow_peek(links->store, &out->follower) != NULL;
}

static void give_more(struct herd_links *links, struct herd_neighbour *neighbour)
{
    struct herd_send *out = &neighbour->out;
    if (out->mode == HERD_SEND_WAIT) {
        sync(links, neighbour, false);
    } else if (out->mode == HERD_SEND_SEEK) {
        if (herd_follow_back(links->store, &out->follower, out->back_to, BACK_STEPS))
            begin_feed(out);
    } else {
        if (out->mode == HERD_SEND_FEED && has_fallen_behind(links, out)) {
            links->context->stats.walks++;
            begin_walk(links, neighbour, out->follower.seen_seq, false);
        }
        if (!neighbour->peer->session.ending)
            send_batch(links, neighbour);
    }
}

bool herd_send_idle(const struct herd_links *links, const struct herd_neighbour *neighbour)
{
    const struct herd_send *out = &neighbour->out;
    return out->mode == HERD_SEND_FEED && !out->busy &&
           herd_follow_peek(links->store, &out->follower) == NULL;
}

/* This server stops, and the neighbour has got everything. */
static bool can_leave(const struct herd_links *links,
                      const struct herd_neighbour *neighbour)
{
    return links->context->stopping && neighbour->peer != NULL &&
           !neighbour->peer->session.ending && herd_send_idle(links, neighbour);
}

void herd_send_all(struct herd_links *links)
{
    for (uint32_t i = 0; i < links->neighbour_count; i++) {
        struct herd_neighbour *neighbour = &links->neighbours[i];
        if (wants_more(links, neighbour))
            give_more(links, neighbour);
        else if (can_leave(links, neighbour))
            herd_peer_send_bye(links, neighbour->peer, "closing",
                               "this server is going down");
    }
}

struct herd_mono herd_send_deadline(const struct herd_links *links)
{
    struct herd_mono slot = HERD_NEVER;
    bool waiting = false;
    for (uint32_t i = 0; i < links->neighbour_count; i++) {
        const struct herd_neighbour *neighbour = &links->neighbours[i];
        if (wants_more(links, neighbour) || can_leave(links, neighbour))
            return (struct herd_mono){0};
        waiting = waiting || neighbour->out.mode == HERD_SEND_WAIT;
        if (has_slot(links, &neighbour->out))
            slot = herd_mono_min(slot, neighbour->out.slot_until);
    }
    return waiting ? slot : HERD_NEVER;
}
