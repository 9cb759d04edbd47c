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

static void refuse(struct herd_core *core, struct herd_conn *conn, struct herd_slice name,
                   const char *why)
{
    conn->peer.refused = true;
    herd_peer_turn_away(core, conn, name, "refused", why);
}

static struct herd_slice known_name(const struct herd_core *core,
                                    const struct herd_conn *conn)
{
    if (conn->peer.neighbour == NULL)
        return HERD_LIT("-");
    return herd_slice_str(herd_neighbour_name(core, conn->peer.neighbour));
}

/* ---- opening ---- */

static void send_hello(struct herd_core *core, struct herd_conn *conn)
{
    struct herd_greeting *greeting = conn->peer.greeting;
    struct herd_hello hello = {
        .version_least = HERD_VERSION_LEAST,
        .version_most = HERD_VERSION_MOST,
        .herd = herd_slice_str(core->setup.conf->herd_name),
        .from = core->name,
        .to = herd_slice_str(herd_neighbour_name(core, conn->peer.neighbour)),
        .boot = core->setup.boot_id,
        .rules = core->rules,
        .clock = core->wall,
    };
    herd_nonce(core, hello.nonce);
    greeting->ours_len = herd_hello_print(&hello, greeting->ours);
    herd_peer_sendf(core, conn, "HELLO 0 %s\n", greeting->ours);
}

static void open_accepted(struct herd_core *core, struct herd_conn *conn, bool near)
{
    core->stats.peers_accepted++;
    conn->peer.near = near;
    herd_handshake_evict_oldest(core, HERD_STAGE_HELLO);
}

static void open_dialled(struct herd_core *core, struct herd_conn *conn, int64_t server)
{
    conn->peer.ours = true;
    conn->peer.neighbour = herd_neighbour_of(core, server);
    assert(conn->peer.neighbour != NULL);
    herd_link_called(&conn->peer.neighbour->link, conn->id);
    if (conn->peer.greeting != NULL)
        send_hello(core, conn);
}

void herd_peer_open(struct herd_core *core, struct herd_conn *conn,
                    const struct herd_event *event)
{
    struct herd_peer *peer = &conn->peer;
    herd_framer_init(&peer->framer, core->setup.mem, GREETING_PAYLOAD_MAX);
    peer->handshake.owner = conn;
    herd_timer_arm(&core->handshakes, &peer->handshake, core->mono);
    peer->greeting = herd_mem_zalloc(core->setup.mem, sizeof *peer->greeting);
    if (event->server >= 0)
        open_dialled(core, conn, event->server);
    else
        open_accepted(core, conn, event->near);
    if (peer->greeting == NULL) {
        core->stats.out_of_memory++;
        herd_conn_end(core, conn);
    }
}

void herd_handshake_end(struct herd_core *core, struct herd_conn *conn)
{
    struct herd_peer *peer = &conn->peer;
    herd_timer_disarm(&peer->handshake);
    if (peer->greeting != NULL)
        herd_mem_free(core->setup.mem, peer->greeting, sizeof *peer->greeting);
    peer->greeting = NULL;
}

void herd_handshake_timers(struct herd_core *core)
{
    struct herd_conn *conn;
    while ((conn = herd_timerq_expired(&core->handshakes, core->mono)) != NULL) {
        if (conn->peer.stage == HERD_STAGE_RETIRED)
            herd_conn_end(core, conn);
        else
            herd_peer_turn_away(core, conn, known_name(core, conn), "closing",
                                "the handshake took longer than handshake-timeout-ms");
    }
}

/* ---- HELLO ---- */

static bool is_skewed(const struct herd_core *core, struct herd_wall clock)
{
    int64_t max_ms = core->setup.conf->link_skew_max_ms;
    int64_t apart =
        clock.ns > core->wall.ns ? clock.ns - core->wall.ns : core->wall.ns - clock.ns;
    return max_ms > 0 && apart / HERD_NS_PER_MS > max_ms;
}

