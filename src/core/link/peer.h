/* The sessions of neighbours: what their files have for each other and for the step.
 *
 * neighbour.c is what all of them stand on. A connection begins in stranger.c and
 * handshake.c, and its frames are read in peer.c; inflow.c takes records in, feed.c and
 * batch.c send them, heartbeat.c watches. */
#ifndef HERD_CORE_LINK_PEER_H
#define HERD_CORE_LINK_PEER_H

#include "state.h"

/* ---- neighbour.c ---- */

/* The neighbour with that server, or NULL. */
struct herd_neighbour *herd_neighbour_of(struct herd_core *core, int64_t server);
/* The neighbour whose link this connection carries, or NULL. */
struct herd_neighbour *herd_neighbour_linked(const struct herd_conn *conn);
const char *herd_neighbour_name(const struct herd_core *core,
                                const struct herd_neighbour *neighbour);
/* Remembers it for operators. Returns false when it was so already. */
bool herd_neighbour_set_reason(struct herd_neighbour *neighbour, struct herd_slice why);
/* Accepted, and has not proven yet who it is. */
bool herd_peer_is_stranger(const struct herd_peer *peer);
/* Whether the log may have lines about this connection: of strangers only so many have. */
bool herd_peer_logged(struct herd_core *core, struct herd_conn *conn);
/* Sends a frame without payload, from a format that ends with LF. */
void herd_peer_sendf(struct herd_core *core, struct herd_conn *conn, const char *format,
                     ...) __attribute__((format(printf, 3, 4)));
/* Says good-bye and ends: `code` is one word for programs, `why` is for people. */
void herd_peer_send_bye(struct herd_core *core, struct herd_conn *conn, const char *code,
                        const char *why);

/* ---- peer.c ---- */

void herd_peer_data(struct herd_core *core, struct herd_conn *conn,
                    struct herd_slice bytes);
void herd_peer_free(struct herd_core *core, struct herd_conn *conn, struct herd_slice why);
void herd_peer_dial_failed(struct herd_core *core, const struct herd_event *event);
int herd_peer_on_bye(struct herd_core *core, struct herd_conn *conn,
                     const struct herd_call *call);

/* ---- handshake.c ---- */

void herd_peer_open(struct herd_core *core, struct herd_conn *conn,
                    const struct herd_event *event);
int herd_peer_hello(struct herd_core *core, struct herd_conn *conn,
                    const struct herd_call *call);
int herd_peer_auth(struct herd_core *core, struct herd_conn *conn,
                   const struct herd_call *call);
void herd_handshake_timers(struct herd_core *core);
/* The connection is known, or gone: its time for the handshake has ended. */
void herd_handshake_end(struct herd_core *core, struct herd_conn *conn);

/* ---- stranger.c ---- */

/* A connection that was accepted has come to this stage, HELLO or AUTH: when that is one
 * more than there may be, one of them is turned away. */
void herd_handshake_evict_oldest(struct herd_core *core, enum herd_stage stage);
/* `code` decides how soon the other side tries again, `why` is for people. */
void herd_peer_turn_away(struct herd_core *core, struct herd_conn *conn,
                         struct herd_slice name, const char *code, const char *why);

/* ---- inflow.c ---- */

/* The link is up: says what this server has of the neighbour's feed. */
void herd_receive_start(struct herd_core *core, struct herd_neighbour *neighbour);
void herd_receive_stop(struct herd_neighbour *neighbour);
void herd_receive_timers(struct herd_core *core);
/* Everything up to `seq` has come. Returns HERD_EBAD when it cannot be so. */
int herd_receive_reached(struct herd_neighbour *neighbour, uint64_t seq);
int herd_peer_resume(struct herd_core *core, struct herd_conn *conn,
                     const struct herd_call *call);
int herd_peer_sync(struct herd_core *core, struct herd_conn *conn,
                   const struct herd_call *call);
int herd_peer_synced(struct herd_core *core, struct herd_conn *conn,
                     const struct herd_call *call);
int herd_peer_wait(struct herd_core *core, struct herd_conn *conn,
                   const struct herd_call *call);
int herd_peer_batch(struct herd_core *core, struct herd_conn *conn,
                    const struct herd_call *call);

/* ---- feed.c ---- */

void herd_send_start(struct herd_neighbour *neighbour);
void herd_send_stop(struct herd_neighbour *neighbour);
/* Sends what is news to each neighbour: at most one batch each. */
void herd_send_all(struct herd_core *core);
/* When there is something to send, or to leave: the instant 0 for "now". */
struct herd_mono herd_send_deadline(const struct herd_core *core);
/* Nothing is left to be sent to this neighbour. */
bool herd_send_idle(const struct herd_core *core, const struct herd_neighbour *neighbour);
/* The feed is idle, and yet something is missing there: sends everything, echoes included.
 * False when others come first. */
bool herd_send_repair(struct herd_core *core, struct herd_neighbour *neighbour);
int herd_peer_have(struct herd_core *core, struct herd_conn *conn,
                   const struct herd_call *call);
int herd_peer_ack(struct herd_core *core, struct herd_conn *conn,
                  const struct herd_call *call);

/* ---- batch.c ---- */

/* Sends the next records, one batch at most. Returns true when there are no more. */
bool herd_send_batch(struct herd_core *core, struct herd_neighbour *neighbour);

/* ---- heartbeat.c ---- */

void herd_heartbeat_start(struct herd_core *core, struct herd_neighbour *neighbour);
void herd_heartbeat_stop(struct herd_neighbour *neighbour);
/* Bytes have come. */
void herd_heartbeat_heard(struct herd_core *core, struct herd_neighbour *neighbour);
/* Asks for a sign of life at once, and gives up soon. */
void herd_heartbeat_probe(struct herd_core *core, struct herd_neighbour *neighbour);
void herd_heartbeat_timers(struct herd_core *core);
int herd_peer_ping(struct herd_core *core, struct herd_conn *conn,
                   const struct herd_call *call);
int herd_peer_pong(struct herd_core *core, struct herd_conn *conn,
                   const struct herd_call *call);

/* ---- position.c: positions on the wire ---- */

/* Sends VERB 0 FEED SEQ. */
void herd_cursor_send(struct herd_core *core, struct herd_conn *conn, const char *verb,
                      const struct herd_cursor *position);
/* From the first two words behind the verb. Errors: HERD_EBAD. */
int herd_cursor_parse(const struct herd_call *call, struct herd_cursor *position);
/* Both are known, and the same. */
bool herd_cursor_eq(const struct herd_cursor *a, const struct herd_cursor *b);

#endif
