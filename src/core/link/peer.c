/* A neighbour's connection: the frames that come in, its end, and dials that lead to none.
 */
#include "herd/err.h"
#include "peer.h"

#include <assert.h>

/* ---- frames in ---- */

/* What happens on this connection tells why the link is down. While another one carries the
 * link it does not, and may even come from a stranger who only claims the name. */
static bool speaks_for(const struct herd_conn *conn)
{
    const struct herd_neighbour *neighbour = conn->peer.neighbour;
    bool proven = conn->peer.ours || conn->peer.stage == HERD_STAGE_UP;
    return neighbour != NULL && proven && conn->peer.stage != HERD_STAGE_RETIRED &&
           (neighbour->conn == NULL || neighbour->conn == conn);
}

int herd_peer_on_bye(struct herd_core *core, struct herd_conn *conn,
                     const struct herd_call *call)
{
    struct herd_neighbour *neighbour = conn->peer.neighbour;
    struct herd_slice code = call->words.count > 1 ? call->words.word[1] : HERD_LIT("");
    conn->peer.refused = herd_slice_eq(code, HERD_LIT("refused"));
    if (speaks_for(conn) && !herd_slice_eq(code, HERD_LIT("duplicate")) &&
        herd_neighbour_set_reason(neighbour, call->line))
        herd_logf(core, conn->id, "%s says good-bye: %s",
                  herd_neighbour_name(core, neighbour), neighbour->why);
    herd_conn_end(core, conn);
    return HERD_OK;
}

static void malformed(struct herd_core *core, struct herd_conn *conn, const char *why)
{
    core->stats.peers_malformed++;
    conn->peer.refused = true;
    if (herd_peer_logged(core, conn))
        herd_logf(core, conn->id, "closed: %s", why);
    if (speaks_for(conn))
        (void)herd_neighbour_set_reason(conn->peer.neighbour, herd_slice_str(why));
    herd_peer_send_bye(core, conn, "malformed", why);
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
    const struct herd_command *command = herd_command_find(HERD_ROLE_PEER, &call);
    if (conn->peer.stage == HERD_STAGE_RETIRED) {
        /* The neighbour has not seen yet that another connection carries the link, and
         * sends all of this again there. */
        if (command != NULL && command->handle == herd_peer_on_bye)
            herd_peer_on_bye(core, conn, &call);
    } else if (command != NULL) {
        if (herd_command_obey(core, conn, &call, command) != HERD_OK)
            malformed(core, conn, "malformed or unexpected frame");
    } else if (conn->peer.stage == HERD_STAGE_UP) {
        core->stats.frames_unknown++;
    } else {
        malformed(core, conn, "the first frame must be HELLO");
    }
}

void herd_peer_data(struct herd_core *core, struct herd_conn *conn, struct herd_slice bytes)
{
    struct herd_frame frame;
    int rc = 0;
    struct herd_neighbour *neighbour = herd_neighbour_linked(conn);
    if (neighbour != NULL)
        herd_heartbeat_heard(core, neighbour);
    while (!conn->ending && (rc = herd_frame_next(&conn->peer.framer, &bytes, &frame)) == 1)
        obey(core, conn, &frame);
    if (rc == HERD_ENOMEM) {
        core->stats.out_of_memory++;
        herd_peer_send_bye(core, conn, "closing", "out of memory");
    } else if (rc < 0) {
        malformed(core, conn, rc == HERD_ETOOLONG ? "frame too long" : "malformed header");
    }
}

/* ---- the end ---- */

static void go_down(struct herd_core *core, struct herd_neighbour *neighbour,
                    struct herd_slice why)
{
    herd_heartbeat_stop(neighbour);
    herd_send_stop(neighbour);
    herd_receive_stop(neighbour);
    neighbour->conn = NULL;
    core->stats.links_down++;
    if (neighbour->why[0] == '\0')
        (void)herd_neighbour_set_reason(neighbour, why);
    herd_logf(core, 0, "link to %s is down: %s", herd_neighbour_name(core, neighbour),
              neighbour->why);
}

void herd_peer_free(struct herd_core *core, struct herd_conn *conn, struct herd_slice why)
{
    struct herd_peer *peer = &conn->peer;
    herd_handshake_end(core, conn);
    herd_framer_free(&peer->framer);
    if (peer->neighbour != NULL &&
        herd_link_lost(&peer->neighbour->link, conn->id, peer->refused, core->mono,
                       herd_random(core)))
        go_down(core, peer->neighbour, why);
}

void herd_peer_dial_failed(struct herd_core *core, const struct herd_event *event)
{
    struct herd_neighbour *neighbour = herd_neighbour_of(core, event->server);
    assert(neighbour != NULL);
    core->stats.dials_failed++;
    herd_link_call_failed(&neighbour->link, core->mono, herd_random(core));
    /* A neighbour that is down for a day is worth a line, not a line every 30 seconds. */
    if (neighbour->conn == NULL && herd_neighbour_set_reason(neighbour, event->bytes))
        herd_logf(core, 0, "cannot reach %s: %s", herd_neighbour_name(core, neighbour),
                  neighbour->why);
}
