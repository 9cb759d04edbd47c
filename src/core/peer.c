/* A neighbour's connection: the handshake, and the frames that come in. */
#include "herd/decimal.h"
#include "herd/err.h"
#include "state.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>

enum { VERSION_LEAST = 1, VERSION_MOST = 1, HELLO_PAYLOAD_MAX = 1024 };

static const char *server_name(const struct herd_core *core, uint32_t server)
{
    return core->setup.conf->servers[server].name;
}

static struct herd_neighbour *neighbour_of(struct herd_core *core, int64_t server)
{
    for (uint32_t i = 0; i < core->neighbour_count; i++)
        if (core->neighbours[i].server == server)
            return &core->neighbours[i];
    return NULL;
}

/* Operators read this on a terminal, and some of it comes from the neighbour. */
static void remember_why(struct herd_neighbour *neighbour, struct herd_slice why)
{
    size_t len = why.len < HERD_WHY_MAX - 1 ? why.len : HERD_WHY_MAX - 1;
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)why.data[i];
        neighbour->why[i] = c < ' ' || c == 0x7f ? '?' : why.data[i];
    }
    neighbour->why[len] = '\0';
}

/* ---- saying ---- */

static void send_frame(struct herd_core *core, struct herd_conn *conn,
                       struct herd_slice frame)
{
    herd_conn_send(core, conn, frame);
    if (core->setup.conf->log_traffic && !conn->ending)
        herd_log_copy(core, HERD_TOPIC_PEER, conn->id, '>',
                      herd_slice(frame.data, frame.len - 1));
}

static void send_hello(struct herd_core *core, struct herd_conn *conn, uint32_t to)
{
    char frame[HERD_FRAME_HEADER_MAX];
    int len =
        snprintf(frame, sizeof frame, "HELLO 0 %d %d %s %s %016" PRIx64 "\n", VERSION_LEAST,
                 VERSION_MOST, core->name.data, server_name(core, to), core->setup.boot_id);
    assert(len > 0 && len < (int)sizeof frame);
    send_frame(core, conn, herd_slice(frame, (size_t)len));
}

void herd_peer_bye(struct herd_core *core, struct herd_conn *conn, const char *code,
                   const char *why)
{
    char frame[HERD_FRAME_HEADER_MAX];
    int len = snprintf(frame, sizeof frame, "BYE 0 %s %s\n", code, why);
    assert(len > 0 && len < (int)sizeof frame);
    if (conn->ending)
        return;
    send_frame(core, conn, herd_slice(frame, (size_t)len));
    herd_conn_end(core, conn);
}

/* Turns a connection away before it carries a link. */
static void refuse(struct herd_core *core, struct herd_conn *conn, const char *why)
{
    core->stats.peers_refused++;
    conn->peer.refused = true;
    herd_logf(core, conn->id, "refused: %s", why);
    if (conn->peer.neighbour != NULL)
        remember_why(conn->peer.neighbour, herd_slice_str(why));
    herd_peer_bye(core, conn, "refused", why);
}

/* ---- opening ---- */

static void leave_unknown(struct herd_core *core, struct herd_conn *conn)
{
    if (!conn->peer.ours && conn->peer.neighbour == NULL)
        core->unknown_peers--;
}

static void open_accepted(struct herd_core *core, struct herd_conn *conn)
{
    core->stats.peers_accepted++;
    core->unknown_peers++;
    if (core->unknown_peers > (uint64_t)core->setup.conf->handshakes_max)
        refuse(core, conn, "too many connections that have not said who they are");
}

static void open_dialled(struct herd_core *core, struct herd_conn *conn, int64_t server)
{
    conn->peer.ours = true;
    conn->peer.neighbour = neighbour_of(core, server);
    assert(conn->peer.neighbour != NULL);
    herd_link_called(&conn->peer.neighbour->link, conn->id);
    send_hello(core, conn, conn->peer.neighbour->server);
}

void herd_peer_open(struct herd_core *core, struct herd_conn *conn, int64_t server)
{
    herd_framer_init(&conn->peer.framer, core->setup.mem, HELLO_PAYLOAD_MAX);
    conn->peer.handshake.owner = conn;
    herd_timer_arm(&core->handshakes, &conn->peer.handshake, core->mono);
    if (server >= 0)
        open_dialled(core, conn, server);
    else
        open_accepted(core, conn);
}

void herd_peer_dial_failed(struct herd_core *core, const struct herd_event *event)
{
    struct herd_neighbour *neighbour = neighbour_of(core, event->server);
    assert(neighbour != NULL);
    core->stats.dials_failed++;
    herd_link_call_failed(&neighbour->link, core->mono, herd_random(core));
    char before[HERD_WHY_MAX];
    memcpy(before, neighbour->why, sizeof before);
    remember_why(neighbour, event->bytes);
    /* A neighbour that is down for a day is worth a line, not a line every 30 seconds. */
    if (strcmp(before, neighbour->why) != 0)
        herd_logf(core, 0, "cannot reach %s: %s", server_name(core, neighbour->server),
                  neighbour->why);
}

