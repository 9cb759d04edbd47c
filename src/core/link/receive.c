/* Records from a neighbour. The cursor says how far its change feed was read; it moves only
 * when everything before it is in the store, and outlives the link. */
#include "decimal.h"
#include "herd/err.h"
#include "peer.h"

#include <inttypes.h>

void herd_receive_start(struct herd_links *links, struct herd_neighbour *neighbour)
{
    neighbour->in = (struct herd_receive){.mode = HERD_RECEIVE_NONE};
    neighbour->in.ack.owner = neighbour;
    herd_cursor_send(links, neighbour->peer, "HAVE", &neighbour->cursor);
}

void herd_receive_stop(struct herd_neighbour *neighbour)
{
    herd_timer_disarm(&neighbour->in.ack);
}

/* Once: what comes while one is owed is acknowledged with it. */
static void owe_ack(struct herd_links *links, struct herd_neighbour *neighbour)
{
    if (!herd_timer_armed(&neighbour->in.ack))
        herd_timer_arm(&links->acks, &neighbour->in.ack, links->context->mono);
}

/* ---- where the neighbour begins ---- */

int herd_peer_on_resume(struct herd_links *links, struct herd_peer *peer,
                        const struct herd_call *call)
{
    struct herd_neighbour *neighbour = herd_neighbour_linked(peer);
    struct herd_cursor from;
    (void)links;
    if (neighbour == NULL || herd_cursor_parse(call, &from) != HERD_OK ||
        neighbour->in.mode != HERD_RECEIVE_NONE ||
        !herd_cursor_eq(&from, &neighbour->cursor))
        return HERD_EBAD;
    neighbour->in.mode = HERD_RECEIVE_FEED;
    neighbour->in.at = from.seq;
    neighbour->in.acked = from.seq;
    return HERD_OK;
}

int herd_peer_on_sync(struct herd_links *links, struct herd_peer *peer,
                      const struct herd_call *call)
{
    struct herd_neighbour *neighbour = herd_neighbour_linked(peer);
    struct herd_cursor from;
    (void)links;
    if (neighbour == NULL || herd_cursor_parse(call, &from) != HERD_OK || !from.known ||
        neighbour->in.mode == HERD_RECEIVE_FULL_SYNC || from.seq < neighbour->in.at)
        return HERD_EBAD;
    neighbour->in.mode = HERD_RECEIVE_FULL_SYNC;
    neighbour->in.walk = from;
    return HERD_OK;
}

int herd_peer_on_synced(struct herd_links *links, struct herd_peer *peer,
                        const struct herd_call *call)
{
    struct herd_neighbour *neighbour = herd_neighbour_linked(peer);
    struct herd_cursor at;
    if (neighbour == NULL || herd_cursor_parse(call, &at) != HERD_OK ||
        neighbour->in.mode != HERD_RECEIVE_FULL_SYNC ||
        !herd_cursor_eq(&at, &neighbour->in.walk))
        return HERD_EBAD;
    neighbour->cursor = at;
    neighbour->in.mode = HERD_RECEIVE_FEED;
    neighbour->in.at = at.seq;
    owe_ack(links, neighbour);
    return HERD_OK;
}

/* Nothing to do but to be patient; the neighbour begins when it can. */
int herd_peer_on_wait(struct herd_links *links, struct herd_peer *peer,
                      const struct herd_call *call)
{
    const struct herd_neighbour *neighbour = herd_neighbour_linked(peer);
    uint64_t ms;
    (void)links;
    if (neighbour == NULL || neighbour->in.mode != HERD_RECEIVE_NONE)
        return HERD_EBAD;
    return herd_uint_parse(call->words.word[1], UINT64_MAX, &ms);
}

int herd_receive_reached(struct herd_neighbour *neighbour, uint64_t seq)
{
    if (seq < neighbour->in.at)
        return HERD_EBAD;
    neighbour->in.at = seq;
    neighbour->cursor.seq = seq;
    return HERD_OK;
}

/* ---- records ---- */

/* Records on their way into the store: see herd_store_prefetch. */
enum { TOGETHER = 16 };

struct arrival {
    struct herd_record record;
    uint64_t hash;
};

