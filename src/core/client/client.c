#include "line_prefetch.h"
#include "herd/err.h"
#include "state.h"

#include <assert.h>

/* ---- replies ---- */

/* Room for a reply of at most `size` bytes: behind the last pending lookup if there is
 * one, else straight in the step's output. NULL: out of memory. */
static char *reply_room(struct herd_core *core, struct herd_client *client, size_t size)
{
    return client->last != NULL ? herd_buf_reserve(&client->last->after, size)
                                : herd_out_room(&core->out, size);
}

/* Stays where it is instead of coming round: all of it is "much". */
static void count_unsent(struct herd_client *client, size_t size)
{
    client->unsent += size < SIZE_MAX / 2 - client->unsent ? size : 0;
}

static bool reply_done(struct herd_core *core, struct herd_conn *conn, size_t used)
{
    struct herd_client *client = &conn->client;
    if (client->last != NULL) {
        herd_buf_commit(&client->last->after, used);
        client->held += used;
        return true;
    }
    if (!herd_out_sent(&core->out, conn->id, used))
        return false;
    count_unsent(client, used);
    if (core->setup.conf->log_traffic)
        (void)herd_out_log_sent(&core->out, HERD_TOPIC_CLIENT, conn->id, used, used - 1);
    return true;
}

static void no_memory(struct herd_core *core, struct herd_conn *conn)
{
    core->stats.out_of_memory++;
    herd_conn_end(core, conn);
}

/* ? and an exact copy of the line. */
static void reply_invalid(struct herd_core *core, struct herd_conn *conn,
                          struct herd_slice line)
{
    core->stats.invalid++;
    char *room = reply_room(core, &conn->client, line.len + 3);
    if (room == NULL) {
        no_memory(core, conn);
        return;
    }
    memcpy(room, "? ", 2);
    memcpy(room + 2, line.data, line.len);
    room[line.len + 2] = '\n';
    if (!reply_done(core, conn, line.len + 3))
        no_memory(core, conn);
}

/* Sends a part of what is held, unless it is too much at once: then it waits until all
 * that went before is in the kernel's hands. Returns whether it has gone. */
static bool send_held(struct herd_core *core, struct herd_conn *conn, struct herd_buf *held)
{
    struct herd_client *client = &conn->client;
    struct herd_slice bytes = herd_buf_bytes(held);
    if (bytes.len == 0)
        return true;
    if (client->unsent > 0 &&
        client->unsent + bytes.len > (size_t)core->setup.conf->output_high) {
        struct herd_action drain = {.kind = HERD_DO_DRAIN, .conn = conn->id};
        if (!client->draining && !herd_out_add(&core->out, &drain))
            no_memory(core, conn);
        client->draining = true;
        return false;
    }
    client->held -= bytes.len;
    count_unsent(client, bytes.len);
    herd_conn_send(core, conn, bytes);
    if (core->setup.conf->log_traffic && !conn->ending)
        (void)herd_out_log_sent(&core->out, HERD_TOPIC_CLIENT, conn->id, bytes.len,
                                bytes.len);
    herd_buf_free(held);
    return true;
}

/* Sends the replies that are complete and next in order. */
static void flush(struct herd_core *core, struct herd_conn *conn)
{
    struct herd_client *client = &conn->client;
    while (!conn->ending && client->first != NULL && client->first->done) {
        struct herd_lookup *lookup = client->first;
        if (!send_held(core, conn, &lookup->reply) ||
            !send_held(core, conn, &lookup->after))
            return;
        client->first = lookup->later;
        if (client->first == NULL)
            client->last = NULL;
        client->lookup_count--;
        herd_whatsat_drop(core, lookup);
    }
}

static bool must_pause(const struct herd_core *core, const struct herd_client *client)
{
    return client->lookup_count >= HERD_CLIENT_LOOKUPS_MAX ||
           client->held >= (size_t)core->setup.conf->output_high;
}

/* ---- commands ---- */

static bool time_is_refused(struct herd_core *core, struct herd_wall time)
{
    int64_t most_ms = core->setup.conf->client_skew_max_ms;
    if (most_ms == 0 || time.ns - core->wall.ns <= most_ms * HERD_NS_PER_MS)
        return false;
    core->stats.reports_refused_skew++;
    return true;
}

/* Stores the report if it is news. Only a strictly newer time counts here, at the door;
 * between servers the total order of records decides. */
static int store_report(struct herd_core *core, const struct herd_record *record)
{
    struct herd_store_spot spot = herd_store_look(&core->store, record->client);
    if (spot.at == NULL && core->store.count >= (uint64_t)core->setup.conf->clients_max) {
        core->stats.reports_refused_full++;
        return HERD_EFULL;
    }
    if (spot.at != NULL && record->time.ns <= spot.at->time_ns) {
        core->stats.reports_stale++;
        return HERD_OK;
    }
    int rc = herd_store_merge(&core->store, spot, record, 0);
    if (rc < 0) {
        core->stats.reports_refused_memory++;
        return rc;
    }
    core->stats.reports_stored++;
    return HERD_OK;
}

