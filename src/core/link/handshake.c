/* SPDX-License-Identifier: ISC */
#include "handshake.h"

#include "admission.h"
#include "establish.h"
#include "herd/err.h"
#include "hex.h"
#include "neighbour.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum {
    HANDSHAKE_PAYLOAD_MAX = 1024, /* bytes of a frame */
    SKEW_LOGGED_MS = 1000,        /* a greater clock skew is logged */
};

static const char dialler_role[] = "dialler", acceptor_role[] = "acceptor";

/* ---- refusing ---- */

static void refuse(struct herd_links *links, struct herd_peer *peer, struct herd_slice name,
                   const char *why)
{
    peer->refused = true;
    herd_peer_refuse(links, peer, name, "refused", why);
}

struct herd_slice herd_handshake_remote_name(const struct herd_links *links,
                                             const struct herd_peer *peer)
{
    if (peer->neighbour == NULL)
        return HERD_LIT("-");
    return herd_slice_str(herd_neighbour_name(links, peer->neighbour));
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
        .to = herd_slice_str(herd_neighbour_name(links, peer->neighbour)),
        .boot = links->context->setup.boot_id,
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

static void open_dialled(struct herd_links *links, struct herd_peer *peer, int64_t server)
{
    peer->dialled = true;
    peer->neighbour = herd_neighbour_find(links, server);
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
        open_dialled(links, peer, event->server);
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
            herd_peer_refuse(links, peer, herd_handshake_remote_name(links, peer),
                             "closing",
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
        return "no common protocol version: this server speaks version 1";
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
        return "other merge rules: the two programs would never agree";
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
                  herd_neighbour_name(links, peer->neighbour), apart_ms);
}

/* The argument of the AUTH that the dialler or the acceptor sends; "none" without a key. */
static void sign(const struct herd_links *links, const struct herd_peer *peer,
                 const char *role, char hex[2 * HERD_MAC_SIZE + 1])
{
    const struct herd_handshake *handshake = peer->handshake;
    struct herd_slice local =
        herd_slice(handshake->local_hello, handshake->local_hello_len);
    struct herd_slice remote =
        herd_slice(handshake->remote_hello, handshake->remote_hello_len);
    char text[HERD_AUTH_TEXT];
    uint8_t mac[HERD_MAC_SIZE];
    memcpy(hex, "none", sizeof "none");
    if (links->context->setup.mac.sign == NULL)
        return;
    links->context->setup.mac.sign(links->context->setup.mac.ctx,
                                   herd_auth_text(role, peer->dialled ? local : remote,
                                                  peer->dialled ? remote : local, text),
                                   mac);
    herd_hex_print(mac, sizeof mac, hex);
}

void herd_handshake_send_auth(struct herd_links *links, struct herd_peer *peer)
{
    char mac[2 * HERD_MAC_SIZE + 1];
    sign(links, peer, peer->dialled ? dialler_role : acceptor_role, mac);
    herd_peer_sendf(links, peer, "AUTH 0 %s\n", mac);
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
    peer->handshake->boot_id = hello.boot;
    peer->handshake->remote_hello_len = call->line.len;
    memcpy(peer->handshake->remote_hello, call->line.data, call->line.len);
    log_skew(links, peer, hello.clock);
    if (peer->dialled) {
        herd_handshake_send_auth(links, peer);
        return HERD_OK;
    }
    herd_handshake_evict_oldest(links, HERD_STAGE_AUTH);
    if (!peer->session.ending)
        send_hello(links, peer);
    return HERD_OK;
}

/* ---- AUTH ---- */

/* Takes the same time whether the first or the last byte differs: no timing oracle. */
static bool mac_equal(struct herd_slice got, const char *want)
{
    size_t len = strlen(want);
    unsigned differ = got.len != len;
    for (size_t i = 0; i < got.len && i < len; i++)
        differ |= (unsigned char)got.data[i] ^ (unsigned char)want[i];
    return differ == 0;
}

static const char *auth_failure(const struct herd_links *links, struct herd_slice mac)
{
    if (links->context->setup.mac.sign == NULL)
        return "the neighbour has a herd-key-file, this server has none";
    return herd_slice_eq(mac, HERD_LIT("none"))
               ? "this server has a herd-key-file, the neighbour has none"
               : "wrong key: the two herd-key-files differ";
}

int herd_peer_on_auth(struct herd_links *links, struct herd_peer *peer,
                      const struct herd_call *call)
{
    char want[2 * HERD_MAC_SIZE + 1];
    if (peer->stage != HERD_STAGE_AUTH)
        return HERD_EBAD;
    sign(links, peer, peer->dialled ? acceptor_role : dialler_role, want);
    if (mac_equal(call->words.word[1], want)) {
        herd_link_establish(links, peer);
        return HERD_OK;
    }
    links->context->stats.peers_auth_failed++;
    refuse(links, peer, herd_handshake_remote_name(links, peer),
           auth_failure(links, call->words.word[1]));
    return HERD_OK;
}
