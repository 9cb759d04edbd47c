/* Signs of life on a link, and the proof that both ends hold the same. */
#include "decimal.h"
#include "herd/err.h"
#include "hex.h"
#include "peer.h"

#include <inttypes.h>

enum {
    MISMATCH_MAX = 2, /* heartbeats that prove a difference, before it is repaired */
    REPAIR_MIN_MS = 10000,
    REPAIR_MAX_MS = 600000,
};

static void send_ping(struct herd_links *links, struct herd_neighbour *neighbour)
{
    struct herd_heartbeat *beat = &neighbour->beat;
    struct herd_send *out = &neighbour->out;
    uint64_t seq = out->mode == HERD_SEND_FEED ? out->follower.seen_seq : 0;
    char clock[HERD_TIME_TEXT];
    beat->serial++;
    beat->sent_at = links->context->mono;
    links->context->stats.pings_sent++;
    if (seq > 0)
        out->told = seq;
    herd_peer_sendf(links, neighbour->peer,
                    "PING 0 %" PRIu64 " %" PRIu64 " %" PRIu64 " %016" PRIx64 " %.*s\n",
                    beat->serial, seq, links->store->tail_seq, links->store->digest,
                    (int)herd_time_print(links->context->wall, clock), clock);
}

void herd_heartbeat_start(struct herd_links *links, struct herd_neighbour *neighbour)
{
    struct herd_heartbeat *beat = &neighbour->beat;
    struct herd_mono repair_at = beat->repair_at;
    int64_t repair_pause_ms = beat->repair_pause_ms;
    *beat =
        (struct herd_heartbeat){.repair_at = repair_at, .repair_pause_ms = repair_pause_ms};
    beat->ping.owner = neighbour;
    beat->quiet.owner = neighbour;
    beat->probe.owner = neighbour;
    herd_timer_arm(&links->pings, &beat->ping, links->context->mono);
    herd_timer_arm(&links->quiet_links, &beat->quiet, links->context->mono);
    send_ping(links, neighbour);
}

void herd_heartbeat_stop(struct herd_neighbour *neighbour)
{
    herd_timer_disarm(&neighbour->beat.ping);
    herd_timer_disarm(&neighbour->beat.quiet);
    herd_timer_disarm(&neighbour->beat.probe);
}

void herd_heartbeat_heard(struct herd_links *links, struct herd_neighbour *neighbour)
{
    herd_timer_arm(&links->quiet_links, &neighbour->beat.quiet, links->context->mono);
    herd_timer_disarm(&neighbour->beat.probe);
}

void herd_heartbeat_probe(struct herd_links *links, struct herd_neighbour *neighbour)
{
    if (herd_timer_armed(&neighbour->beat.probe) || neighbour->peer->session.ending)
        return;
    herd_timer_arm(&links->probes, &neighbour->beat.probe, links->context->mono);
    send_ping(links, neighbour);
}

/* ---- time ---- */

static void give_up(struct herd_links *links, struct herd_neighbour *neighbour,
                    const char *why)
{
    links->context->stats.links_quiet++;
    (void)herd_neighbour_set_reason(neighbour, herd_slice_str(why));
    herd_peer_send_bye(links, neighbour->peer, "quiet", why);
}

void herd_heartbeat_timers(struct herd_links *links)
{
    struct herd_neighbour *neighbour;
    while ((neighbour = herd_timerq_expired(&links->quiet_links, links->context->mono)) !=
           NULL)
        give_up(links, neighbour, "nothing was heard for link-timeout-ms");
    while ((neighbour = herd_timerq_expired(&links->probes, links->context->mono)) != NULL)
        give_up(links, neighbour,
                "another one of its name came, and it gave no sign of life");
    while ((neighbour = herd_timerq_expired(&links->pings, links->context->mono)) != NULL) {
        if (neighbour->peer->session.ending)
            continue;
        herd_timer_arm(&links->pings, &neighbour->beat.ping, links->context->mono);
        neighbour->beat.asked = false;
        send_ping(links, neighbour);
    }
}

/* ---- differences ---- */

struct ping {
    uint64_t serial, seq, tail, digest;
    struct herd_wall clock;
};