int herd_client_iamat(struct herd_core *core, struct herd_conn *conn,
                      const struct herd_call *call)
{
    struct herd_report report;
    struct herd_record record;
    int rc = herd_report_parse(&call->words.word[1], &report);
    if (rc != HERD_OK)
        return rc;
    if (time_is_refused(core, report.time))
        return HERD_ERANGE;
    size_t bound = herd_record_bound(core->name, &report) + 1;
    char *room = reply_room(core, &conn->client, bound);
    if (room == NULL) {
        no_memory(core, conn);
        return HERD_OK;
    }
    herd_record_make(core->name, &report, core->wall, room, &record);
    rc = store_report(core, &record);
    if (rc != HERD_OK)
        return rc;
    room[record.text.len] = '\n';
    if (!reply_done(core, conn, record.text.len + 1))
        no_memory(core, conn);
    core->stats.reports++;
    return HERD_OK;
}

/* A browser that was talked into sending a request here must not get to say commands in
 * its body. */
static bool is_http(const struct herd_words *words)
{
    return words->count == 3 && words->word[2].len > 5 &&
           memcmp(words->word[2].data, "HTTP/", 5) == 0;
}

static void obey(struct herd_core *core, struct herd_conn *conn, struct herd_slice line)
{
    struct herd_call call = {.line = line};
    core->stats.commands++;
    /* This line has ended; the time of the next one counts from its own first byte. */
    herd_timer_disarm(&conn->client.half);
    herd_words_split(line, &call.words);
    const struct herd_command *command = herd_command_find(HERD_ROLE_CLIENT, &call);
    if (command == NULL || herd_command_obey(core, conn, &call, command) != HERD_OK)
        reply_invalid(core, conn, line);
    flush(core, conn); /* a lookup may have been answered at once */
    if (command == NULL && is_http(&call.words)) {
        core->stats.clients_http++;
        conn->client.input_closed = true;
    }
    if (core->setup.conf->client_one_shot)
        conn->client.input_closed = true;
}

/* ---- input ---- */

/* A client that sends no more, or whose input is not wanted any more, goes when it has
 * got all its replies. */
static void end_if_served(struct herd_core *core, struct herd_conn *conn)
{
    struct herd_client *client = &conn->client;
    bool more = !client->input_closed && (!conn->eof || client->stash.len > 0);
    if (!more && client->first == NULL)
        herd_conn_end(core, conn);
}

/* Obeys the lines of `input` until it is used up or the client has to wait. `fresh`: the
 * bytes are the event's and outlive the step, so the log need not copy them. */
static void read_lines(struct herd_core *core, struct herd_conn *conn,
                       struct herd_slice *input, bool fresh)
{
    struct herd_client *client = &conn->client;
    struct herd_slice line;
    struct herd_line_prefetch ahead;
    int rc = 0;
    herd_line_prefetch_start(&ahead, &core->store, *input);
    while (!client->input_closed && !conn->ending && !must_pause(core, client) &&
           (rc = herd_line_next(&client->line, input, &line)) == 1) {
        if (core->setup.conf->log_traffic && fresh && !client->line.taken)
            herd_log(core, HERD_TOPIC_CLIENT, conn->id, '<', line);
        else if (core->setup.conf->log_traffic)
            herd_log_copy(core, HERD_TOPIC_CLIENT, conn->id, '<', line);
        herd_line_prefetch_next(&ahead);
        obey(core, conn, line);
    }
    if (rc == HERD_ETOOLONG) {
        core->stats.lines_too_long++;
        reply_invalid(core, conn, line);
        client->input_closed = true;
    } else if (rc < 0) {
        no_memory(core, conn);
    }
}

/* What is left of a line when nothing more will come, or when it has been quiet. */
static void read_rest(struct herd_core *core, struct herd_conn *conn)
{
    struct herd_slice line;
    if (conn->client.input_closed || conn->ending ||
        herd_line_rest(&conn->client.line, &line) == 0)
        return;
    if (core->setup.conf->log_traffic)
        herd_log_copy(core, HERD_TOPIC_CLIENT, conn->id, '<', line);
    obey(core, conn, line);
}

static void set_paused(struct herd_core *core, struct herd_conn *conn, bool paused)
{
    struct herd_action action = {.kind = paused ? HERD_DO_PAUSE : HERD_DO_RESUME,
                                 .conn = conn->id};
    if (conn->client.paused == paused || conn->ending)
        return;
    conn->client.paused = paused;
    if (!herd_out_add(&core->out, &action))
        no_memory(core, conn);
}

