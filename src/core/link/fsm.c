#include "fsm.h"

#include <assert.h>

void herd_link_init(struct herd_link *link, const struct herd_link_setup *setup,
                    struct herd_mono now)
{
    assert(setup->retry_min_ms > 0 && setup->retry_max_ms >= setup->retry_min_ms);
    *link = (struct herd_link){.setup = *setup, .retry_at = now};
    link->backoff_ms = setup->retry_min_ms;
}

struct herd_mono herd_link_deadline(const struct herd_link *link)
{
    bool waiting = link->dial == HERD_DIAL_IDLE && !herd_link_is_up(link);
    return waiting ? link->retry_at : HERD_NEVER;
}

bool herd_link_call(struct herd_link *link, struct herd_mono now)
{
    if (!herd_mono_reached(now, herd_link_deadline(link)))
        return false;
    link->dial = HERD_DIAL_CALLING;
    return true;
}

void herd_link_called(struct herd_link *link, uint64_t conn)
{
    assert(link->dial == HERD_DIAL_CALLING && conn != 0);
    link->dial = HERD_DIAL_GREETING;
    link->greeting = conn;
}

static void retry_in(struct herd_link *link, struct herd_mono now, int64_t least_ms,
                     int64_t spread_ms, uint64_t random)
{
    uint64_t jitter_ms = random % ((uint64_t)spread_ms + 1);
    link->retry_at = herd_mono_add_ms(now, least_ms + (int64_t)jitter_ms);
}

/* Full jitter over the back-off, so that neighbours of a restarted server do not all come
 * at once; half the minimum on top, so that nobody comes in a tight loop. */
static void retry_later(struct herd_link *link, struct herd_mono now, uint64_t random)
{
    retry_in(link, now, link->setup.retry_min_ms / 2, link->backoff_ms, random);
    link->backoff_ms = link->backoff_ms > link->setup.retry_max_ms / 2
                           ? link->setup.retry_max_ms
                           : link->backoff_ms * 2;
}

/* Whoever is refused will be so again, until a person mends a configuration: each attempt
 * costs both sides a line in their logs, so even the luckiest draw is a long pause. */
static void retry_late(struct herd_link *link, struct herd_mono now, uint64_t random)
{
    int64_t max_ms = link->setup.retry_max_ms;
    retry_in(link, now, max_ms / 2, max_ms - max_ms / 2, random);
    link->backoff_ms = max_ms;
}

void herd_link_call_failed(struct herd_link *link, struct herd_mono now, uint64_t random)
{
    assert(link->dial == HERD_DIAL_CALLING);
    link->dial = HERD_DIAL_IDLE;
    retry_later(link, now, random);
}

bool herd_link_lost(struct herd_link *link, uint64_t conn, bool refused,
                    struct herd_mono now, uint64_t random)
{
    bool went_down = conn == link->conn;
    if (link->dial == HERD_DIAL_GREETING && conn == link->greeting)
        link->dial = HERD_DIAL_IDLE;
    else if (!went_down)
        return false;
    if (went_down) {
        link->conn = 0;
        /* Only a link that stayed up for a while earns a quick first retry. */
        if (herd_mono_reached(now, herd_mono_add_ms(link->up_since, link->backoff_ms)))
            link->backoff_ms = link->setup.retry_min_ms;
    }
    if (refused)
        retry_late(link, now, random);
    else
        retry_later(link, now, random);
    return went_down;
}

enum herd_link_verdict herd_link_greeted(struct herd_link *link, uint64_t conn, bool ours,
                                         uint64_t boot, struct herd_mono now, uint64_t *old)
{
    assert(conn != 0 && conn != link->conn);
    if (link->dial == HERD_DIAL_GREETING && conn == link->greeting)
        link->dial = HERD_DIAL_IDLE;
    *old = link->conn;
    if (herd_link_is_up(link) && boot != link->boot)
        return HERD_LINK_NAME_IN_USE;
    /* Whoever dialled the present connection and dials again has lost it. */
    if (herd_link_is_up(link) && ours != link->ours && ours != link->setup.smaller)
        return HERD_LINK_REFUSE;
    link->conn = conn;
    link->ours = ours;
    link->boot = boot;
    link->up_since = now;
    return *old != 0 ? HERD_LINK_REPLACE : HERD_LINK_ACCEPT;
}
