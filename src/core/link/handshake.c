/* SPDX-License-Identifier: ISC */
#include "handshake.h"

#include "admission.h"
#include "establish.h"
#include "herd/err.h"
#include "hex.h"
#include "neighbour.h"
#include "proof.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum {
    HANDSHAKE_PAYLOAD_MAX = 1024, /* bytes of a frame */
    SKEW_LOGGED_MS = 1000,        /* a greater clock skew is logged */
};

/* ---- refusing ---- */

static void refuse(struct herd_links *links, struct herd_peer *peer, struct herd_slice name,
                   const char *why)
{
    peer->refused = true;
    herd_peer_refuse(links, peer, name, "refused", why);
}

struct herd_slice herd_handshake_remote_name(const struct herd_peer *peer)
{
    if (peer->neighbour == NULL)
        return HERD_LIT("-");
    return herd_slice_str(peer->neighbour->partner.name);
}

/* ---- opening ---- */

static void send_hello(struct herd_links *links, struct herd_peer *peer)
{
    struct herd_handshake *handshake = peer->handshake;
    struct herd_hello hello = {
        .version_least = HERD_VERSION_LEAST,
        .version_most = HERD_VERSION_MOST,
        .herd = herd_slice_str(links->context->setup.conf->herd_name),
        .from = links->context->name,
        .to = herd_slice_str(peer->neighbour->partner.name),
        .rules = links->rules,
        .clock = links->context->wall,
    };
    herd_nonce(links->context, hello.nonce);
    handshake->local_hello_len = herd_hello_print(&hello, handshake->local_hello);
    herd_peer_sendf(links, peer, "HELLO 0 %s\n", handshake->local_hello);
}

static void open_accepted(struct herd_links *links, struct herd_peer *peer,
                          bool from_neighbour_address)
{
    links->context->stats.peers_accepted++;
    peer->from_neighbour_address = from_neighbour_address;
    herd_handshake_evict_oldest(links, HERD_STAGE_HELLO);
}

static void open_dialled(struct herd_links *links, struct herd_peer *peer,
                         const struct herd_event *event)
{
    links->context->stats.dials_to_self += event->to_self;
    peer->dialled = true;
    peer->neighbour = herd_neighbour_find(links, event->server);
    assert(peer->neighbour != NULL);
    herd_link_fsm_on_dialled(&peer->neighbour->fsm, peer->session.id);
    if (peer->handshake != NULL)
        send_hello(links, peer);
}

void herd_handshake_start(struct herd_links *links, struct herd_peer *peer,
                          const struct herd_event *event)
{
    herd_framer_init(&peer->framer, links->context->setup.mem, HANDSHAKE_PAYLOAD_MAX);
    peer->handshake_timer.owner = peer;
    herd_timer_arm(&links->handshakes, &peer->handshake_timer, links->context->mono);
    peer->handshake = herd_mem_zalloc(links->context->setup.mem, sizeof *peer->handshake);
    if (event->server >= 0)
        open_dialled(links, peer, event);
    else
        open_accepted(links, peer, event->from_neighbour_address);
    if (peer->handshake == NULL)
        herd_session_end_out_of_memory(&peer->session);
}

void herd_handshake_end(struct herd_links *links, struct herd_peer *peer)
{
    herd_timer_disarm(&peer->handshake_timer);
    if (peer->handshake != NULL)
        herd_mem_free(links->context->setup.mem, peer->handshake, sizeof *peer->handshake);
    peer->handshake = NULL;
}

void herd_handshake_tick(struct herd_links *links)
{
    struct herd_peer *peer;
    while ((peer = herd_timerq_expired(&links->handshakes, links->context->mono)) != NULL) {
        if (peer->stage == HERD_STAGE_RETIRED)
            herd_session_end(&peer->session);
        else
            herd_peer_refuse(links, peer, herd_handshake_remote_name(peer), "closing",
                             "the handshake took longer than handshake-timeout-ms");
    }
}

/* ---- HELLO ---- */

static bool is_skewed(const struct herd_links *links, struct herd_wall clock)
{
    int64_t max_ms = links->context->setup.conf->link_skew_max_ms;
    int64_t apart = clock.ns > links->context->wall.ns ? clock.ns - links->context->wall.ns
                                                       : links->context->wall.ns - clock.ns;
    return max_ms > 0 && apart / HERD_NS_PER_MS > max_ms;
}

/* Why the sender of this HELLO is refused, or NULL and the neighbour that it is. */
static const char *find_objection(struct herd_links *links, const struct herd_peer *peer,
                                  const struct herd_hello *hello,
                                  struct herd_neighbour **neighbour)
{
    int64_t server = herd_conf_find(links->context->setup.conf, hello->from);
    *neighbour = server >= 0 ? herd_neighbour_find(links, server) : NULL;
    if (hello->version_most < HERD_VERSION_LEAST ||
        hello->version_least > HERD_VERSION_MOST)
        return "no common protocol version: this server speaks version 2";
    if (!herd_slice_eq(hello->herd, herd_slice_str(links->context->setup.conf->herd_name)))
        return "another herd: herd-name differs";
    if (!herd_slice_eq(hello->to, links->context->name))
        return "wrong address: this is not the server that was asked for";
    if (server < 0)
        return "unknown server: it is not in this server's configuration";
    if (*neighbour == NULL)
        return "not a neighbour: this server's configuration has no link to it";
    if (peer->dialled && *neighbour != peer->neighbour)
        return "wrong address: another server answers there";
    if (hello->rules != links->rules)
        return "other merge rules, or another client-expire: the two servers would never "
               "agree";
    if (is_skewed(links, hello->clock)) {
        links->context->stats.peers_skewed++;
        return "clocks differ by more than link-skew-max-ms";
    }
    return NULL;
}