/* ---- the handshake ---- */

struct hello {
    uint64_t version_least, version_most;
    struct herd_slice from, to;
    uint64_t boot;
};

static int parse_boot(struct herd_slice text, uint64_t *boot)
{
    uint64_t value = 0;
    if (text.len != 16)
        return HERD_EBAD;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.data[i];
        uint64_t digit;
        if (c >= '0' && c <= '9')
            digit = (uint64_t)(c - '0');
        else if (c >= 'a' && c <= 'f')
            digit = (uint64_t)(c - 'a' + 10);
        else
            return HERD_EBAD;
        value = value << 4 | digit;
    }
    *boot = value;
    return HERD_OK;
}

static int parse_hello(const struct herd_words *words, struct hello *hello)
{
    hello->from = words->word[3];
    hello->to = words->word[4];
    if (herd_uint_parse(words->word[1], UINT32_MAX, &hello->version_least) != HERD_OK ||
        herd_uint_parse(words->word[2], UINT32_MAX, &hello->version_most) != HERD_OK ||
        hello->version_least > hello->version_most)
        return HERD_EBAD;
    return parse_boot(words->word[5], &hello->boot);
}

/* Finds out whether and which neighbour this is; NULL with *why when it is turned away. */
static struct herd_neighbour *recognise(struct herd_core *core,
                                        const struct herd_peer *peer,
                                        const struct hello *hello, const char **why)
{
    int64_t server = herd_conf_find(core->setup.conf, hello->from);
    struct herd_neighbour *neighbour = server >= 0 ? neighbour_of(core, server) : NULL;
    *why = NULL;
    if (hello->version_most < VERSION_LEAST || hello->version_least > VERSION_MOST)
        *why = "no common protocol version: this server speaks version 1";
    else if (!herd_slice_eq(hello->to, core->name))
        *why = "wrong address: this is not the server that was asked for";
    else if (server < 0)
        *why = "unknown server: it is not in this server's configuration";
    else if (neighbour == NULL)
        *why = "not a neighbour: this server's configuration has no link to it";
    else if (peer->ours && neighbour != peer->neighbour)
        *why = "wrong address: another server answers there";
    return *why == NULL ? neighbour : NULL;
}

static void bring_up(struct herd_core *core, struct herd_conn *conn)
{
    struct herd_peer *peer = &conn->peer;
    herd_timer_disarm(&peer->handshake);
    peer->up = true;
    peer->tag = ++core->last_tag;
    peer->framer.payload_max = HERD_FRAME_PAYLOAD_MAX;
    peer->neighbour->conn = conn;
    peer->neighbour->why[0] = '\0';
    herd_follow_start(&core->store, &peer->follower);
    core->stats.links_up++;
    herd_logf(core, conn->id, "link to %s is up (%s)",
              server_name(core, peer->neighbour->server),
              peer->ours ? "dialled" : "accepted");
}

/* The old connection no longer counts: its end is not the end of the link. */
static void replace_old(struct herd_core *core, struct herd_conn *old)
{
    old->peer.up = false;
    herd_follow_stop(&old->peer.follower);
    herd_peer_bye(core, old, "duplicate", "another connection carries this link now");
}

static void take_hello(struct herd_core *core, struct herd_conn *conn,
                       struct herd_neighbour *neighbour, uint64_t boot)
{
    uint64_t old_id = 0;
    bool ours = conn->peer.ours;
    leave_unknown(core, conn);
    conn->peer.neighbour = neighbour;
    struct herd_conn *old = neighbour->conn;
    enum herd_link_verdict verdict =
        herd_link_hello(&neighbour->link, conn->id, ours, boot, core->mono, &old_id);
    if (verdict == HERD_LINK_REFUSE) {
        herd_peer_bye(core, conn, "duplicate", "another connection carries this link");
        return;
    }
    if (verdict == HERD_LINK_REPLACE)
        replace_old(core, old);
    if (!ours)
        send_hello(core, conn, neighbour->server);
    bring_up(core, conn);
}

int herd_peer_hello(struct herd_core *core, struct herd_conn *conn,
                    const struct herd_call *call)
{
    struct hello hello;
    const char *why;
    if (conn->peer.up || parse_hello(&call->words, &hello) != HERD_OK)
        return HERD_EBAD;
    struct herd_neighbour *neighbour = recognise(core, &conn->peer, &hello, &why);
    if (neighbour == NULL)
        refuse(core, conn, why);
    else
        take_hello(core, conn, neighbour, hello.boot);
    return HERD_OK;
}

int herd_peer_byebye(struct herd_core *core, struct herd_conn *conn,
                     const struct herd_call *call)
{
    struct herd_slice code = call->words.count > 1 ? call->words.word[1] : HERD_LIT("");
    conn->peer.refused = herd_slice_eq(code, HERD_LIT("refused"));
    if (conn->peer.neighbour != NULL && !herd_slice_eq(code, HERD_LIT("duplicate")))
        remember_why(conn->peer.neighbour, call->line);
    herd_conn_end(core, conn);
    return HERD_OK;
}

