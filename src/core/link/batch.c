/* One batch of records to a neighbour. This is the only place that sends any. */
#include "peer.h"

enum {
    BATCH_BYTES = 16384, /* a batch is closed when it has so many */
    BATCH_SCAN = 4096,   /* records looked at for one batch, echoes included */
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
    bool last;      /* of the walk */
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
                                             struct herd_send *out)
{
    if (out->mode == HERD_SEND_FULL_SYNC)
        return herd_walk_next(links->store, &out->walk);
    const struct herd_stored *stored = herd_follow_peek(links->store, &out->follower);
    if (stored != NULL)
        herd_follow_pass(&out->follower, stored);
    return stored;
}

/* Whether a walk meets what the feed has sent before. */
static bool was_sent(const struct herd_send *out, const struct herd_stored *stored)
{
    return out->mode == HERD_SEND_FULL_SYNC && stored->node.seq <= out->walk_after;
}

/* What this neighbour has brought is passed over, unless it may have lost it. */
static void fill(struct herd_links *links, struct herd_neighbour *neighbour,
                 struct batch *batch)
{
    struct herd_send *out = &neighbour->out;
    bool all = out->mode == HERD_SEND_FULL_SYNC && out->repair;
    for (int scanned = 0; scanned < BATCH_SCAN && batch->payload < BATCH_BYTES; scanned++) {
        const struct herd_stored *stored = next_record(links, out);
        if (stored == NULL) {
            batch->last = true;
            return;
        }
        if (herd_stored_is_from(stored, neighbour->tag) && !all)
            links->context->stats.records_echoes++;
        else if (!was_sent(out, stored))
            put_record(batch, stored);
    }
}

/* The batch was sent last, so its records are the end of the step's bytes. */
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

static void print_header(const struct herd_send *out, const struct batch *batch)
{
    bool walks = out->mode == HERD_SEND_FULL_SYNC;
    memcpy(batch->at, BATCH_HEADER, HEADER_LEN);
    put_digits(batch->at + LENGTH_AT, SMALL_DIGITS, batch->payload);
    put_digits(batch->at + FROM_AT, SEQ_DIGITS, walks ? 0 : out->told);
    put_digits(batch->at + TO_AT, SEQ_DIGITS, walks ? 0 : out->follower.seen_seq);
    put_digits(batch->at + COUNT_AT, SMALL_DIGITS, batch->count);
}

static bool send_records(struct herd_links *links, struct herd_neighbour *neighbour,
                         const struct batch *batch)
{
    struct herd_send *out = &neighbour->out;
    print_header(out, batch);
    if (!herd_out_sent(&links->context->out, neighbour->peer->session.id,
                       HEADER_LEN + batch->payload)) {
        herd_session_end_out_of_memory(&neighbour->peer->session);
        return false;
    }
    if (out->mode == HERD_SEND_FEED)
        out->told = out->follower.seen_seq;
    out->ping = neighbour->beat.serial;
    out->burst_sent += batch->count;
    out->busy = true;
    links->context->stats.batches_sent++;
    links->context->stats.records_sent += batch->count;
    if (links->context->setup.conf->log_traffic)
        log_records(links, neighbour->peer, batch);
    return true;
}

bool herd_send_batch(struct herd_links *links, struct herd_neighbour *neighbour)
{
    struct batch batch = {.at =
                              herd_out_room(&links->context->out, HEADER_LEN + BATCH_BYTES +
                                                                      HERD_RECORD_MAX + 1)};
    if (batch.at == NULL) {
        herd_session_end_out_of_memory(&neighbour->peer->session);
        return false;
    }
    fill(links, neighbour, &batch);
    if (batch.count > 0 && !send_records(links, neighbour, &batch))
        return false;
    return batch.last;
}
