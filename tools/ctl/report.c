/* SPDX-License-Identifier: ISC */
/* Fetches the reply to STATUS from a server, and parses its lines. */
#include "status.h"

#include "look.h"

#include "decimal.h"
#include "herd/err.h"
#include "herd/stats.h"
#include "io/mem.h"

#include <stdio.h>

enum { REPLY_MAX = 4 * 1024 * 1024 }; /* bytes */

static int read_text(struct report *report, struct wire *wire)
{
    struct herd_slice line;
    int status = wire_send(wire, HERD_LIT("STATUS"));
    while (status == CTL_OK && (status = wire_receive(wire, &line)) == CTL_OK) {
        if (line.len == 1)
            return CTL_OK;
        if (line.data[line.len - 1] == '\n' &&
            herd_buf_append(&report->text, line) == HERD_OK)
            continue;
        herd_error_set(&wire->error, "the reply is incomplete");
        status = CTL_FAILED;
    }
    return status;
}

void report_fetch(struct report *report, const struct servers *servers, uint32_t i,
                  const struct ctl *ctl)
{
    static const enum status_state states[] = {[LOOK_RUNS] = STATUS_SILENT,
                                               [LOOK_DOWN] = STATUS_DOWN,
                                               [LOOK_ELSEWHERE] = STATUS_ELSEWHERE,
                                               [LOOK_UNKNOWN] = STATUS_UNKNOWN};
    const char *name = servers->conf.servers[i].name;
    char path[IO_PATH_MAX];
    struct wire wire;
    struct look look;
    look_for(&look, servers, i);
    *report =
        (struct report){.state = states[look.state], .pid = look.pid, .error = look.why};
    herd_buf_init(&report->text, &io_mem, REPLY_MAX);
    if (look.state != LOOK_RUNS ||
        !servers_path(servers, servers->conf.run_dir, name, ".sock", path))
        return;
    wire_init(&wire, ctl->verbose);
    wire_set_timeout(&wire, ctl_timeout_ms(ctl, CTL_TIMEOUT_MS));
    int status = wire_dial_unix(&wire, name, path);
    if (status == CTL_OK)
        status = read_text(report, &wire);
    report->state = status == CTL_OK ? STATUS_UP : STATUS_SILENT;
    if (status == CTL_DOWN)
        herd_error_set(&report->error,
                       "%.300s; if somebody removed it, the server makes it anew within %d "
                       "s: look again",
                       wire.error.text, (LOOK_REMADE_MS + 999) / 1000);
    else if (status != CTL_OK)
        report->error = wire.error;
    if (status != CTL_OK)
        herd_buf_free(&report->text);
    wire_close(&wire);
}

void report_free(struct report *report)
{
    herd_buf_free(&report->text);
}

const char *report_state(const struct report *report)
{
    static const char *const states[] = {"up", "down", "silent", "unknown", "elsewhere"};
    return states[report->state];
}

bool report_has_reason(const struct report *report)
{
    return report->state == STATUS_SILENT || report->state == STATUS_UNKNOWN ||
           report->state == STATUS_ELSEWHERE;
}

/* What the wire says has a name already, where one helps. */
void report_put_reason(const struct report *report, const char *name)
{
    if (report->state == STATUS_SILENT)
        ctl_error(CTL_TIMED_OUT, "%s", report->error.text);
    else if (report_has_reason(report))
        ctl_error(CTL_FAILED, "%s: %s", name, report->error.text);
}

/* Removes the bytes up to `end` and `end` itself from *rest, or all if `end` is missing;
 * returns them without `end`. */
static struct herd_slice take(struct herd_slice *rest, char end)
{
    const char *at = memchr(rest->data, end, rest->len);
    size_t len = at != NULL ? (size_t)(at - rest->data) : rest->len;
    struct herd_slice taken = herd_slice(rest->data, len);
    *rest = herd_slice_from(*rest, at != NULL ? len + 1 : len);
    return taken;
}

bool report_next(struct herd_slice *rest, struct report_line *line)
{
    if (rest->len == 0)
        return false;
    line->value = take(rest, '\n');
    line->key = take(&line->value, ' ');
    return true;
}

struct herd_slice report_get(const struct report *report, const char *key)
{
    struct herd_slice rest = herd_buf_bytes(&report->text);
    struct report_line line;
    while (report_next(&rest, &line))
        if (herd_slice_eq(line.key, herd_slice_str(key)))
            return line.value;
    return herd_slice("", 0);
}

void report_parse_link(struct herd_slice value, struct report_link *link)
{
    link->name = take(&value, ' ');
    link->state = take(&value, ' ');
    link->how = take(&value, ' ');
    link->behind = take(&value, ' ');
    link->up = herd_slice_eq(link->state, HERD_LIT("up"));
    link->why = link->up ? herd_slice("", 0) : value;
    link->mode = link->rtt_us = link->skew_ms = herd_slice("", 0);
    if (!link->up)
        return;
    link->mode = take(&value, ' ');
    link->rtt_us = take(&value, ' ');
    link->skew_ms = take(&value, ' ');
}

void report_parse_follower(struct herd_slice value, struct report_follower *follower)
{
    follower->name = take(&value, ' ');
    follower->mode = take(&value, ' ');
    follower->behind = take(&value, ' ');
    follower->unacknowledged = take(&value, ' ');
}

void report_parse_disk(struct herd_slice value, struct report_disk *disk)
{
    disk->name = take(&value, ' ');
    disk->state = take(&value, ' ');
    disk->behind = take(&value, ' ');
    disk->why = herd_slice_eq(value, HERD_LIT("-")) ? herd_slice("", 0) : value;
}

void report_parse_refusal(struct herd_slice value, struct report_refusal *refusal)
{
    refusal->name = take(&value, ' ');
    refusal->count = take(&value, ' ');
    refusal->why = value;
}

void report_parse_places(struct herd_slice value, struct report_places *places)
{
    places->provider = take(&value, ' ');
    places->state = take(&value, ' ');
    places->retry_ms = take(&value, ' ');
}

int64_t report_int(struct herd_slice text, int64_t otherwise)
{
    uint64_t number;
    bool minus = text.len > 0 && text.data[0] == '-';
    if (herd_uint_parse(herd_slice_from(text, minus), INT64_MAX, &number) != HERD_OK)
        return otherwise;
    return minus ? -(int64_t)number : (int64_t)number;
}

const char *report_describe(struct herd_slice key)
{
    static const struct {
        const char *key, *text;
    } descriptions[] = {{"version", "version of the program"},
                        {"uptime_ms", "ms since the start"},
                        {"clients_known", "clients whose location is known"},
                        {"clients_forgotten", "clients of which a tombstone is held"},
                        {"clients_expired", "records that client-expire hides already"},
                        {"records_bytes", "memory of the records, in bytes"},
                        {"store_bytes", "memory that memory-max bounds, in bytes"},
                        {"digest", "of the records: equal digests, equal records"},
                        {"connections_open", "open connections of all kinds"},
                        {"requests_running", "upstream requests in progress"},
                        {"requests_waiting", "queued upstream requests"},
                        {"reports_waiting", "reports whose reply waits for the disk"},
                        {"queries_waiting", "client queries whose reply has not left"},
#define DESCRIPTION(field, text) {#field, text},
                        HERD_STATS(DESCRIPTION)
#undef DESCRIPTION
    };
    for (size_t i = 0; i < sizeof descriptions / sizeof descriptions[0]; i++)
        if (herd_slice_eq(key, herd_slice_str(descriptions[i].key)))
            return descriptions[i].text;
    return "";
}
