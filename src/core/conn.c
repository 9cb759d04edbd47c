/* What all sessions stand on: their connections, chance, and the log. */
#include "siphash.h"
#include "state.h"

#include <assert.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

/* ---- connections ---- */

struct herd_conn *herd_conn_find(const struct herd_core *core, herd_conn_id id)
{
    uint32_t slot = (uint32_t)id;
    struct herd_conn *conn = slot < core->conns_size ? core->conns[slot] : NULL;
    return conn != NULL && conn->id == id ? conn : NULL;
}

void herd_conn_end(struct herd_core *core, struct herd_conn *conn)
{
    if (conn->ending)
        return;
    conn->ending = true;
    conn->next_ending = core->ending;
    core->ending = conn;
}

void herd_conn_send(struct herd_core *core, struct herd_conn *conn, struct herd_slice bytes)
{
    if (herd_out_send(&core->out, conn->id, bytes))
        return;
    core->stats.out_of_memory++;
    herd_conn_end(core, conn);
}

void herd_conns_full(struct herd_core *core, enum herd_role role)
{
    uint64_t left_out;
    const char *what = "everybody has to wait: no descriptors or memory are left";
    uint64_t *counter = &core->stats.accept_paused;
    if (role == HERD_ROLE_CLIENT) {
        what = "new clients have to wait: connections-max is reached";
        counter = &core->stats.clients_full;
    } else if (role == HERD_ROLE_PEER) {
        what = "neighbours have to wait: all their places are taken";
        counter = &core->stats.peers_full;
    } else if (role == HERD_ROLE_CONTROL) {
        what = "herdctl has to wait: all places for control connections are taken";
        counter = &core->stats.controls_full;
    }
    ++*counter;
    if (!herd_ratelimit_pass(&core->full_logged, core->mono, &left_out))
        return;
    if (left_out > 0)
        herd_logf(core, 0, "%s; left out of this log: %" PRIu64 " such lines", what,
                  left_out);
    else
        herd_logf(core, 0, "%s", what);
}

/* ---- chance ---- */

/* SplitMix64 (Steele, Lea, Flood 2014): plenty for jitter. */
uint64_t herd_random(struct herd_core *core)
{
    uint64_t z = core->random_state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

/* Two blocks of a keyed function of a counter. */
void herd_nonce(struct herd_core *core, uint8_t nonce[HERD_NONCE])
{
    for (size_t i = 0; i < HERD_NONCE; i += sizeof(uint64_t)) {
        uint64_t counter = core->nonces++;
        struct herd_slice block = herd_slice((const char *)&counter, sizeof counter);
        uint64_t part = herd_siphash(block, core->setup.nonce_key);
        memcpy(nonce + i, &part, sizeof part);
    }
}

/* ---- the log ---- */

void herd_log(struct herd_core *core, enum herd_topic topic, herd_conn_id conn,
              char direction, struct herd_slice text)
{
    (void)herd_out_log(&core->out, topic, conn, direction, text);
}

void herd_log_copy(struct herd_core *core, enum herd_topic topic, herd_conn_id conn,
                   char direction, struct herd_slice text)
{
    struct herd_action log = {
        .kind = HERD_DO_LOG, .topic = topic, .direction = direction, .conn = conn};
    (void)herd_out_add_copy(&core->out, &log, text);
}

void herd_logf(struct herd_core *core, herd_conn_id conn, const char *format, ...)
{
    char text[512];
    struct herd_action log = {
        .kind = HERD_DO_LOG, .topic = HERD_TOPIC_HERD, .direction = '-', .conn = conn};
    va_list args;
    va_start(args, format);
    int len = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    assert(len > 0 && len < (int)sizeof text);
    (void)herd_out_add_copy(&core->out, &log, herd_slice(text, (size_t)len));
}
