/* SPDX-License-Identifier: ISC */
#include "disk.h"

#include "context.h"
#include "escape.h"

#include <inttypes.h>

enum {
    RESTART_MIN_MS = 200, /* the pause after the first failure; it doubles ... */
    RESTART_MAX_MS = 30000,
    WORKED_MS = 30000,    /* ... but not after the program has run for this time */
    FAILURES_MAX = 3,     /* in a row, and the server listens without it */
    WAITS_TOLD_MS = 5000, /* the log tells when a report has waited for so long */
    SAID_MAX = 240,       /* bytes of a line that are kept and logged */
};

static bool is_connected(const struct herd_disk *disk)
{
    return herd_links_disk(disk->links).connected;
}

/* ---- life ---- */

static void be_patient(struct herd_disk *disk)
{
    disk->records_received = disk->context->stats.records_received;
    disk->patient_until =
        herd_mono_add_ms(disk->context->mono, disk->context->setup.conf->state_load_max_ms);
}

void herd_disk_init(struct herd_disk *disk, struct herd_context *context,
                    struct herd_links *links, const struct herd_clients *clients)
{
    *disk = (struct herd_disk){.context = context,
                               .links = links,
                               .clients = clients,
                               .on = context->setup.conf->state_dir[0] != '\0',
                               .start_at = context->mono};
    be_patient(disk);
}

static void start(struct herd_disk *disk)
{
    struct herd_action action = {.kind = HERD_DO_DISK_START};
    if (!herd_out_add(&disk->context->out, &action))
        return; /* again in the next turn */
    disk->context->stats.disk_starts++;
    disk->runs = true;
    disk->loaded = false;
    disk->started_at = disk->context->mono;
}

/* It keeps what it was sent, so it is ended after its connection. */
static void stop(struct herd_disk *disk)
{
    struct herd_action action = {.kind = HERD_DO_DISK_STOP};
    disk->stopped = herd_out_add(&disk->context->out, &action);
}

static int64_t pause_ms(uint32_t failures)
{
    int64_t ms = RESTART_MIN_MS;
    for (uint32_t i = 1; i < failures && ms < RESTART_MAX_MS; i++)
        ms *= 2;
    return ms < RESTART_MAX_MS ? ms : RESTART_MAX_MS;
}

/* ---- listening ---- */

static void listen_now(struct herd_disk *disk)
{
    struct herd_action action = {.kind = HERD_DO_LISTEN};
    disk->listens = herd_out_add(&disk->context->out, &action);
}

/* The records of neighbours count as progress as well: they come while the program is
 * connected, and one that stalls is disconnected. */
static void see_progress(struct herd_disk *disk)
{
    if (is_connected(disk) &&
        disk->records_received != disk->context->stats.records_received)
        be_patient(disk);
}

static void consider_listening(struct herd_disk *disk)
{
    see_progress(disk);
    bool given_up = disk->failures >= FAILURES_MAX;
    bool too_long = herd_mono_reached(disk->context->mono, disk->patient_until);
    if (disk->loaded) {
        listen_now(disk);
    } else if (given_up || too_long) {
        listen_now(disk);
        herd_logf(disk->context, 0,
                  "starts without what state-dir holds: %s: %.300s; what it holds is taken "
                  "in later, when it comes",
                  given_up ? "the program failed 3 times in a row"
                           : "there was no progress for state-load-max-ms",
                  disk->reason.text[0] != '\0' ? disk->reason.text : "no reason is known");
    }
}

static void see_loaded(struct herd_disk *disk)
{
    struct herd_disk_link link = herd_links_disk(disk->links);
    if (disk->loaded || !link.gave)
        return;
    disk->loaded = true;
    disk->reason.text[0] = '\0';
    if (!disk->listens)
        herd_logf(disk->context, 0, "state-dir has given back what it holds: %zu clients",
                  disk->links->store->count);
}

/* ---- status ---- */