/* Why the sender of this HELLO is turned away, or NULL with the neighbour that it is. */
static const char *objection(struct herd_core *core, const struct herd_peer *peer,
                             const struct herd_hello *hello,
                             struct herd_neighbour **neighbour)
{
    int64_t server = herd_conf_find(core->setup.conf, hello->from);
    *neighbour = server >= 0 ? herd_neighbour_of(core, server) : NULL;
    if (hello->version_most < HERD_VERSION_LEAST ||
        hello->version_least > HERD_VERSION_MOST)
        return "no common protocol version: this server speaks version 1";
    if (!herd_slice_eq(hello->herd, herd_slice_str(core->setup.conf->herd_name)))
        return "another herd: herd-name differs";
    if (!herd_slice_eq(hello->to, core->name))
        return "wrong address: this is not the server that was asked for";
    if (server < 0)
        return "unknown server: it is not in this server's configuration";
    if (*neighbour == NULL)
        return "not a neighbour: this server's configuration has no link to it";
    if (peer->ours && *neighbour != peer->neighbour)
        return "wrong address: another server answers there";
    if (hello->rules != core->rules)
        return "other merge rules: the two programs would never agree";
    if (is_skewed(core, hello->clock)) {
        core->stats.peers_skewed++;
        return "clocks differ by more than link-skew-max-ms";
    }
    return NULL;
}

static void warn_of_skew(struct herd_core *core, struct herd_conn *conn,
                         struct herd_wall clock)
{
    int64_t apart_ms = (clock.ns - core->wall.ns) / HERD_NS_PER_MS;
    if ((apart_ms > 1000 || apart_ms < -1000) && herd_peer_logged(core, conn))
        herd_logf(core, conn->id, "the clock of %s differs from ours by %" PRId64 " ms",
                  herd_neighbour_name(core, conn->peer.neighbour), apart_ms);
}

/* Signs for one of the two roles; "none" when there is no key. */
static void sign(const struct herd_core *core, const struct herd_peer *peer,
                 const char *role, char hex[2 * HERD_MAC_SIZE + 1])
{
    const struct herd_greeting *greeting = peer->greeting;
    struct herd_slice ours = herd_slice(greeting->ours, greeting->ours_len);
    struct herd_slice theirs = herd_slice(greeting->theirs, greeting->theirs_len);
    char text[HERD_AUTH_TEXT];
    uint8_t mac[HERD_MAC_SIZE];
    memcpy(hex, "none", sizeof "none");
    if (core->setup.mac.sign == NULL)
        return;
    core->setup.mac.sign(
        core->setup.mac.ctx,
        herd_auth_text(role, peer->ours ? ours : theirs, peer->ours ? theirs : ours, text),
        mac);
    herd_hex_print(mac, sizeof mac, hex);
}

static void send_auth(struct herd_core *core, struct herd_conn *conn)
{
    char mac[2 * HERD_MAC_SIZE + 1];
    sign(core, &conn->peer, conn->peer.ours ? dialler_role : acceptor_role, mac);
    herd_peer_sendf(core, conn, "AUTH 0 %s\n", mac);
}