static void log_skew(struct herd_links *links, struct herd_peer *peer,
                     struct herd_wall clock)
{
    int64_t apart_ms = (clock.ns - links->context->wall.ns) / HERD_NS_PER_MS;
    if ((apart_ms > SKEW_LOGGED_MS || apart_ms < -SKEW_LOGGED_MS) &&
        herd_peer_is_logged(links, peer))
        herd_logf(links->context, peer->session.id,
                  "the clock of %s differs from this server's by %" PRId64 " ms",
                  peer->neighbour->partner.name, apart_ms);
}

/* ---- proofs ---- */

/* Sends this server's boot id: only to a neighbour that has proved itself. */
static void send_boot(struct herd_links *links, struct herd_peer *peer, const char *verb,
                      const char *role)
{
    char boot[HERD_BOOT_TEXT];
    snprintf(boot, sizeof boot, "%016" PRIx64, links->context->setup.boot_id);
    struct herd_proof_mac mac = herd_proof_sign(links, peer, role, herd_slice_str(boot));
    herd_peer_sendf(links, peer, "%s 0 %s %s\n", verb, mac.word, boot);
}

void herd_handshake_send_up(struct herd_links *links, struct herd_peer *peer)
{
    send_boot(links, peer, "UP", herd_proof_up);
}

/* ---- HELLO, once it was read ---- */

/* Anybody can say HELLO, so the acceptor's proof has no boot id. */
static void answer_hello(struct herd_links *links, struct herd_peer *peer)
{
    herd_handshake_evict_oldest(links, HERD_STAGE_AUTH);
    if (peer->session.ending)
        return;
    send_hello(links, peer);
    struct herd_proof_mac mac =
        herd_proof_sign(links, peer, herd_proof_acceptor, HERD_LIT(""));
    herd_peer_sendf(links, peer, "AUTH 0 %s\n", mac.word);
}

int herd_peer_on_hello(struct herd_links *links, struct herd_peer *peer,
                       const struct herd_call *call)
{
    struct herd_hello hello;
    struct herd_neighbour *neighbour;
    if (peer->stage != HERD_STAGE_HELLO || herd_hello_parse(call->line, &hello) != HERD_OK)
        return HERD_EBAD;
    const char *why = find_objection(links, peer, &hello, &neighbour);
    if (why != NULL) {
        refuse(links, peer, hello.from, why);
        return HERD_OK;
    }
    peer->neighbour = neighbour;
    peer->stage = HERD_STAGE_AUTH;
    peer->handshake->remote_hello_len = call->line.len;
    memcpy(peer->handshake->remote_hello, call->line.data, call->line.len);
    log_skew(links, peer, hello.clock);
    if (!peer->dialled)
        answer_hello(links, peer);
    return HERD_OK;
}

/* ---- AUTH and UP ---- */

/* Whether the frame has the proof of that role; if not, its sender is refused. */
static bool is_proved(struct herd_links *links, struct herd_peer *peer, const char *role,
                      const struct herd_call *call, struct herd_slice boot)
{
    const char *why = herd_proof_objection(links, peer, role, boot, call->words.word[1]);
    if (why == NULL)
        return true;
    links->context->stats.peers_auth_failed++;
    refuse(links, peer, herd_handshake_remote_name(peer), why);
    return false;
}

/* The last proof, with the neighbour's boot id: the link is up here, or a duplicate. */
static int on_last_proof(struct herd_links *links, struct herd_peer *peer, const char *role,
                         const struct herd_call *call)
{
    if (call->words.count < 3 ||
        herd_hex_parse_u64(call->words.word[2], &peer->handshake->boot_id) != HERD_OK)
        return HERD_EBAD;
    if (is_proved(links, peer, role, call, call->words.word[2]))
        herd_link_establish(links, peer);
    return HERD_OK;
}

int herd_peer_on_auth(struct herd_links *links, struct herd_peer *peer,
                      const struct herd_call *call)
{
    if (peer->stage != HERD_STAGE_AUTH)
        return HERD_EBAD;
    if (!peer->dialled)
        return on_last_proof(links, peer, herd_proof_dialler, call);
    if (is_proved(links, peer, herd_proof_acceptor, call, HERD_LIT(""))) {
        peer->stage = HERD_STAGE_PROVEN;
        send_boot(links, peer, "AUTH", herd_proof_dialler);
    }
    return HERD_OK;
}

int herd_peer_on_up(struct herd_links *links, struct herd_peer *peer,
                    const struct herd_call *call)
{
    return peer->stage == HERD_STAGE_PROVEN
               ? on_last_proof(links, peer, herd_proof_up, call)
               : HERD_EBAD;
}
