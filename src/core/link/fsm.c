/* SPDX-License-Identifier: ISC */
#include "fsm.h"

#include <assert.h>

void herd_link_fsm_init(struct herd_link_fsm *fsm, const struct herd_link_fsm_setup *setup,
                        struct herd_mono now)
{
    assert(setup->retry_min_ms > 0 && setup->retry_max_ms >= setup->retry_min_ms);
    *fsm = (struct herd_link_fsm){.setup = *setup, .retry_at = now};
    fsm->backoff_ms = setup->retry_min_ms;
}

struct herd_mono herd_link_fsm_deadline(const struct herd_link_fsm *fsm)
{
    bool waiting = fsm->dial == HERD_DIAL_IDLE && !herd_link_fsm_is_up(fsm);
    return waiting ? fsm->retry_at : HERD_NEVER;
}

bool herd_link_fsm_should_dial(struct herd_link_fsm *fsm, struct herd_mono now)
{
    if (!herd_mono_reached(now, herd_link_fsm_deadline(fsm)))
        return false;
    fsm->dial = HERD_DIAL_CONNECTING;
    return true;
}

void herd_link_fsm_on_dialled(struct herd_link_fsm *fsm, herd_conn_id conn)
{
    assert(fsm->dial == HERD_DIAL_CONNECTING && conn != 0);
    fsm->dial = HERD_DIAL_HANDSHAKE;
    fsm->handshake_conn = conn;
}

static void retry_in(struct herd_link_fsm *fsm, struct herd_mono now, int64_t least_ms,
                     int64_t spread_ms, uint64_t random)
{
    uint64_t jitter_ms = random % ((uint64_t)spread_ms + 1);
    fsm->retry_at = herd_mono_add_ms(now, least_ms + (int64_t)jitter_ms);
}

/* Full jitter over the back-off, so that the neighbours of a restarted server do not dial
 * it at once; half the minimum on top, so that no server dials in a tight loop. */
static void retry_later(struct herd_link_fsm *fsm, struct herd_mono now, uint64_t random)
{
    retry_in(fsm, now, fsm->setup.retry_min_ms / 2, fsm->backoff_ms, random);
    fsm->backoff_ms = fsm->backoff_ms > fsm->setup.retry_max_ms / 2
                          ? fsm->setup.retry_max_ms
                          : fsm->backoff_ms * 2;
}

/* A refused server will be refused again until a configuration is corrected, and each
 * attempt is a line in both logs: so even the shortest pause is long. */
static void retry_after_refusal(struct herd_link_fsm *fsm, struct herd_mono now,
                                uint64_t random)
{
    int64_t max_ms = fsm->setup.retry_max_ms;
    retry_in(fsm, now, max_ms / 2, max_ms - max_ms / 2, random);
    fsm->backoff_ms = max_ms;
}

void herd_link_fsm_on_dial_failed(struct herd_link_fsm *fsm, struct herd_mono now,
                                  uint64_t random)
{
    assert(fsm->dial == HERD_DIAL_CONNECTING);
    fsm->dial = HERD_DIAL_IDLE;
    retry_later(fsm, now, random);
}

bool herd_link_fsm_on_lost(struct herd_link_fsm *fsm, herd_conn_id conn, bool refused,
                           struct herd_mono now, uint64_t random)
{
    bool went_down = conn == fsm->link_conn;
    if (fsm->dial == HERD_DIAL_HANDSHAKE && conn == fsm->handshake_conn)
        fsm->dial = HERD_DIAL_IDLE;
    else if (!went_down)
        return false;
    if (went_down) {
        fsm->link_conn = 0;
        /* Only a link that was up for a while is dialled again at once. */
        if (herd_mono_reached(now, herd_mono_add_ms(fsm->up_since, fsm->backoff_ms)))
            fsm->backoff_ms = fsm->setup.retry_min_ms;
    }
    if (refused)
        retry_after_refusal(fsm, now, random);
    else
        retry_later(fsm, now, random);
    return went_down;
}

enum herd_link_verdict
herd_link_fsm_on_handshake_done(struct herd_link_fsm *fsm, herd_conn_id conn, bool dialled,
                                uint64_t boot_id, struct herd_mono now, herd_conn_id *old)
{
    assert(conn != 0 && conn != fsm->link_conn);
    if (fsm->dial == HERD_DIAL_HANDSHAKE && conn == fsm->handshake_conn)
        fsm->dial = HERD_DIAL_IDLE;
    *old = fsm->link_conn;
    if (herd_link_fsm_is_up(fsm) && boot_id != fsm->boot_id)
        return HERD_LINK_NAME_IN_USE;
    /* A server that dialled the present connection and dials again has lost it. */
    if (herd_link_fsm_is_up(fsm) && dialled != fsm->dialled &&
        dialled != fsm->setup.local_name_smaller)
        return HERD_LINK_REFUSE;
    fsm->link_conn = conn;
    fsm->dialled = dialled;
    fsm->boot_id = boot_id;
    fsm->up_since = now;
    return *old != 0 ? HERD_LINK_REPLACE : HERD_LINK_ACCEPT;
}
