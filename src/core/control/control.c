/* The control connection: what an operator asks a server. */
#include "herd/err.h"
#include "link/peer.h"

#include <assert.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

/* A text under construction; after one failure nothing more is added. */
struct report {
    struct herd_buf text;
    int rc;
};

static void put(struct report *report, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void put(struct report *report, const char *format, ...)
{
    char line[512];
    va_list args;
    va_start(args, format);
    int len = vsnprintf(line, sizeof line, format, args);
    va_end(args);
    assert(len >= 0 && len < (int)sizeof line);
    if (report->rc == HERD_OK)
        report->rc = herd_buf_append(&report->text, herd_slice(line, (size_t)len));
}

static void put_counters(struct report *report, const struct herd_stats *stats)
{
#define PUT(field, what) put(report, "%s %" PRIu64 "\n", #field, stats->field);
    HERD_STATS(PUT)
#undef PUT
}

static void put_gauges(struct report *report, const struct herd_core *core)
{
    put(report, "server %s\nversion %s\n", core->name.data, core->setup.version);
    put(report, "uptime_ms %" PRId64 "\n",
        (core->mono.ns - core->started.ns) / HERD_NS_PER_MS);
    put(report, "clients_known %zu\n", core->store.count);
    put(report, "records_bytes %zu\n", core->store.bytes);
    put(report, "digest %016" PRIx64 "\n", core->store.digest);
    put(report, "connections_open %zu\n", core->conn_count);
    put(report, "lookups_flying %" PRIu32 "\n", core->lookups.flying_count);
    put(report, "lookups_waiting %" PRIu32 "\n", core->lookups.waiting_count);
}

/* places PROVIDER closed|open|probing RETRY_MS */
static void put_places(struct report *report, const struct herd_core *core)
{
    put(report, "places %s %s %" PRId64 "\n", core->provider->name,
        herd_breaker_state_text(&core->breaker),
        herd_breaker_retry_ms(&core->breaker, core->mono));
}

/* How many records a neighbour has still to be sent, at most. */
static uint64_t behind(const struct herd_core *core, const struct herd_neighbour *neighbour)
{
    uint64_t changes = core->store.tail_seq - neighbour->out.told;
    if (herd_send_idle(core, neighbour))
        return 0;
    if (neighbour->out.mode == HERD_SEND_FULL_SYNC)
        return core->store.count;
    return changes < core->store.count ? changes : core->store.count;
}

static const char *mode_of(const struct herd_send *out)
{
    if (out->mode == HERD_SEND_FULL_SYNC)
        return "walk";
    return out->mode == HERD_SEND_NONE || out->mode == HERD_SEND_WAIT ? "wait" : "feed";
}

/* link NAME up dialled|accepted BEHIND MODE RTT SKEW, or link NAME down - 0 WHY... */
static void put_link(struct report *report, const struct herd_core *core,
                     const struct herd_neighbour *neighbour)
{
    const char *name = herd_neighbour_name(core, neighbour);
    const struct herd_heartbeat *beat = &neighbour->beat;
    if (neighbour->conn == NULL) {
        put(report, "link %s down - 0 %s\n", name, neighbour->why);
        return;
    }
    put(report, "link %s up %s %" PRIu64 " %s %" PRId64 " %" PRId64 "\n", name,
        neighbour->conn->peer.ours ? "dialled" : "accepted", behind(core, neighbour),
        mode_of(&neighbour->out), beat->rtt_ns / 1000, beat->skew_ns / HERD_NS_PER_MS);
}

static void put_refusals(struct report *report, const struct herd_core *core)
{
    for (size_t i = 0; i < HERD_REFUSALS; i++)
        if (core->refusals[i].count > 0)
            put(report, "refusal %s %" PRIu64 " %s\n", core->refusals[i].name,
                core->refusals[i].count, core->refusals[i].why);
}

int herd_control_status(struct herd_core *core, struct herd_conn *conn,
                        const struct herd_call *call)
{
    struct report report = {.rc = HERD_OK};
    (void)call;
    herd_buf_init(&report.text, core->setup.mem, 1 << 20);
    put_gauges(&report, core);
    put_counters(&report, &core->stats);
    put_places(&report, core);
    for (uint32_t i = 0; i < core->neighbour_count; i++)
        put_link(&report, core, &core->neighbours[i]);
    put_refusals(&report, core);
    /* The empty line proves that the text is whole. */
    put(&report, "\n");
    if (report.rc == HERD_OK)
        herd_conn_send(core, conn, herd_buf_bytes(&report.text));
    else
        herd_conn_end(core, conn);
    herd_buf_free(&report.text);
    return HERD_OK;
}

static void obey(struct herd_core *core, struct herd_conn *conn, struct herd_slice line)
{
    struct herd_call call = {.line = line};
    herd_words_split(line, &call.words);
    const struct herd_command *command = herd_command_find(HERD_ROLE_CONTROL, &call);
    if (command != NULL && herd_command_obey(core, conn, &call, command) == HERD_OK)
        return;
    herd_conn_send(core, conn, HERD_LIT("? "));
    herd_conn_send(core, conn, line);
    herd_conn_send(core, conn, HERD_LIT("\n"));
}

/* ---- the connection ---- */

enum { LINE_MAX_BYTES = 256 };

void herd_control_open(struct herd_core *core, struct herd_conn *conn)
{
    herd_line_init(&conn->control.line, core->setup.mem, LINE_MAX_BYTES);
    conn->control.idle.owner = conn;
    herd_timer_arm(&core->idle_controls, &conn->control.idle, core->mono);
}

void herd_control_free(struct herd_conn *conn)
{
    herd_timer_disarm(&conn->control.idle);
    herd_line_free(&conn->control.line);
}

void herd_control_timers(struct herd_core *core)
{
    struct herd_conn *conn;
    while ((conn = herd_timerq_expired(&core->idle_controls, core->mono)) != NULL) {
        core->stats.controls_idle++;
        herd_conn_end(core, conn);
    }
}

void herd_control_data(struct herd_core *core, struct herd_conn *conn,
                       struct herd_slice bytes)
{
    struct herd_slice line;
    int rc = 0;
    while (!conn->ending &&
           (rc = herd_line_next(&conn->control.line, &bytes, &line)) == 1) {
        herd_timer_arm(&core->idle_controls, &conn->control.idle, core->mono);
        obey(core, conn, line);
    }
    if (rc < 0)
        herd_conn_end(core, conn);
}
