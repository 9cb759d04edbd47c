/* SPDX-License-Identifier: ISC */
#include "heartbeat.h"

#include "decimal.h"
#include "herd/err.h"
#include "hex.h"
#include "partner.h"

#include <inttypes.h>

enum {
    MISMATCH_MAX = 2,             /* proven differences before a repair */
    REPAIR_PAUSE_MIN_MS = 10000,  /* between two repairs; doubles ... */
    REPAIR_PAUSE_MAX_MS = 600000, /* ... up to this */
};

static void send_ping(struct herd_links *links, struct herd_partner *partner)
{
    struct herd_heartbeat *heartbeat = &partner->heartbeat;
    struct herd_send *send = &partner->send;
    uint64_t seq = send->mode == HERD_SEND_FEED ? send->marker.seen_seq : 0;
    char clock[HERD_TIME_TEXT];
    heartbeat->ping_serial++;
    heartbeat->ping_sent_at = links->context->mono;
    links->context->stats.pings_sent++;
    if (seq > 0)
        send->announced_seq = seq;
    herd_peer_sendf(links, partner->peer,
                    "PING 0 %" PRIu64 " %" PRIu64 " %" PRIu64 " %016" PRIx64 " %.*s\n",
                    heartbeat->ping_serial, seq, links->store->tail_seq,
                    herd_store_digest_at(links->store, links->context->wall),
                    (int)herd_time_print(links->context->wall, clock), clock);
}

void herd_heartbeat_start(struct herd_links *links, struct herd_partner *partner)
{
    struct herd_heartbeat *heartbeat = &partner->heartbeat;
    struct herd_mono repair_not_before = heartbeat->repair_not_before;
    int64_t repair_pause_ms = heartbeat->repair_pause_ms;
    *heartbeat = (struct herd_heartbeat){.repair_not_before = repair_not_before,
                                         .repair_pause_ms = repair_pause_ms};
    heartbeat->ping_timer.owner = partner;
    heartbeat->timeout_timer.owner = partner;
    heartbeat->probe_timer.owner = partner;
    herd_timer_arm(&links->pings, &heartbeat->ping_timer, links->context->mono);
    herd_timer_arm(&links->timeouts, &heartbeat->timeout_timer, links->context->mono);
    send_ping(links, partner);
}

void herd_heartbeat_stop(struct herd_partner *partner)
{
    herd_timer_disarm(&partner->heartbeat.ping_timer);
    herd_timer_disarm(&partner->heartbeat.timeout_timer);
    herd_timer_disarm(&partner->heartbeat.probe_timer);
}

void herd_heartbeat_on_data(struct herd_links *links, struct herd_partner *partner)
{
    herd_timer_arm(&links->timeouts, &partner->heartbeat.timeout_timer,
                   links->context->mono);
    herd_timer_disarm(&partner->heartbeat.probe_timer);
}

void herd_heartbeat_probe(struct herd_links *links, struct herd_partner *partner)
{
    if (herd_timer_armed(&partner->heartbeat.probe_timer) || partner->peer->session.ending)
        return;
    herd_timer_arm(&links->probes, &partner->heartbeat.probe_timer, links->context->mono);
    send_ping(links, partner);
}

/* ---- time ---- */

static void time_out(struct herd_links *links, struct herd_partner *partner,
                     const char *why)
{
    herd_partner_count(links, partner->kind->timed_out);
    (void)herd_partner_set_reason(partner, herd_slice_str(why));
    herd_peer_send_bye(links, partner->peer, "quiet", why);
}

void herd_heartbeat_tick(struct herd_links *links)
{
    struct herd_partner *partner;
    while ((partner = herd_timerq_expired(&links->timeouts, links->context->mono)) != NULL)
        time_out(links, partner, "nothing was heard for link-timeout-ms");
    while ((partner = herd_timerq_expired(&links->probes, links->context->mono)) != NULL)
        time_out(links, partner,
                 "another one of its name came, and it gave no sign of life");
    while ((partner = herd_timerq_expired(&links->pings, links->context->mono)) != NULL) {
        if (partner->peer->session.ending)
            continue;
        herd_timer_arm(&links->pings, &partner->heartbeat.ping_timer, links->context->mono);
        partner->heartbeat.proof_requested = false;
        send_ping(links, partner);
    }
}

/* ---- digests ---- */

struct ping {
    uint64_t serial, seq, tail, digest;
    struct herd_wall clock;
};

/* Both servers are idle and hold different records. This cannot happen without a defect, so
 * it is counted and logged; if a repair does not help, the next one comes later. */
