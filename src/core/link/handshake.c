/* The first words on a neighbour's connection: HELLO and AUTH, and who is refused. */
#include "herd/err.h"
#include "hex.h"
#include "peer.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>

enum { GREETING_PAYLOAD_MAX = 1024 };

static const char dialler_role[] = "dialler", acceptor_role[] = "acceptor";

/* ---- refusing ---- */

static void refuse(struct herd_links *links, struct herd_peer *peer, struct herd_slice name,
                   const char *why)
{
    peer->refused = true;
    herd_peer_turn_away(links, peer, name, "refused", why);
}

static struct herd_slice known_name(const struct herd_links *links,
                                    const struct herd_peer *peer)
{
    if (peer->neighbour == NULL)
        return HERD_LIT("-");
    return herd_slice_str(herd_neighbour_name(links, peer->neighbour));
}

/* ---- opening ---- */

static void send_hello(struct herd_links *links, struct herd_peer *peer)
{
    struct herd_greeting *greeting = peer->greeting;
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
    greeting->ours_len = herd_hello_print(&hello, greeting->ours);
    herd_peer_sendf(links, peer, "HELLO 0 %s\n", greeting->ours);
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
    peer->ours = true;
    peer->neighbour = herd_neighbour_of(links, server);
    assert(peer->neighbour != NULL);
    herd_link_called(&peer->neighbour->link, peer->session.id);
    if (peer->greeting != NULL)
        send_hello(links, peer);
}

void herd_handshake_start(struct herd_links *links, struct herd_peer *peer,
                          const struct herd_event *event)
{
    herd_framer_init(&peer->framer, links->context->setup.mem, GREETING_PAYLOAD_MAX);
    peer->handshake.owner = peer;
    herd_timer_arm(&links->handshakes, &peer->handshake, links->context->mono);
    peer->greeting = herd_mem_zalloc(links->context->setup.mem, sizeof *peer->greeting);
    if (event->server >= 0)
        open_dialled(links, peer, event->server);
    else
        open_accepted(links, peer, event->from_neighbour_address);
    if (peer->greeting == NULL)
        herd_session_end_out_of_memory(&peer->session);
}

void herd_handshake_end(struct herd_links *links, struct herd_peer *peer)
{
    herd_timer_disarm(&peer->handshake);
    if (peer->greeting != NULL)
        herd_mem_free(links->context->setup.mem, peer->greeting, sizeof *peer->greeting);
    peer->greeting = NULL;
}

