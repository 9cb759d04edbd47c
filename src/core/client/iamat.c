/* SPDX-License-Identifier: ISC */
/* IAMAT: a client reports its location. */
#include "client.h"
#include "disk_waits.h"
#include "herd/err.h"
#include "protocol/client_id.h"

static bool time_is_refused(struct herd_clients *clients, struct herd_wall time)
{
    int64_t most_ms = clients->context->setup.conf->client_skew_max_ms;
    if (most_ms == 0 || time.ns - clients->context->wall.ns <= most_ms * HERD_NS_PER_MS)
        return false;
    clients->context->stats.reports_refused_skew++;
    return true;
}

/* The location and the time of a report, however precise, are shorter than this together.
 */
enum { USUAL_OPERANDS = 64 };

/* Whether memory-max forbids to store the report. It is for new clients. A known one may
 * always report on; but a report that is so long on purpose gets no memory of its own. */
static bool is_over_memory_max(const struct herd_clients *clients,
                               struct herd_store_slot slot,
                               const struct herd_record *record,
                               const struct herd_report *report)
{
    int64_t max = clients->context->setup.conf->memory_max;
    if (max == 0 || !herd_store_must_allocate(slot, record))
        return false;
    if (slot.stored != NULL &&
        report->location.len + report->time_text.len <= USUAL_OPERANDS)
        return false;
    return herd_store_memory_with(clients->store, record) > (uint64_t)max;
}

static bool is_refused(struct herd_clients *clients, struct herd_store_slot slot,
                       const struct herd_record *record, const struct herd_report *report)
{
    struct herd_stats *stats = &clients->context->stats;
    if (slot.stored == NULL &&
        clients->store->count >= (uint64_t)clients->context->setup.conf->clients_max) {
        stats->reports_refused_full++;
        return true;
    }
    if (is_over_memory_max(clients, slot, record, report)) {
        stats->reports_refused_memory_max++;
        return true;
    }
    return false;
}

/* Whether the report is not to be stored. As between servers its record has to be greater
 * than the one that is held; besides, a report with the time of the one that is held is a
 * repeated one, and one that was received before its client was forgotten, by the clock of
 * the server that was told so, stays forgotten. A record that has expired does not count.
 */
static bool is_stale(const struct herd_store *store, const struct herd_stored *stored,
                     const struct herd_record *record)
{
    if (!herd_stored_is_visible(store, stored))
        return false;
    if (herd_stored_cmp(stored, record) >= 0)
        return true;
    return stored->tombstone ? herd_stored_received(stored).ns >= record->received.ns
                             : herd_stored_time(stored).ns == record->time.ns;
}

/* *seq becomes the number of the change that the reply tells of. */
static int store_report(struct herd_clients *clients, const struct herd_record *record,
                        const struct herd_report *report, uint64_t *seq)
{
    struct herd_stats *stats = &clients->context->stats;
    struct herd_store_slot slot =
        herd_line_prefetch_lookup(&clients->ahead, report->client);
    if (slot.stored != NULL && is_stale(clients->store, slot.stored, record)) {
        stats->reports_stale++;
        *seq = slot.stored->node.seq;
        return HERD_OK;
    }
    if (is_refused(clients, slot, record, report))
        return HERD_EFULL;
    int rc = herd_store_merge(clients->store, slot, record, 0);
    if (rc < 0) {
        stats->reports_refused_memory++;
        return rc;
    }
    stats->reports_stored++;
    *seq = clients->store->tail_seq;
    return HERD_OK;
}

static int parse(const struct herd_clients *clients, const struct herd_call *call,
                 struct herd_report *report)
{
    int rc = herd_client_id_check(call->words.word[1],
                                  (size_t)clients->context->setup.conf->client_id_max);
    return rc == HERD_OK ? herd_report_parse(&call->words.word[1], report) : rc;
}

int herd_client_check_iamat(const struct herd_clients *clients,
                            const struct herd_call *call)
{
    struct herd_report report;
    return parse(clients, call, &report);
}

int herd_client_on_iamat(struct herd_clients *clients, struct herd_client *client,
                         const struct herd_call *call)
{
    struct herd_report report;
    struct herd_record record;
    struct herd_disk_wait *wait = NULL;
    uint64_t seq = 0;
    int rc = parse(clients, call, &report);
    if (rc != HERD_OK)
        return rc;
    if (time_is_refused(clients, report.time))
        return HERD_ERANGE;
    if (clients->disk_waits.on && (wait = herd_disk_wait_for(clients, client)) == NULL)
        return HERD_OK;
    size_t bound = herd_record_bound(clients->context->name, &report) + 1;
    char *room = herd_replies_room(&client->replies, bound);
    if (room == NULL)
        return HERD_OK;
    herd_record_make(clients->context->name, &report, clients->context->wall, room,
                     &record);
    rc = store_report(clients, &record, &report, &seq);
    if (rc != HERD_OK)
        return rc;
    if (wait != NULL)
        herd_disk_wait_until(wait, seq);
    room[record.text.len] = '\n';
    herd_replies_commit(&client->replies, record.text.len + 1);
    clients->context->stats.reports++;
    return HERD_OK;
}