struct herd_disk_status herd_disk_status(const struct herd_disk *disk)
{
    struct herd_disk_link link = herd_links_disk(disk->links);
    bool follows = link.connected && link.gave;
    return (struct herd_disk_status){
        .state = follows          ? "following"
                 : link.connected ? "loading"
                 : disk->runs     ? "starting"
                                  : "down",
        .behind = disk->links->store->tail_seq - link.acked_seq,
        .reason = follows || disk->reason.text[0] == '\0' ? "-" : disk->reason.text,
    };
}

/* ---- report-ack disk ---- */

static struct herd_mono waits_told_at(const struct herd_disk *disk)
{
    struct herd_mono since = herd_clients_disk_wait_since(disk->clients);
    return disk->told_waits || herd_mono_is_never(since)
               ? HERD_NEVER
               : herd_mono_add_ms(since, WAITS_TOLD_MS);
}

/* Replies wait for as long as it takes: their clients know best when to give up. */
static void tell_waits(struct herd_disk *disk)
{
    if (disk->told_waits && !herd_clients_wait_for_disk(disk->clients)) {
        disk->told_waits = false;
        herd_logf(disk->context, 0, "no report waits for the disk any more");
    } else if (herd_mono_reached(disk->context->mono, waits_told_at(disk))) {
        struct herd_disk_status status = herd_disk_status(disk);
        disk->told_waits = true;
        herd_logf(disk->context, 0,
                  "reports have waited for the disk for %d s, %" PRIu64
                  " of them; they are answered when they are on it (report-ack): it is %s: "
                  "%.240s",
                  WAITS_TOLD_MS / 1000, disk->clients->disk_waits.reports, status.state,
                  status.reason);
    }
}

/* ---- time ---- */

void herd_disk_tick(struct herd_disk *disk)
{
    const struct herd_context *context = disk->context;
    if (!disk->on)
        return;
    if (context->stopping) {
        if (disk->runs && !disk->stopped && !is_connected(disk))
            stop(disk);
        return;
    }
    if (!disk->runs && herd_mono_reached(context->mono, disk->start_at))
        start(disk);
    see_loaded(disk);
    if (!disk->listens)
        consider_listening(disk);
    tell_waits(disk);
}

struct herd_mono herd_disk_deadline(const struct herd_disk *disk)
{
    struct herd_mono at = HERD_NEVER;
    if (!disk->on || disk->context->stopping)
        return disk->on && disk->runs && !disk->stopped && !is_connected(disk)
                   ? (struct herd_mono){0}
                   : HERD_NEVER;
    if (!disk->runs)
        at = disk->start_at;
    at = herd_mono_min(at, waits_told_at(disk));
    return disk->listens ? at : herd_mono_min(at, disk->patient_until);
}

/* ---- events ---- */

void herd_disk_on_said(struct herd_disk *disk, struct herd_slice line)
{
    char shown[SAID_MAX * 2];
    size_t len = herd_escape(shown, sizeof shown, &line, HERD_ESCAPE_VISIBLE);
    herd_error_set(&disk->reason, "%.*s%s", (int)len, shown, line.len > 0 ? "..." : "");
    herd_logf(disk->context, 0, "%s", disk->reason.text);
}

void herd_disk_on_ended(struct herd_disk *disk, struct herd_slice how)
{
    struct herd_context *context = disk->context;
    struct herd_mono worked_at = herd_mono_add_ms(disk->started_at, WORKED_MS);
    disk->runs = disk->loaded = false;
    if (context->stopping)
        return;
    if (herd_mono_reached(context->mono, worked_at))
        disk->failures = 0;
    disk->failures += disk->failures < UINT32_MAX;
    context->stats.disk_failures++;
    int64_t ms = pause_ms(disk->failures);
    disk->start_at = herd_mono_add_ms(context->mono, ms);
    herd_logf(context, 0,
              "herd-sqlite %.*s; it is started again in %" PRId64 ".%" PRId64 " s",
              (int)(how.len < SAID_MAX ? how.len : SAID_MAX), how.data, ms / 1000,
              ms % 1000 / 100);
    if (disk->reason.text[0] == '\0')
        herd_error_set(&disk->reason, "herd-sqlite %.*s",
                       (int)(how.len < SAID_MAX ? how.len : SAID_MAX), how.data);
}
