/* SPDX-License-Identifier: ISC */
#include "receive.h"

#include "decimal.h"
#include "herd/err.h"
#include "partner.h"

#include <inttypes.h>
#include <string.h>

void herd_receive_start(struct herd_links *links, struct herd_partner *partner)
{
    partner->receive = (struct herd_receive){.mode = HERD_RECEIVE_NONE};
    partner->receive.ack_timer.owner = partner;
    herd_cursor_send(links, partner->peer, "HAVE", &partner->cursor);
}

void herd_receive_stop(struct herd_partner *partner)
{
    herd_timer_disarm(&partner->receive.ack_timer);
}

/* One ACK covers every batch that comes until it is sent. */
static void schedule_ack(struct herd_links *links, struct herd_partner *partner)
{
    if (!herd_timer_armed(&partner->receive.ack_timer))
        herd_timer_arm(&links->acks, &partner->receive.ack_timer, links->context->mono);
}

/* ---- cursors ---- */

int herd_peer_on_resume(struct herd_links *links, struct herd_peer *peer,
                        const struct herd_call *call)
{
    struct herd_partner *partner = peer->partner;
    struct herd_cursor from;
    (void)links;
    if (partner == NULL || herd_cursor_parse(call, &from) != HERD_OK ||
        partner->receive.mode != HERD_RECEIVE_NONE ||
        !herd_cursor_equal(&from, &partner->cursor))
        return HERD_EBAD;
    partner->receive.mode = HERD_RECEIVE_FEED;
    partner->receive.received_seq = from.seq;
    partner->receive.acked_seq = from.seq;
    return HERD_OK;
}

int herd_peer_on_sync(struct herd_links *links, struct herd_peer *peer,
                      const struct herd_call *call)
{
    struct herd_partner *partner = peer->partner;
    struct herd_cursor from;
    (void)links;
    if (partner == NULL || herd_cursor_parse(call, &from) != HERD_OK || !from.known ||
        partner->receive.mode == HERD_RECEIVE_FULL_SYNC ||
        from.seq < partner->receive.received_seq)
        return HERD_EBAD;
    partner->receive.mode = HERD_RECEIVE_FULL_SYNC;
    partner->receive.sync_cursor = from;
    return HERD_OK;
}

int herd_peer_on_synced(struct herd_links *links, struct herd_peer *peer,
                        const struct herd_call *call)
{
    struct herd_partner *partner = peer->partner;
    struct herd_cursor at;
    if (partner == NULL || herd_cursor_parse(call, &at) != HERD_OK ||
        partner->receive.mode != HERD_RECEIVE_FULL_SYNC ||
        !herd_cursor_equal(&at, &partner->receive.sync_cursor))
        return HERD_EBAD;
    partner->cursor = at;
    partner->receive.mode = HERD_RECEIVE_FEED;
    partner->receive.received_seq = at.seq;
    schedule_ack(links, partner);
    return HERD_OK;
}

/* The partner starts its full sync later, by itself. */
int herd_peer_on_wait(struct herd_links *links, struct herd_peer *peer,
                      const struct herd_call *call)
{
    const struct herd_partner *partner = peer->partner;
    uint64_t ms;
    (void)links;
    if (partner == NULL || partner->receive.mode != HERD_RECEIVE_NONE)
        return HERD_EBAD;
    return herd_uint_parse(call->words.word[1], UINT64_MAX, &ms);
}

int herd_receive_advance(struct herd_partner *partner, uint64_t seq)
{
    if (seq < partner->receive.received_seq)
        return HERD_EBAD;
    partner->receive.received_seq = seq;
    partner->cursor.seq = seq;
    return HERD_OK;
}

/* ---- records ---- */

/* Records that are prefetched together: see herd_store_prefetch. */
enum { MERGE_GROUP = 16 };

struct arrival {
    struct herd_record record;
    uint64_t hash;
};

/* Takes a record off the front of *rest. Returns 1: *record is one; 0: it is malformed, and
 * skipped; HERD_EBAD: the payload ends too early. */
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
    links->context->stats.records_malformed++;
    return 0;
}