/* A started line must end within a time that counts from its first byte; half a line in a
 * pause is not the client's fault. */
static void set_timers(struct herd_core *core, struct herd_conn *conn)
{
    struct herd_client *client = &conn->client;
    bool partial =
        !client->input_closed && !client->paused && herd_line_partial(&client->line);
    if (!partial)
        herd_timer_disarm(&client->half);
    else if (!herd_timer_armed(&client->half))
        herd_timer_arm(&core->half_lines, &client->half, core->mono);
    if (partial)
        herd_timer_arm(&core->quiet_lines, &client->quiet, core->mono);
    else
        herd_timer_disarm(&client->quiet);
    herd_timer_arm(&core->idle_clients, &client->idle, core->mono);
}

/* After whatever has happened to a client: what was stashed, the pause, the timers, the
 * end. */
static void settle(struct herd_core *core, struct herd_conn *conn)
{
    struct herd_client *client = &conn->client;
    if (client->stash.len > 0 && !must_pause(core, client)) {
        struct herd_slice input = herd_buf_bytes(&client->stash);
        size_t before = input.len;
        read_lines(core, conn, &input, false);
        herd_buf_consume(&client->stash,
                         client->input_closed ? client->stash.len : before - input.len);
    }
    if (conn->eof && client->stash.len == 0 && !must_pause(core, client))
        read_rest(core, conn);
    end_if_served(core, conn);
    set_paused(core, conn, must_pause(core, client) || client->stash.len > 0);
    if (!conn->ending)
        set_timers(core, conn);
}

void herd_client_open(struct herd_core *core, struct herd_conn *conn,
                      struct herd_slice address)
{
    struct herd_client *client = &conn->client;
    const struct herd_conf *conf = core->setup.conf;
    herd_line_init(&client->line, core->setup.mem, (size_t)conf->client_line_max);
    herd_buf_init(&client->stash, core->setup.mem, (size_t)conf->output_max);
    client->half.owner = conn;
    client->quiet.owner = conn;
    client->idle.owner = conn;
    client->who = herd_budget_who(&core->budget, address);
    core->stats.clients_accepted++;
    herd_timer_arm(&core->idle_clients, &client->idle, core->mono);
}

void herd_client_data(struct herd_core *core, struct herd_conn *conn,
                      struct herd_slice bytes)
{
    struct herd_client *client = &conn->client;
    struct herd_slice input = bytes;
    if (client->stash.len == 0)
        read_lines(core, conn, &input, true);
    if (input.len > 0 && !client->input_closed && !conn->ending &&
        herd_buf_append(&client->stash, input) != HERD_OK)
        no_memory(core, conn);
    settle(core, conn);
}

void herd_client_eof(struct herd_core *core, struct herd_conn *conn)
{
    settle(core, conn);
}

void herd_client_leave(struct herd_core *core, struct herd_conn *conn)
{
    conn->client.input_closed = true;
    settle(core, conn);
}

void herd_client_drained(struct herd_core *core, struct herd_conn *conn)
{
    conn->client.unsent = 0;
    conn->client.draining = false;
    herd_client_deliver(core, conn);
}

void herd_client_deliver(struct herd_core *core, struct herd_conn *conn)
{
    flush(core, conn);
    settle(core, conn);
}

void herd_client_free(struct herd_core *core, struct herd_conn *conn)
{
    struct herd_client *client = &conn->client;
    while (client->first != NULL) {
        struct herd_lookup *lookup = client->first;
        client->first = lookup->later;
        herd_whatsat_drop(core, lookup);
    }
    assert(!client->ready);
    herd_timer_disarm(&client->half);
    herd_timer_disarm(&client->quiet);
    herd_timer_disarm(&client->idle);
    herd_line_free(&client->line);
    herd_buf_free(&client->stash);
}

/* ---- time ---- */

static void close_for(struct herd_core *core, struct herd_conn *conn, uint64_t *counter,
                      const char *why)
{
    (*counter)++;
    herd_log(core, HERD_TOPIC_CLIENT, conn->id, '-', herd_slice_str(why));
    herd_conn_end(core, conn);
}

void herd_client_timers(struct herd_core *core)
{
    struct herd_conn *conn;
    while ((conn = herd_timerq_expired(&core->half_lines, core->mono)) != NULL)
        close_for(core, conn, &core->stats.lines_too_slow,
                  "closed: the line was not finished in time");
    while ((conn = herd_timerq_expired(&core->idle_clients, core->mono)) != NULL)
        close_for(core, conn, &core->stats.clients_idle, "closed: idle");
    while ((conn = herd_timerq_expired(&core->quiet_lines, core->mono)) != NULL) {
        read_rest(core, conn);
        settle(core, conn);
    }
}
