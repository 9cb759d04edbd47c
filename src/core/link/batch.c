/* SPDX-License-Identifier: ISC */
#include "batch.h"

#include "partner.h"

#include <string.h>

enum {
    BATCH_BYTES = 16384, /* a batch is closed at this size */
    BATCH_SCAN = 4096,   /* records examined for one batch, echoes included */
};

/* Numbers of a fixed width, so that the header can be written when the payload is known. */
#define SEQ_0        "00000000000000000000"
#define BATCH_HEADER "BATCH 00000 " SEQ_0 " " SEQ_0 " 00000\n"
enum {
    SMALL_DIGITS = 5,
    SEQ_DIGITS = sizeof SEQ_0 - 1,
    HEADER_LEN = sizeof BATCH_HEADER - 1,
    LENGTH_AT = 6,
    FROM_AT = LENGTH_AT + SMALL_DIGITS + 1,
    TO_AT = FROM_AT + SEQ_DIGITS + 1,
    COUNT_AT = TO_AT + SEQ_DIGITS + 1,
};

static void put_digits(char *at, int digits, uint64_t value)
{
    while (digits-- > 0) {
        at[digits] = (char)('0' + value % 10);
        value /= 10;
    }
}

struct batch {
    char *at;       /* the header, then the payload */
    size_t payload; /* bytes */
    size_t count;   /* records */
    bool last;      /* no more records follow */
};

static void put_record(struct batch *batch, const struct herd_stored *stored)
{
    struct herd_slice text = herd_stored_text(stored);
    char *at = batch->at + HEADER_LEN + batch->payload;
    memcpy(at, text.data, text.len);
    at[text.len] = '\n';
    batch->payload += text.len + 1;
    batch->count++;
}

/* The next record in the order of the mode, or NULL. */
static const struct herd_stored *next_record(const struct herd_links *links,
                                             struct herd_send *send)
{
    if (send->mode == HERD_SEND_FULL_SYNC)
        return herd_table_walk_next(links->store, &send->walk);
    const struct herd_stored *stored = herd_marker_peek(links->store, &send->marker);
    if (stored != NULL)
        herd_marker_advance(&send->marker, stored);
    return stored;
}

/* Whether a full sync meets a record that was sent on this connection before. */
static bool was_sent(const struct herd_send *send, const struct herd_stored *stored)
{
    return send->mode == HERD_SEND_FULL_SYNC && stored->node.seq <= send->sync_after_seq;
}

/* Echoes, records that this partner has sent, are skipped except in a repair. */
static void fill(struct herd_links *links, struct herd_partner *partner,
                 struct batch *batch)
{
    struct herd_send *send = &partner->send;
    bool all = send->mode == HERD_SEND_FULL_SYNC && send->repair;
    for (int scanned = 0; scanned < BATCH_SCAN && batch->payload < BATCH_BYTES; scanned++) {
        const struct herd_stored *stored = next_record(links, send);
        if (stored == NULL) {
            batch->last = true;
            return;
        }
        if (!herd_stored_is_sent(links->store, stored))
            continue;
        if (herd_stored_came_from(stored, partner->source_id) && !all)
            links->context->stats.echoes_suppressed++;
        else if (!was_sent(send, stored))
            put_record(batch, stored);
    }
}

/* Nothing was sent after the batch, so its records end the bytes of the step. */
static void log_records(struct herd_links *links, struct herd_peer *peer,
                        const struct batch *batch)
{
    size_t left = batch->payload;
    while (left > 0) {
        struct herd_slice bytes = herd_buf_bytes(&links->context->out.bytes);
        const char *at = bytes.data + bytes.len - left;
        size_t len = (size_t)((const char *)memchr(at, '\n', left) - at);
        if (!herd_out_log_sent(&links->context->out, HERD_TOPIC_PEER, peer->session.id,
                               left, len))
            return;
        left -= len + 1;
    }
}

static void print_header(const struct herd_send *send, const struct batch *batch)
{
    bool is_sync = send->mode == HERD_SEND_FULL_SYNC;
    memcpy(batch->at, BATCH_HEADER, HEADER_LEN);
    put_digits(batch->at + LENGTH_AT, SMALL_DIGITS, batch->payload);
    put_digits(batch->at + FROM_AT, SEQ_DIGITS, is_sync ? 0 : send->announced_seq);
    put_digits(batch->at + TO_AT, SEQ_DIGITS, is_sync ? 0 : send->marker.seen_seq);
    put_digits(batch->at + COUNT_AT, SMALL_DIGITS, batch->count);
}

/* The next batch is sent when the kernel has taken this one. */
static bool ask_drained(struct herd_links *links, const struct herd_partner *partner)
{
    struct herd_action drain = {.kind = HERD_DO_DRAIN, .conn = partner->peer->session.id};
    return !partner->kind->asks_drained || herd_out_add(&links->context->out, &drain);
}

static bool send_records(struct herd_links *links, struct herd_partner *partner,
                         const struct batch *batch)
{
    struct herd_send *send = &partner->send;
    print_header(send, batch);
    if (!herd_out_commit_send(&links->context->out, partner->peer->session.id,
                              HEADER_LEN + batch->payload) ||
        !ask_drained(links, partner)) {
        herd_session_end_out_of_memory(&partner->peer->session);
        return false;
    }
    if (send->mode == HERD_SEND_FEED)
        send->announced_seq = send->marker.seen_seq;
    send->ping_before_batch = partner->heartbeat.ping_serial;
    send->burst_records += batch->count;
    send->batch_in_flight = true;
    links->context->stats.batches_sent++;
    links->context->stats.records_sent += batch->count;
    if (links->context->setup.conf->log_traffic)
        log_records(links, partner->peer, batch);
    return true;
}

bool herd_send_batch(struct herd_links *links, struct herd_partner *partner)
{
    struct batch batch = {
        .at = herd_out_reserve_send(&links->context->out,
                                    HEADER_LEN + BATCH_BYTES + HERD_RECORD_MAX + 1)};
    if (batch.at == NULL) {
        herd_session_end_out_of_memory(&partner->peer->session);
        return false;
    }
    fill(links, partner, &batch);
    if (batch.count > 0 && !send_records(links, partner, &batch))
        return false;
    return batch.last;
}