/* A record that is over would come back by way of servers that have freed it. */
static bool is_over(struct herd_links *links, const struct herd_record *record)
{
    if (links->store->expiry.expire_ns == 0 || !herd_record_is_over(links->store, record))
        return false;
    links->context->stats.records_refused_expired++;
    return true;
}

static int merge_group(struct herd_links *links, const struct arrival *arrivals,
                       size_t count, uint64_t source_id)
{
    struct herd_store *store = links->store;
    for (size_t i = 0; i < count; i++)
        herd_store_prefetch_record(store, arrivals[i].hash);
    for (size_t i = 0; i < count; i++)
        herd_store_prefetch_move(store, arrivals[i].hash);
    for (size_t i = 0; i < count; i++) {
        const struct arrival *arrival = &arrivals[i];
        if (is_over(links, &arrival->record))
            continue;
        struct herd_store_slot slot =
            herd_store_lookup_hash(store, arrival->hash, arrival->record.client);
        int rc = herd_store_merge(store, slot, &arrival->record, source_id);
        if (rc < 0)
            return rc;
        links->context->stats.records_stored += rc == HERD_MERGE_NEWER;
    }
    return HERD_OK;
}

static int merge_all(struct herd_links *links, struct herd_peer *peer,
                     struct herd_slice rest, uint64_t count)
{
    struct arrival arrivals[MERGE_GROUP];
    uint64_t source_id = peer->partner->source_id;
    while (count > 0) {
        size_t ready = 0;
        int took = 0;
        for (; count > 0 && ready < MERGE_GROUP && took >= 0; count--) {
            struct arrival *arrival = &arrivals[ready];
            took = take_record(links, peer, &rest, &arrival->record);
            if (took <= 0)
                continue;
            arrival->hash = herd_store_prefetch(links->store, arrival->record.client);
            ready++;
        }
        int rc = merge_group(links, arrivals, ready, source_id);
        if (rc != HERD_OK || took < 0)
            return rc != HERD_OK ? rc : took;
    }
    return rest.len == 0 ? HERD_OK : HERD_EBAD;
}

/* A batch starts where the one before has ended; those of a full sync are numbered 0 to 0.
 */
static bool is_expected(const struct herd_receive *receive, uint64_t from, uint64_t to)
{
    if (receive->mode == HERD_RECEIVE_FULL_SYNC)
        return from == 0 && to == 0;
    return receive->mode == HERD_RECEIVE_FEED && from == receive->received_seq &&
           to >= from;
}

int herd_peer_on_batch(struct herd_links *links, struct herd_peer *peer,
                       const struct herd_call *call)
{
    struct herd_partner *partner = peer->partner;
    const struct herd_slice *word = call->words.word;
    uint64_t from, to, count;
    if (partner == NULL || herd_uint_parse(word[1], UINT64_MAX, &from) != HERD_OK ||
        herd_uint_parse(word[2], UINT64_MAX, &to) != HERD_OK ||
        herd_uint_parse(word[3], HERD_FRAME_PAYLOAD_MAX, &count) != HERD_OK ||
        !is_expected(&partner->receive, from, to))
        return HERD_EBAD;
    int rc = merge_all(links, peer, call->payload, count);
    if (rc == HERD_ENOMEM) {
        /* The cursor stays, so the batch is sent again on the next connection. */
        links->context->stats.out_of_memory++;
        herd_peer_send_bye(links, peer, "closing", "out of memory");
        return HERD_OK;
    }
    if (rc != HERD_OK || partner->receive.mode == HERD_RECEIVE_FULL_SYNC)
        return rc;
    schedule_ack(links, partner);
    return herd_receive_advance(partner, to);
}

void herd_receive_tick(struct herd_links *links)
{
    struct herd_partner *partner;
    while ((partner = herd_timerq_expired(&links->acks, links->context->mono)) != NULL) {
        struct herd_receive *receive = &partner->receive;
        if (receive->mode != HERD_RECEIVE_FEED ||
            receive->acked_seq == receive->received_seq || partner->peer->session.ending)
            continue;
        receive->acked_seq = receive->received_seq;
        links->context->stats.acks_sent++;
        herd_peer_sendf(links, partner->peer, "ACK 0 %" PRIu64 "\n", receive->received_seq);
    }
}