void herd_handshake_timers(struct herd_links *links)
{
    struct herd_peer *peer;
    while ((peer = herd_timerq_expired(&links->handshakes, links->context->mono)) != NULL) {
        if (peer->stage == HERD_STAGE_RETIRED)
            herd_session_end(&peer->session);
        else
            herd_peer_turn_away(links, peer, known_name(links, peer), "closing",
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

/* Why the sender of this HELLO is turned away, or NULL with the neighbour that it is. */
static const char *objection(struct herd_links *links, const struct herd_peer *peer,
                             const struct herd_hello *hello,
                             struct herd_neighbour **neighbour)
{
    int64_t server = herd_conf_find(links->context->setup.conf, hello->from);
    *neighbour = server >= 0 ? herd_neighbour_of(links, server) : NULL;
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
    if (peer->ours && *neighbour != peer->neighbour)
        return "wrong address: another server answers there";
    if (hello->rules != links->rules)
        return "other merge rules: the two programs would never agree";
    if (is_skewed(links, hello->clock)) {
        links->context->stats.peers_skewed++;
        return "clocks differ by more than link-skew-max-ms";
    }
    return NULL;
}

static void warn_of_skew(struct herd_links *links, struct herd_peer *peer,
                         struct herd_wall clock)
{
    int64_t apart_ms = (clock.ns - links->context->wall.ns) / HERD_NS_PER_MS;
    if ((apart_ms > 1000 || apart_ms < -1000) && herd_peer_logged(links, peer))
        herd_logf(links->context, peer->session.id,
                  "the clock of %s differs from ours by %" PRId64 " ms",
                  herd_neighbour_name(links, peer->neighbour), apart_ms);
}

/* Signs for one of the two roles; "none" when there is no key. */
static void sign(const struct herd_links *links, const struct herd_peer *peer,
                 const char *role, char hex[2 * HERD_MAC_SIZE + 1])
{
    const struct herd_greeting *greeting = peer->greeting;
    struct herd_slice ours = herd_slice(greeting->ours, greeting->ours_len);
    struct herd_slice theirs = herd_slice(greeting->theirs, greeting->theirs_len);
    char text[HERD_AUTH_TEXT];
    uint8_t mac[HERD_MAC_SIZE];
    memcpy(hex, "none", sizeof "none");
    if (links->context->setup.mac.sign == NULL)
        return;
    links->context->setup.mac.sign(
        links->context->setup.mac.ctx,
        herd_auth_text(role, peer->ours ? ours : theirs, peer->ours ? theirs : ours, text),
        mac);
    herd_hex_print(mac, sizeof mac, hex);
}

static void send_auth(struct herd_links *links, struct herd_peer *peer)
{
    char mac[2 * HERD_MAC_SIZE + 1];
    sign(links, peer, peer->ours ? dialler_role : acceptor_role, mac);
    herd_peer_sendf(links, peer, "AUTH 0 %s\n", mac);
}

int herd_peer_on_hello(struct herd_links *links, struct herd_peer *peer,
                       const struct herd_call *call)
{
    struct herd_hello hello;
    struct herd_neighbour *neighbour;
    if (peer->stage != HERD_STAGE_HELLO || herd_hello_parse(call->line, &hello) != HERD_OK)
        return HERD_EBAD;
    const char *why = objection(links, peer, &hello, &neighbour);
    if (why != NULL) {
        refuse(links, peer, hello.from, why);
        return HERD_OK;
    }
    peer->neighbour = neighbour;
    peer->stage = HERD_STAGE_AUTH;
    peer->greeting->boot = hello.boot;
    peer->greeting->theirs_len = call->line.len;
    memcpy(peer->greeting->theirs, call->line.data, call->line.len);
    warn_of_skew(links, peer, hello.clock);
    if (peer->ours) {
        send_auth(links, peer);
        return HERD_OK;
    }
    herd_handshake_evict_oldest(links, HERD_STAGE_AUTH);
    if (!peer->session.ending)
        send_hello(links, peer);
    return HERD_OK;
}

/* ---- AUTH ---- */

/* Takes the same time whether the first or the last byte differs. */
static bool same_mac(struct herd_slice got, const char *want)
{
    size_t len = strlen(want);
    unsigned differ = got.len != len;
    for (size_t i = 0; i < got.len && i < len; i++)
        differ |= (unsigned char)got.data[i] ^ (unsigned char)want[i];
    return differ == 0;
}

static const char *why_unproven(const struct herd_links *links, struct herd_slice mac)
{
    if (links->context->setup.mac.sign == NULL)
        return "the neighbour has a herd-key-file, this server has none";
    return herd_slice_eq(mac, HERD_LIT("none"))
               ? "this server has a herd-key-file, the neighbour has none"
               : "wrong key: the two herd-key-files differ";
}

/* A restarted neighbour says new things; what it was sent before, it has lost. */
static void meet(struct herd_links *links, struct herd_neighbour *neighbour, uint64_t boot)
{
    if (neighbour->tag != 0 && neighbour->boot == boot)
        return;
    neighbour->boot = boot;
    neighbour->tag = ++links->last_tag;
}

static void bring_up(struct herd_links *links, struct herd_peer *peer)
{
    struct herd_neighbour *neighbour = peer->neighbour;
    meet(links, neighbour, peer->greeting->boot);
    if (!peer->ours)
        send_auth(links, peer);
    herd_handshake_end(links, peer);
    peer->stage = HERD_STAGE_UP;
    peer->framer.payload_max = HERD_FRAME_PAYLOAD_MAX;
    neighbour->peer = peer;
    neighbour->reason.text[0] = '\0';
    herd_send_start(neighbour);
    herd_receive_start(links, neighbour);
    herd_heartbeat_start(links, neighbour);
    herd_logf(links->context, peer->session.id, "link to %s is up (%s)",
              herd_neighbour_name(links, neighbour), peer->ours ? "dialled" : "accepted");
}

/* The old connection no longer counts, and its end is not the end of the link. Whoever
 * dialled the new one closes the old: the other side may not know yet that it is old. */
static void retire(struct herd_links *links, struct herd_peer *old, bool new_is_ours)
{
    old->stage = HERD_STAGE_RETIRED;
    herd_heartbeat_stop(old->neighbour);
    herd_send_stop(old->neighbour);
    herd_receive_stop(old->neighbour);
    if (new_is_ours)
        herd_peer_send_bye(links, old, "duplicate",
                           "another connection carries this link now");
    else
        herd_timer_arm(&links->handshakes, &old->handshake, links->context->mono);
}

/* Whoever accepted this connection takes it for the link as soon as it has sent its AUTH.
 * So when that was the neighbour, the end of it is left to the neighbour: it comes when
 * the neighbour sees the other connection, and is then not the end of the link. */
static void refuse_duplicate(struct herd_links *links, struct herd_peer *peer)
{
    if (!peer->ours) {
        herd_peer_send_bye(links, peer, "duplicate",
                           "another connection carries this link");
        return;
    }
    herd_handshake_end(links, peer);
    peer->stage = HERD_STAGE_RETIRED;
    herd_timer_arm(&links->handshakes, &peer->handshake, links->context->mono);
}

static bool is_settled(const struct herd_links *links, const struct herd_link *link)
{
    int64_t ms = links->context->setup.conf->handshake_timeout_ms;
    return herd_mono_reached(links->context->mono, herd_mono_add_ms(link->up_since, ms));
}

static void take(struct herd_links *links, struct herd_peer *peer)
{
    struct herd_neighbour *neighbour = peer->neighbour;
    struct herd_peer *old = neighbour->peer;
    uint64_t old_id;
    switch (herd_link_greeted(&neighbour->link, peer->session.id, peer->ours,
                              peer->greeting->boot, links->context->mono, &old_id)) {
    case HERD_LINK_ACCEPT:
        links->context->stats.links_up++;
        bring_up(links, peer);
        break;
    case HERD_LINK_REPLACE:
        retire(links, old, peer->ours);
        bring_up(links, peer);
        break;
    case HERD_LINK_REFUSE:
        refuse_duplicate(links, peer);
        /* Long after the dials have crossed, whoever dials again has lost its end. */
        if (!peer->ours && is_settled(links, &neighbour->link))
            herd_heartbeat_probe(links, neighbour);
        break;
    case HERD_LINK_NAME_IN_USE:
        links->context->stats.peers_taken++;
        herd_peer_turn_away(links, peer, known_name(links, peer), "taken",
                            "another server of this name is connected");
        herd_heartbeat_probe(links, neighbour);
        break;
    }
}

int herd_peer_on_auth(struct herd_links *links, struct herd_peer *peer,
                      const struct herd_call *call)
{
    char want[2 * HERD_MAC_SIZE + 1];
    if (peer->stage != HERD_STAGE_AUTH)
        return HERD_EBAD;
    sign(links, peer, peer->ours ? acceptor_role : dialler_role, want);
    if (same_mac(call->words.word[1], want)) {
        take(links, peer);
        return HERD_OK;
    }
    links->context->stats.peers_unproven++;
    refuse(links, peer, known_name(links, peer), why_unproven(links, call->words.word[1]));
    return HERD_OK;
}