/* Takes a record off `rest`. Returns 1 when it is one, 0 when it is to be skipped. */
static int take_record(struct herd_links *links, struct herd_peer *peer,
                       struct herd_slice *rest, struct herd_record *record)
{
    const char *lf = rest->len > 0 ? memchr(rest->data, '\n', rest->len) : NULL;
    if (lf == NULL)
        return HERD_EBAD;
    struct herd_slice text = herd_slice(rest->data, (size_t)(lf - rest->data));
    *rest = herd_slice_from(*rest, text.len + 1);
    links->context->stats.records_received++;
    if (links->context->setup.conf->log_traffic)
        herd_log_copy(links->context, HERD_TOPIC_PEER, peer->session.id, '<', text);
    if (herd_record_parse(text, record) == HERD_OK)
        return 1;
    links->context->stats.records_bad++;
    return 0;
}

static int merge_together(struct herd_links *links, const struct arrival *arrivals,
                          size_t count, uint64_t tag)
{
    struct herd_store *store = links->store;
    for (size_t i = 0; i < count; i++)
        herd_store_prefetch_record(store, arrivals[i].hash);
    for (size_t i = 0; i < count; i++)
        herd_store_prefetch_move(store, arrivals[i].hash);
    for (size_t i = 0; i < count; i++) {
        const struct arrival *arrival = &arrivals[i];
        struct herd_store_spot spot =
            herd_store_look_at(store, arrival->hash, arrival->record.client);
        int rc = herd_store_merge(store, spot, &arrival->record, tag);
        if (rc < 0)
            return rc;
        links->context->stats.records_stored += rc == HERD_MERGE_NEWER;
    }
    return HERD_OK;
}

static int merge_all(struct herd_links *links, struct herd_peer *peer,
                     struct herd_slice rest, uint64_t count)
{
    struct arrival arrivals[TOGETHER];
    uint64_t tag = peer->neighbour->tag;
    while (count > 0) {
        size_t ready = 0;
        int took = 0;
        for (; count > 0 && ready < TOGETHER && took >= 0; count--) {
            struct arrival *arrival = &arrivals[ready];
            took = take_record(links, peer, &rest, &arrival->record);
            if (took <= 0)
                continue;
            arrival->hash = herd_store_prefetch(links->store, arrival->record.client);
            ready++;
        }
        int rc = merge_together(links, arrivals, ready, tag);
        if (rc != HERD_OK || took < 0)
            return rc != HERD_OK ? rc : took;
    }
    return rest.len == 0 ? HERD_OK : HERD_EBAD;
}

/* A batch goes on where the one before has ended; one of a walk has no place. */
static bool fits(const struct herd_receive *in, uint64_t from, uint64_t to)
{
    if (in->mode == HERD_RECEIVE_FULL_SYNC)
        return from == 0 && to == 0;
    return in->mode == HERD_RECEIVE_FEED && from == in->at && to >= from;
}

int herd_peer_on_batch(struct herd_links *links, struct herd_peer *peer,
                       const struct herd_call *call)
{
    struct herd_neighbour *neighbour = herd_neighbour_linked(peer);
    const struct herd_slice *word = call->words.word;
    uint64_t from, to, count;
    if (neighbour == NULL || herd_uint_parse(word[1], UINT64_MAX, &from) != HERD_OK ||
        herd_uint_parse(word[2], UINT64_MAX, &to) != HERD_OK ||
        herd_uint_parse(word[3], HERD_FRAME_PAYLOAD_MAX, &count) != HERD_OK ||
        !fits(&neighbour->in, from, to))
        return HERD_EBAD;
    int rc = merge_all(links, peer, call->payload, count);
    if (rc == HERD_ENOMEM) {
        /* The cursor stays, so all of the batch comes again with the next connection. */
        links->context->stats.out_of_memory++;
        herd_peer_send_bye(links, peer, "closing", "out of memory");
        return HERD_OK;
    }
    if (rc != HERD_OK || neighbour->in.mode == HERD_RECEIVE_FULL_SYNC)
        return rc;
    owe_ack(links, neighbour);
    return herd_receive_reached(neighbour, to);
}

void herd_receive_timers(struct herd_links *links)
{
    struct herd_neighbour *neighbour;
    while ((neighbour = herd_timerq_expired(&links->acks, links->context->mono)) != NULL) {
        struct herd_receive *in = &neighbour->in;
        if (in->mode != HERD_RECEIVE_FEED || in->acked == in->at ||
            neighbour->peer->session.ending)
            continue;
        in->acked = in->at;
        links->context->stats.acks_sent++;
        herd_peer_sendf(links, neighbour->peer, "ACK 0 %" PRIu64 "\n", in->at);
    }
}