/* Both ends are at rest and hold different records. There should be no way to get here, so
 * it is counted and told; and if a repair does not help, the next one has to wait longer.
 */
static void repair(struct herd_links *links, struct herd_neighbour *neighbour)
{
    struct herd_heartbeat *beat = &neighbour->beat;
    if (!herd_mono_reached(links->context->mono, beat->repair_at) ||
        !herd_send_repair(links, neighbour))
        return;
    beat->mismatch_count = 0;
    beat->repair_pause_ms =
        beat->repair_pause_ms == 0 ? REPAIR_MIN_MS : beat->repair_pause_ms * 2;
    if (beat->repair_pause_ms > REPAIR_MAX_MS)
        beat->repair_pause_ms = REPAIR_MAX_MS;
    beat->repair_at = herd_mono_add_ms(links->context->mono, beat->repair_pause_ms);
    links->context->stats.repairs++;
    herd_logf(links->context, neighbour->peer->session.id,
              "%s holds other records than this server: sending all of ours",
              herd_neighbour_name(links, neighbour));
}

/* Both digests speak of the same records when each side has what the other has sent. The
 * PING that brings theirs came behind all that the neighbour had to send; and ours is
 * theirs when the neighbour had answered, before that, a PING that went behind the last
 * batch. */
static bool is_proof(const struct herd_links *links, const struct herd_neighbour *neighbour,
                     const struct ping *ping)
{
    return neighbour->in.mode == HERD_RECEIVE_FEED && ping->seq == ping->tail &&
           herd_send_idle(links, neighbour) &&
           neighbour->beat.answered > neighbour->out.ping;
}

/* Under load there is hardly ever a whole link-ping-ms without a batch. A heartbeat right
 * behind the answer to theirs is a proof for them, unless they have sent one within the
 * time to and fro. Once until the next heartbeat is due, so that the two do not go on for
 * ever. */
static void ask(struct herd_links *links, struct herd_neighbour *neighbour)
{
    if (neighbour->beat.asked || neighbour->peer->session.ending ||
        !herd_send_idle(links, neighbour))
        return;
    neighbour->beat.asked = true;
    send_ping(links, neighbour);
}

static void compare(struct herd_links *links, struct herd_neighbour *neighbour,
                    const struct ping *ping)
{
    struct herd_heartbeat *beat = &neighbour->beat;
    if (ping->digest == links->store->digest) {
        beat->mismatch_count = 0;
        beat->repair_pause_ms = 0;
        beat->repair_at = (struct herd_mono){0};
    } else if (!is_proof(links, neighbour, ping)) {
        ask(links, neighbour);
    } else {
        links->context->stats.digests_differ++;
        if (++beat->mismatch_count >= MISMATCH_MAX)
            repair(links, neighbour);
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
    struct herd_neighbour *neighbour = herd_neighbour_linked(peer);
    struct ping ping;
    if (neighbour == NULL || parse_ping(call, &ping) != HERD_OK)
        return HERD_EBAD;
    bool feeding = neighbour->in.mode == HERD_RECEIVE_FEED;
    if (feeding && ping.seq > 0 && herd_receive_reached(neighbour, ping.seq) != HERD_OK)
        return HERD_EBAD;
    neighbour->beat.skew_ns = ping.clock.ns - links->context->wall.ns;
    herd_peer_sendf(links, peer, "PONG 0 %" PRIu64 "\n", ping.serial);
    compare(links, neighbour, &ping);
    return HERD_OK;
}

int herd_peer_on_pong(struct herd_links *links, struct herd_peer *peer,
                      const struct herd_call *call)
{
    struct herd_neighbour *neighbour = herd_neighbour_linked(peer);
    uint64_t serial;
    if (neighbour == NULL ||
        herd_uint_parse(call->words.word[1], UINT64_MAX, &serial) != HERD_OK)
        return HERD_EBAD;
    struct herd_heartbeat *beat = &neighbour->beat;
    if (serial > beat->answered && serial <= beat->serial)
        beat->answered = serial;
    if (serial == beat->serial)
        beat->rtt_ns = links->context->mono.ns - beat->sent_at.ns;
    return HERD_OK;
}