int herd_peer_hello(struct herd_core *core, struct herd_conn *conn,
                    const struct herd_call *call)
{
    struct herd_peer *peer = &conn->peer;
    struct herd_hello hello;
    struct herd_neighbour *neighbour;
    if (peer->stage != HERD_STAGE_HELLO || herd_hello_parse(call->line, &hello) != HERD_OK)
        return HERD_EBAD;
    const char *why = objection(core, peer, &hello, &neighbour);
    if (why != NULL) {
        refuse(core, conn, hello.from, why);
        return HERD_OK;
    }
    peer->neighbour = neighbour;
    peer->stage = HERD_STAGE_AUTH;
    peer->greeting->boot = hello.boot;
    peer->greeting->theirs_len = call->line.len;
    memcpy(peer->greeting->theirs, call->line.data, call->line.len);
    warn_of_skew(core, conn, hello.clock);
    if (peer->ours) {
        send_auth(core, conn);
        return HERD_OK;
    }
    herd_handshake_evict_oldest(core, HERD_STAGE_AUTH);
    if (!conn->ending)
        send_hello(core, conn);
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

static const char *why_unproven(const struct herd_core *core, struct herd_slice mac)
{
    if (core->setup.mac.sign == NULL)
        return "the neighbour has a herd-key-file, this server has none";
    return herd_slice_eq(mac, HERD_LIT("none"))
               ? "this server has a herd-key-file, the neighbour has none"
               : "wrong key: the two herd-key-files differ";
}

/* A restarted neighbour says new things; what it was sent before, it has lost. */
static void meet(struct herd_core *core, struct herd_neighbour *neighbour, uint64_t boot)
{
    if (neighbour->tag != 0 && neighbour->boot == boot)
        return;
    neighbour->boot = boot;
    neighbour->tag = ++core->last_tag;
}

static void bring_up(struct herd_core *core, struct herd_conn *conn)
{
    struct herd_peer *peer = &conn->peer;
    struct herd_neighbour *neighbour = peer->neighbour;
    meet(core, neighbour, peer->greeting->boot);
    if (!peer->ours)
        send_auth(core, conn);
    herd_handshake_end(core, conn);
    peer->stage = HERD_STAGE_UP;
    peer->framer.payload_max = HERD_FRAME_PAYLOAD_MAX;
    neighbour->conn = conn;
    neighbour->why[0] = '\0';
    herd_send_start(neighbour);
    herd_receive_start(core, neighbour);
    herd_heartbeat_start(core, neighbour);
    herd_logf(core, conn->id, "link to %s is up (%s)", herd_neighbour_name(core, neighbour),
              peer->ours ? "dialled" : "accepted");
}

/* The old connection no longer counts, and its end is not the end of the link. Whoever
 * dialled the new one closes the old: the other side may not know yet that it is old. */
static void retire(struct herd_core *core, struct herd_conn *old, bool new_is_ours)
{
    old->peer.stage = HERD_STAGE_RETIRED;
    herd_heartbeat_stop(old->peer.neighbour);
    herd_send_stop(old->peer.neighbour);
    herd_receive_stop(old->peer.neighbour);
    if (new_is_ours)
        herd_peer_send_bye(core, old, "duplicate",
                           "another connection carries this link now");
    else
        herd_timer_arm(&core->handshakes, &old->peer.handshake, core->mono);
}

/* Whoever accepted this connection takes it for the link as soon as it has sent its AUTH.
 * So when that was the neighbour, the end of it is left to the neighbour: it comes when
 * the neighbour sees the other connection, and is then not the end of the link. */
static void refuse_duplicate(struct herd_core *core, struct herd_conn *conn)
{
    if (!conn->peer.ours) {
        herd_peer_send_bye(core, conn, "duplicate", "another connection carries this link");
        return;
    }
    herd_handshake_end(core, conn);
    conn->peer.stage = HERD_STAGE_RETIRED;
    herd_timer_arm(&core->handshakes, &conn->peer.handshake, core->mono);
}

static bool is_settled(const struct herd_core *core, const struct herd_link *link)
{
    int64_t ms = core->setup.conf->handshake_timeout_ms;
    return herd_mono_reached(core->mono, herd_mono_add_ms(link->up_since, ms));
}

static void take(struct herd_core *core, struct herd_conn *conn)
{
    struct herd_neighbour *neighbour = conn->peer.neighbour;
    struct herd_conn *old = neighbour->conn;
    uint64_t old_id;
    switch (herd_link_greeted(&neighbour->link, conn->id, conn->peer.ours,
                              conn->peer.greeting->boot, core->mono, &old_id)) {
    case HERD_LINK_ACCEPT:
        core->stats.links_up++;
        bring_up(core, conn);
        break;
    case HERD_LINK_REPLACE:
        retire(core, old, conn->peer.ours);
        bring_up(core, conn);
        break;
    case HERD_LINK_REFUSE:
        refuse_duplicate(core, conn);
        /* Long after the dials have crossed, whoever dials again has lost its end. */
        if (!conn->peer.ours && is_settled(core, &neighbour->link))
            herd_heartbeat_probe(core, neighbour);
        break;
    case HERD_LINK_NAME_IN_USE:
        core->stats.peers_taken++;
        herd_peer_turn_away(core, conn, known_name(core, conn), "taken",
                            "another server of this name is connected");
        herd_heartbeat_probe(core, neighbour);
        break;
    }
}

int herd_peer_auth(struct herd_core *core, struct herd_conn *conn,
                   const struct herd_call *call)
{
    char want[2 * HERD_MAC_SIZE + 1];
    if (conn->peer.stage != HERD_STAGE_AUTH)
        return HERD_EBAD;
    sign(core, &conn->peer, conn->peer.ours ? acceptor_role : dialler_role, want);
    if (same_mac(call->words.word[1], want)) {
        take(core, conn);
        return HERD_OK;
    }
    core->stats.peers_unproven++;
    refuse(core, conn, known_name(core, conn), why_unproven(core, call->words.word[1]));
    return HERD_OK;
}