static void repair(struct herd_links *links, struct herd_partner *partner)
{
    struct herd_heartbeat *heartbeat = &partner->heartbeat;
    if (!herd_mono_reached(links->context->mono, heartbeat->repair_not_before) ||
        !herd_send_repair(links, partner))
        return;
    heartbeat->mismatch_count = 0;
    heartbeat->repair_pause_ms = heartbeat->repair_pause_ms == 0
                                     ? REPAIR_PAUSE_MIN_MS
                                     : heartbeat->repair_pause_ms * 2;
    if (heartbeat->repair_pause_ms > REPAIR_PAUSE_MAX_MS)
        heartbeat->repair_pause_ms = REPAIR_PAUSE_MAX_MS;
    heartbeat->repair_not_before =
        herd_mono_add_ms(links->context->mono, heartbeat->repair_pause_ms);
    links->context->stats.repairs++;
    herd_logf(links->context, partner->peer->session.id,
              "the digest of %s differs from this server's: starting a full sync",
              partner->name);
}

/* The two digests can be compared when each server has all records of the other. This
 * server has the partner's: the PING followed every batch. The partner has this
 * server's when, before its PING, it answered one that followed the last batch. */
static bool is_proof(const struct herd_links *links, const struct herd_partner *partner,
                     const struct ping *ping)
{
    return partner->receive.mode == HERD_RECEIVE_FEED && ping->seq == ping->tail &&
           herd_send_idle(links, partner) &&
           partner->heartbeat.pong_serial > partner->send.ping_before_batch;
}

/* Under load hardly any link-ping-ms passes without a batch. A PING right after the PONG is
 * a proof for the partner, unless it has sent a batch within the round-trip time. One
 * until the next PING is due, so that the two servers do not answer each other for ever. */
static void request_proof(struct herd_links *links, struct herd_partner *partner)
{
    if (partner->heartbeat.proof_requested || partner->peer->session.ending ||
        !herd_send_idle(links, partner))
        return;
    partner->heartbeat.proof_requested = true;
    send_ping(links, partner);
}

static void compare_digests(struct herd_links *links, struct herd_partner *partner,
                            const struct ping *ping)
{
    struct herd_heartbeat *heartbeat = &partner->heartbeat;
    if (!herd_store_has_digest_at(links->store, ping->clock))
        return;
    if (ping->digest == herd_store_digest_at(links->store, ping->clock)) {
        heartbeat->mismatch_count = 0;
        heartbeat->repair_pause_ms = 0;
        heartbeat->repair_not_before = (struct herd_mono){0};
    } else if (!is_proof(links, partner, ping)) {
        request_proof(links, partner);
    } else {
        links->context->stats.digest_mismatches++;
        if (++heartbeat->mismatch_count >= MISMATCH_MAX)
            repair(links, partner);
    }
}

/* ---- frames ---- */

static int parse_ping(const struct herd_call *call, struct ping *ping)
{
    const struct herd_slice *word = call->words.word;
    if (herd_uint_parse(word[1], UINT64_MAX, &ping->serial) != HERD_OK ||
        herd_uint_parse(word[2], UINT64_MAX, &ping->seq) != HERD_OK ||
        herd_uint_parse(word[3], UINT64_MAX, &ping->tail) != HERD_OK ||
        herd_hex_parse_u64(word[4], &ping->digest) != HERD_OK ||
        herd_time_parse(word[5], &ping->clock) != HERD_OK || ping->seq > ping->tail)
        return HERD_EBAD;
    return HERD_OK;
}

int herd_peer_on_ping(struct herd_links *links, struct herd_peer *peer,
                      const struct herd_call *call)
{
    struct herd_partner *partner = peer->partner;
    struct ping ping;
    if (partner == NULL || parse_ping(call, &ping) != HERD_OK)
        return HERD_EBAD;
    bool feeding = partner->receive.mode == HERD_RECEIVE_FEED;
    if (feeding && ping.seq > 0 && herd_receive_advance(partner, ping.seq) != HERD_OK)
        return HERD_EBAD;
    partner->heartbeat.skew_ns = ping.clock.ns - links->context->wall.ns;
    herd_peer_sendf(links, peer, "PONG 0 %" PRIu64 "\n", ping.serial);
    if (partner->kind->compares_digests)
        compare_digests(links, partner, &ping);
    return HERD_OK;
}

int herd_peer_on_pong(struct herd_links *links, struct herd_peer *peer,
                      const struct herd_call *call)
{
    struct herd_partner *partner = peer->partner;
    uint64_t serial;
    if (partner == NULL ||
        herd_uint_parse(call->words.word[1], UINT64_MAX, &serial) != HERD_OK)
        return HERD_EBAD;
    struct herd_heartbeat *heartbeat = &partner->heartbeat;
    if (serial > heartbeat->pong_serial && serial <= heartbeat->ping_serial)
        heartbeat->pong_serial = serial;
    if (serial == heartbeat->ping_serial)
        heartbeat->rtt_ns = links->context->mono.ns - heartbeat->ping_sent_at.ns;
    return HERD_OK;
}
