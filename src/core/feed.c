/* The change feed's way to the neighbours. This is the only place that sends records. */
#include "state.h"

enum {
    BATCH_BYTES = 16384, /* a batch is closed when it has so many */
    BATCH_SCAN = 4096,   /* records looked at for one batch, echoes included */
};

/* Numbers of a fixed width, so that the header can be written when the payload is known. */
#define BATCH_HEADER "BATCH 00000 00000\n"
enum { HEADER_LEN = sizeof BATCH_HEADER - 1, LENGTH_AT = 6, COUNT_AT = 12, DIGITS = 5 };

static bool wants_more(const struct herd_core *core, const struct herd_neighbour *neighbour)
{
    const struct herd_conn *conn = neighbour->conn;
    return conn != NULL && !conn->ending && !conn->peer.busy &&
           herd_follow_peek(&core->store, &conn->peer.follower) != NULL;
}

static void put_digits(char *at, size_t value)
{
    for (int i = DIGITS - 1; i >= 0; i--) {
        at[i] = (char)('0' + value % 10);
        value /= 10;
    }
}

struct batch {
    char *at;       /* the header, then the payload */
    size_t payload; /* bytes */
    size_t count;   /* records */
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

/* Fills a batch from behind the follower's marker. What came from this very connection is
 * passed over: the neighbour has it. */
static void fill(struct herd_core *core, struct herd_conn *conn, struct batch *batch)
{
    const struct herd_stored *stored;
    for (int scanned = 0; scanned < BATCH_SCAN && batch->payload < BATCH_BYTES; scanned++) {
        stored = herd_follow_peek(&core->store, &conn->peer.follower);
        if (stored == NULL)
            return;
        if (stored->source == conn->peer.tag)
            core->stats.records_echoes++;
        else
            put_record(batch, stored);
        herd_follow_pass(&conn->peer.follower, stored);
    }
}

/* The batch was sent last, so its records are the end of the step's bytes. */
static void log_records(struct herd_core *core, struct herd_conn *conn,
                        const struct batch *batch)
{
    size_t left = batch->payload;
    while (left > 0) {
        struct herd_slice bytes = herd_buf_bytes(&core->out.bytes);
        const char *at = bytes.data + bytes.len - left;
        size_t len = (size_t)((const char *)memchr(at, '\n', left) - at);
        if (!herd_out_log_sent(&core->out, HERD_TOPIC_PEER, conn->id, left, len))
            return;
        left -= len + 1;
    }
}

static void send_batch(struct herd_core *core, struct herd_conn *conn)
{
    struct batch batch = {
        .at = herd_out_room(&core->out, HEADER_LEN + BATCH_BYTES + HERD_RECORD_MAX + 1)};
    if (batch.at == NULL) {
        core->stats.out_of_memory++;
        herd_conn_end(core, conn);
        return;
    }
    fill(core, conn, &batch);
    if (batch.count == 0)
        return;
    memcpy(batch.at, BATCH_HEADER, HEADER_LEN);
    put_digits(batch.at + LENGTH_AT, batch.payload);
    put_digits(batch.at + COUNT_AT, batch.count);
    if (!herd_out_sent(&core->out, conn->id, HEADER_LEN + batch.payload)) {
        core->stats.out_of_memory++;
        herd_conn_end(core, conn);
        return;
    }
    conn->peer.busy = true;
    core->stats.batches_sent++;
    core->stats.records_sent += batch.count;
    if (core->setup.conf->log_traffic)
        log_records(core, conn, &batch);
}

/* Asked about a neighbour for whom there is no more: this server stops, and the neighbour
 * has got everything. */
static bool can_leave(const struct herd_core *core, const struct herd_neighbour *neighbour)
{
    const struct herd_conn *conn = neighbour->conn;
    return core->stopping && conn != NULL && !conn->ending && !conn->peer.busy;
}

void herd_feed_neighbours(struct herd_core *core)
{
    for (uint32_t i = 0; i < core->neighbour_count; i++) {
        struct herd_neighbour *neighbour = &core->neighbours[i];
        if (wants_more(core, neighbour))
            send_batch(core, neighbour->conn);
        else if (can_leave(core, neighbour))
            herd_peer_bye(core, neighbour->conn, "closing", "this server is going down");
    }
}

bool herd_feed_ready(const struct herd_core *core)
{
    for (uint32_t i = 0; i < core->neighbour_count; i++)
        if (wants_more(core, &core->neighbours[i]) || can_leave(core, &core->neighbours[i]))
            return true;
    return false;
}