/* ---- records ---- */

static int merge_record(struct herd_core *core, struct herd_conn *conn,
                        struct herd_slice text)
{
    struct herd_record record;
    core->stats.records_received++;
    if (core->setup.conf->log_traffic)
        herd_log_copy(core, HERD_TOPIC_PEER, conn->id, '<', text);
    if (herd_record_parse(text, &record) != HERD_OK) {
        core->stats.records_bad++;
        return HERD_OK;
    }
    struct herd_store_spot spot = herd_store_look(&core->store, record.client);
    int rc = herd_store_merge(&core->store, spot, &record, conn->peer.tag);
    if (rc == HERD_MERGE_NEWER)
        core->stats.records_stored++;
    return rc < 0 ? rc : HERD_OK;
}

int herd_peer_batch(struct herd_core *core, struct herd_conn *conn,
                    const struct herd_call *call)
{
    struct herd_slice rest = call->payload;
    uint64_t count;
    if (!conn->peer.up ||
        herd_uint_parse(call->words.word[1], HERD_FRAME_PAYLOAD_MAX, &count) != HERD_OK)
        return HERD_EBAD;
    for (; count > 0; count--) {
        const char *lf = rest.len > 0 ? memchr(rest.data, '\n', rest.len) : NULL;
        if (lf == NULL)
            return HERD_EBAD;
        size_t len = (size_t)(lf - rest.data);
        if (merge_record(core, conn, herd_slice(rest.data, len)) != HERD_OK) {
            /* The neighbour sends everything again when the link comes back. */
            core->stats.out_of_memory++;
            herd_peer_bye(core, conn, "closing", "out of memory");
            return HERD_OK;
        }
        rest = herd_slice_from(rest, len + 1);
    }
    return rest.len == 0 ? HERD_OK : HERD_EBAD;
}

/* ---- input ---- */

static void malformed(struct herd_core *core, struct herd_conn *conn, const char *why)
{
    core->stats.peers_malformed++;
    conn->peer.refused = true;
    herd_logf(core, conn->id, "closed: %s", why);
    if (conn->peer.neighbour != NULL)
        remember_why(conn->peer.neighbour, herd_slice_str(why));
    herd_peer_bye(core, conn, "malformed", why);
}

static void obey(struct herd_core *core, struct herd_conn *conn,
                 const struct herd_frame *frame)
{
    struct herd_call call = {.line = frame->args, .payload = frame->payload};
    herd_words_split(frame->args, &call.words);
    if (call.words.count >= HERD_WORDS_MAX)
        call.words.count = HERD_WORDS_MAX - 1;
    memmove(&call.words.word[1], &call.words.word[0],
            call.words.count * sizeof *call.words.word);
    call.words.word[0] = frame->verb;
    call.words.count++;
    const struct herd_command *command = herd_command_find(HERD_PEER, &call);
    if (command != NULL) {
        if (herd_command_obey(core, conn, &call, command) != HERD_OK)
            malformed(core, conn, "malformed or unexpected frame");
    } else if (conn->peer.up) {
        core->stats.frames_unknown++;
    } else {
        malformed(core, conn, "the first frame must be HELLO");
    }
}

void herd_peer_data(struct herd_core *core, struct herd_conn *conn, struct herd_slice bytes)
{
    struct herd_frame frame;
    int rc = 0;
    while (!conn->ending && (rc = herd_frame_next(&conn->peer.framer, &bytes, &frame)) == 1)
        obey(core, conn, &frame);
    if (rc == HERD_ENOMEM) {
        core->stats.out_of_memory++;
        herd_peer_bye(core, conn, "closing", "out of memory");
    } else if (rc < 0) {
        malformed(core, conn, rc == HERD_ETOOLONG ? "frame too long" : "malformed header");
    }
}

void herd_peer_timers(struct herd_core *core)
{
    struct herd_conn *conn;
    while ((conn = herd_timerq_expired(&core->handshakes, core->mono)) != NULL)
        refuse(core, conn, "no HELLO in time");
}

/* ---- the end ---- */

void herd_peer_free(struct herd_core *core, struct herd_conn *conn, struct herd_slice why)
{
    struct herd_peer *peer = &conn->peer;
    struct herd_neighbour *neighbour = peer->neighbour;
    leave_unknown(core, conn);
    herd_timer_disarm(&peer->handshake);
    herd_follow_stop(&peer->follower);
    herd_framer_free(&peer->framer);
    if (neighbour == NULL)
        return;
    bool down = herd_link_lost(&neighbour->link, conn->id, peer->refused, core->mono,
                               herd_random(core));
    if (!down)
        return;
    neighbour->conn = NULL;
    core->stats.links_down++;
    if (neighbour->why[0] == '\0')
        remember_why(neighbour, why);
    herd_logf(core, 0, "link to %s is down: %s", server_name(core, neighbour->server),
              neighbour->why);
}
